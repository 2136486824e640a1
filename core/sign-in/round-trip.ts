// The way to the provider and back.

import { deepFreeze } from '../contract/frozen.ts'
import { CLOCK } from '../kit/process.ts'
import { noteSecretsIn } from '../kit/request-secrets.ts'
import type { SignInAnswer, SignInStart } from '../plugin.ts'
import { RequestError } from '../request/errors.ts'
import { authorityOf } from '../request/head.ts'
import { noteProofs } from '../request/proofs.ts'
import { Stage } from '../request/shared.ts'
import { stored } from '../request/stored.ts'
import { TOKEN_KEEPER } from '../token/keeper.ts'
import type { SecretToken } from '../token/secret-token.ts'
import {
  type Attempt,
  browserOf,
  keepAttempt,
  keepBrowser,
  nameOf,
  newState,
  takeAttempt,
} from './cookies.ts'
import { endOf, handOut, makeRoom, type Person, passwordsOf, personOf, SignInRefused } from './handed-out.ts'
import { WANTED } from './layout.ts'
import { byBrowser, showAccount, view } from './own-page.ts'
import { onwardPage } from './pages.ts'
import { askProvider, requestContext, show, type Visit } from './visit.ts'

const NO_ATTEMPT =
  'This sign-in was not begun in this browser, was finished before, or took more than ten minutes. Nothing was done: begin again.'
/** Characters of JSON that a cookie can hold, which ends at 4,096 with all the rest. */
const MOST_KEPT = 2_500
/** In the query of a start that came here from another address of this server. */
const AGAIN = 'again'
/** How long a browser can show and revoke passwords without signing in again, in milliseconds. */
const BROWSER_MS = 3_600_000

/** Sends the browser to the provider. */
export async function start(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  context.set('Cache-Control', 'no-store')
  // The cookie must be set where the provider sends the browser back to. Once: a proxy may show us another host.
  const wanted = new URLSearchParams(context.querystring)
  if (new URL(address.url).host !== authorityOf(context.req) && !wanted.has(AGAIN)) {
    context.redirect(`${address.url}/start?${AGAIN}${context.querystring === '' ? '' : `&${wanted}`}`)
    return
  }
  // Nobody else must begin what ends with a new password: there the person presses the button.
  if (!isOwnStep(visit)) return await view(visit)
  const state = newState()
  const another = wanted.has(WANTED.another)
  const { url, keep } = await askProvider(visit, async ({ signal }) =>
    checked(await point.signIn.begin(Object.freeze({ state, address: address.url, another, signal }))),
  )
  const name = nameOf(wanted.get(WANTED.name))
  const list = wanted.has(WANTED.list)
  keepAttempt(
    context,
    address,
    { state, keep, ...(name !== undefined && { name }), ...(list && { list }) },
    services.container.resolve(CLOCK).now(),
  )
  // Browsers let a form of ours lead to us only, and so no redirect of its answer.
  if (wanted.has(WANTED.name)) {
    const { title } = point.signIn
    show(context, 200, onwardPage({ issuer: services.issuer, title, ...address, url }))
  } else context.redirect(url)
}

/**
 * Whether the person came from a page of this server or typed the address. Over plain HTTP browsers say nothing in
 * Sec-Fetch-Site: there the links of the pages say it, by the Referer that other sites can leave out but not choose.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
function isOwnStep({ context, address }: Visit): boolean {
  const site = context.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return URL.parse(context.get('referer'))?.origin === new URL(address.url).origin
}

/** @returns a copy: a plugin's own may change @throws Error when a plugin gave what no browser can follow or keep */
function checked({ url: given, keep }: SignInStart): SignInStart {
  const url = String(given)
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error('its begin gave no http or https URL')
  const text = JSON.stringify(keep) ?? 'null'
  if (text.length > MOST_KEPT) {
    throw new Error(`its begin gave more to keep than the ${MOST_KEPT} characters that fit into a cookie`)
  }
  return { url, keep: JSON.parse(text) }
}

/** The browser is back: whoever the provider vouches for gets a password. */
export async function finish(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  const query = new URLSearchParams(context.querystring)
  noteProofs(query)
  const state = query.get('state') ?? ''
  const attempt = takeAttempt(context, address, state, services.container.resolve(CLOCK).now())
  if (!attempt || !(await services.spent.spend(state))) {
    throw new RequestError(400, 'INVALID_REQUEST', 'invalid_request', NO_ATTEMPT)
  }
  noteSecretsIn(attempt.keep)
  const url = new URL(address.url)
  url.search = context.querystring
  const stage = new Stage()
  const outcome = await askProvider(
    visit,
    (scope) => {
      const { signal, log } = scope
      const provide: SignInAnswer['provide'] = (token, value) => scope.provide(token, value)
      const { keep } = attempt
      return point.signIn.finish(deepFreeze({ url, state, keep, signal, log, provide }))
    },
    stage,
  )
  visit.asked.push(`${point.instance.id}: ${outcome?.outcome ?? 'unavailable'}`)
  const person = await personOf(point, outcome, stage.close(), requestContext(visit)).catch((error) => {
    if (error instanceof SignInRefused && error.account !== undefined) visit.account = error.account
    throw error
  })
  visit.account = person.account
  requestContext(visit).assertWanted()
  await letIn(visit, person, attempt)
}

/** The password is made last: when something fails before, there is none that nobody has seen. */
async function letIn(visit: Visit, person: Person, { name, list = false }: Attempt): Promise<void> {
  const { context, point, address, services } = visit
  const tokens = services.container.resolve(TOKEN_KEEPER)
  const clock = services.container.resolve(CLOCK)
  const { account } = person
  const now = clock.now()
  const all = await passwordsOf(account, point, tokens)
  const others = list ? all : await makeRoom(all, tokens)
  const { id: authenticator, plugin } = point.instance
  const whose = { account, authenticator, plugin }
  const browser = await stored(() => tokens.browserToken({ ...whose, expires: now + BROWSER_MS }))
  await forget(browserOf(context, address), visit)
  requestContext(visit).assertWanted()
  if (list) {
    keepBrowser(context, address, browser)
    return showAccount(visit, browser, account, others)
  }
  const expires = endOf(person, point, now)
  const { id, secret } = await handOut(person, expires, point, now, tokens, name)
  visit.token = id
  keepBrowser(context, address, browser)
  const { title, registry } = point.signIn
  const until =
    person.session === undefined
      ? `${title} can not be asked later whether your account is still good: sign in again then.`
      : `${title} is asked from time to time whether your account is still good.`
  showAccount(visit, browser, account, [{ id, created: now, expires, name }, ...others], {
    id,
    secret,
    name,
    registry,
    expires: expires === undefined ? undefined : new Date(expires),
    until,
  })
}

/** Who signs in again has no use for what the browser had before. */
async function forget(before: SecretToken | undefined, { services, account = '' }: Visit): Promise<void> {
  if (before?.kind !== 'browser') return
  await stored(() => services.container.resolve(TOKEN_KEEPER).revoke(before.id, byBrowser({ account })))
}
