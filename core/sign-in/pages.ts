// The pages of the browser sign-in: plain data in, a complete HTML document out. Who may see what is decided by the routes.
import { type Html, html } from './html.ts'
import { document, listLink, startForm, WANTED } from './layout.ts'

export { type AccountPage, accountPage, type ListedPassword, type NewPassword } from './account-page.ts'
export { PAGE_HEADERS } from './layout.ts'

/** A way to sign in, as the landing page lists it. */
export interface SignInChoice {
  /** The provider's name. */
  readonly title: string
  readonly path: string
}

export interface LandingPage {
  readonly issuer: string
  readonly signIns: readonly SignInChoice[]
}

/** What this server is, and a link for each way to sign in. */
export function landingPage({ issuer, signIns }: LandingPage): string {
  const choices = html`<ul class="plain choices">
${signIns.map(({ title, path }) => html`<li><a class="button" href="${path}">Sign in with ${title}</a></li>\n`)}</ul>`
  return document(
    { issuer, title: 'Sign in', single: true },
    html`<div class="card">
<h1>Get a password for the registry</h1>
<p class="lead">Sign in with your browser. You get a password for <code>docker login</code> and other registry clients, and you can revoke it here at any time.</p>
${signIns.length > 0 ? choices : html`<p>Nobody can sign in with a browser here. Use the account and the password that you were given.</p>`}
</div>`,
  )
}

export interface StartPage extends SignInChoice {
  readonly issuer: string
  /** The landing page's path. */
  readonly landing: string
  /** Whether the provider shall ask who it is. */
  readonly another?: boolean
}

/** The page of one provider, for whoever is not signed in. */
export function startPage({ issuer, title, path, landing, another = false }: StartPage): string {
  return document(
    { issuer, title: `Sign in with ${title}`, landing, path, single: true },
    html`<div class="card">
<h1>Sign in with ${title}</h1>
<p class="lead">${title} asks who you are and sends you back here. You then get a password for <code>docker login</code>; this server never sees the one that you use at ${title}.</p>
${startForm(path, `Continue to ${title}`, 'button', another)}
<div class="actions">${listLink(path, 'Only see and revoke passwords', another)} <a href="${landing}">Other ways to sign in</a></div>
</div>`,
  )
}

export interface SignedOutPage extends SignInChoice {
  readonly issuer: string
  /** Where the person signs out at the provider; shown when it is a web address. */
  readonly endUrl?: string | undefined
  /** The landing page's path. */
  readonly landing: string
}

/** After the sign-out. */
export function signedOutPage({ issuer, title, path, endUrl, landing }: SignedOutPage): string {
  const end =
    endUrl !== undefined &&
    isWebUrl(endUrl) &&
    html`<p>You may still be signed in at ${title}. On a computer that others use, <a href="${endUrl}">sign out at ${title}</a> too.</p>`
  return document(
    { issuer, title: 'Signed out', landing, path, single: true },
    html`<div class="card">
<h1>You are signed out here</h1>
<p class="lead">Your passwords stay good: registry clients that use them still work. To end one, sign in and revoke it.</p>
${end}
<div class="actions"><a class="button" href="${path}">Sign in again</a></div>
</div>`,
  )
}

export interface ErrorPage {
  readonly issuer: string
  /** The answer's HTTP status. */
  readonly status: number
  /** What happened, in a few words. */
  readonly heading: string
  /** What happened and what to do, in whole sentences. */
  readonly message: string
  /** Finds the request in the server's log. */
  readonly reference: string
  /** The landing page's path. */
  readonly landing: string
  /** The path of the sign-in, which the address bar shall show in place of the address that failed. */
  readonly path: string
  /** Whether the provider has sent somebody who may not come in. */
  readonly refused?: boolean
  /** Who that was, as far as it is known. */
  readonly account?: string | undefined
  /** Whether whoever goes on only wants to see and revoke passwords. */
  readonly list?: boolean
}

/** A refusal or an outage, in plain words. */
export function errorPage(page: ErrorPage): string {
  const { issuer, status, heading, message, reference, landing, path, account } = page
  return document(
    { issuer, title: heading, landing, path, single: true },
    html`<div class="card">
<h1>${heading}</h1>
<p>${message}</p>
${account !== undefined && html`<p>You came as <strong><bdi>${account}</bdi></strong>.</p>`}
<p class="reference">If you ask the operator of this server about it, give the reference <code>${reference}</code> (status ${status}).</p>
<div class="actions">${wayOn(page)} <a href="${landing}">Back to the start</a></div>
</div>`,
  )
}

function wayOn({ path, refused, list }: ErrorPage): Html {
  if (list) return listLink(path, 'Sign in')
  // Without this the provider would send back the same account, unasked.
  if (refused) return html`<a class="button" href="${`${path}?${WANTED.another}`}">Try another account</a>`
  return html`<a class="button" href="${path}">Try again</a>`
}

/** On the way to the provider. No redirect: browsers let a form of ours lead to us only. */
export function onwardPage({
  issuer,
  title,
  path,
  landing,
  url,
}: StartPage & { readonly url: string }): string {
  return document(
    { issuer, title: `On to ${title}`, landing, path, single: true, onward: url },
    html`<div class="card">
<h1>On to ${title}</h1>
<div class="actions"><a class="button" href="${url}">Continue to ${title}</a></div>
</div>`,
  )
}

/** An address that leads nowhere. @param page.landing the path of the first page, where there is one */
export function nowherePage({ issuer, landing }: { issuer: string; landing: string | undefined }): string {
  return document(
    { issuer, title: 'There is nothing here', landing, single: true },
    html`<div class="card">
<h1>There is nothing here</h1>
<p>The address may be mistyped, or what was there has moved.</p>
${landing !== undefined && html`<div class="actions"><a class="button" href="${landing}">To the start</a></div>`}
</div>`,
  )
}

function isWebUrl(text: string): boolean {
  return ['https:', 'http:'].includes(URL.parse(text)?.protocol ?? '')
}
