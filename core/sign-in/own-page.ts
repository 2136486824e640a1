// The pages of who has signed in: all passwords that were handed out, and their end.

import { readForm } from '../request/body.ts'
import { RequestError } from '../request/errors.ts'
import { stored } from '../request/stored.ts'
import type { KeptToken } from '../store/token-store.ts'
import { TOKEN_KEEPER } from '../token/keeper.ts'
import { TokenRefused } from '../token/refused.ts'
import type { SecretToken } from '../token/secret-token.ts'
import { browserOf, csrfOf, dropBrowser, equal } from './cookies.ts'
import { passwordsOf } from './handed-out.ts'
import { WANTED } from './layout.ts'
import { accountPage, type NewPassword, signedOutPage, startPage } from './pages.ts'
import { askProvider, show, type Visit } from './visit.ts'

const SIGNED_OUT = 'You are not signed in any more. Nothing was changed: sign in, and try again.'
const FOREIGN_FORM =
  'This form is not of a page of yours. Nothing was changed: open your page, and try again.'

/** A browser that has signed in. */
interface SignedIn {
  readonly browser: SecretToken
  readonly kept: KeptToken
}

/** The list for whoever has signed in, and the way to the provider for everybody else. */
export async function view(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  const found = await signedIn(visit)
  if (found) {
    const { account } = found.kept
    return showAccount(
      visit,
      found.browser,
      account,
      await passwordsOf(account, point, services.container.resolve(TOKEN_KEEPER)),
    )
  }
  const { title } = point.signIn
  const another = WANTED.another in context.query
  show(context, 200, startPage({ issuer: services.issuer, title, ...address, another }))
}

/** Ends a password. One that is gone already is what was wanted. */
export async function revoke(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  const { form, kept } = await formOf(visit)
  const id = form.get('id') ?? ''
  const own = await passwordsOf(kept.account, point, services.container.resolve(TOKEN_KEEPER))
  if (own.some((password) => password.id === id)) {
    visit.token = id
    await stored(() => services.container.resolve(TOKEN_KEEPER).revoke(id, byBrowser(kept)))
  }
  context.redirect(address.path)
  context.status = 303
}

/** Ends what the browser can do here; the passwords stay. */
export async function signOut(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  const { browser, kept } = await formOf(visit)
  await stored(() => services.container.resolve(TOKEN_KEEPER).revoke(browser.id, byBrowser(kept)))
  dropBrowser(context, address)
  const { title } = point.signIn
  // To be signed out here does not depend on the provider.
  const given: unknown = await askProvider(visit, async ({ signal }) => point.signIn.endUrl?.(signal)).catch(
    () => undefined,
  )
  const endUrl = typeof given === 'string' ? given : undefined
  show(context, 200, signedOutPage({ issuer: services.issuer, title, endUrl, ...address }))
}

/** @param password one that was just made, which is shown this once */
export function showAccount(
  { context, point, address, services }: Visit,
  browser: SecretToken,
  account: string,
  all: readonly Pick<KeptToken, 'id' | 'name' | 'created' | 'used' | 'expires'>[],
  password?: NewPassword & { readonly id: string },
): void {
  const passwords = all.map(({ id, name, created, used, expires }) => ({
    id,
    name,
    created: new Date(created),
    used: dateOf(used),
    expires: dateOf(expires),
    current: id === password?.id,
  }))
  const { title } = point.signIn
  const csrf = csrfOf(browser)
  const { issuer } = services
  show(context, 200, accountPage({ issuer, title, account, password, passwords, csrf, ...address }))
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms)
}

/** Who ended a token, for the list of tokens. */
export function byBrowser({ account }: Pick<KeptToken, 'account'>): string {
  return `${account}, in the browser`
}

/** @throws RequestError 401 when the browser has not signed in, 403 when the form is of another site */
async function formOf(visit: Visit): Promise<SignedIn & { form: URLSearchParams }> {
  const form = await readForm(visit.context.req, visit.services.limits.body)
  const found = await signedIn(visit)
  if (!found) throw new RequestError(401, 'UNAUTHORIZED', 'invalid_request', SIGNED_OUT)
  if (!equal(form.get('csrf') ?? '', csrfOf(found.browser))) {
    throw new RequestError(403, 'DENIED', 'invalid_request', FOREIGN_FORM)
  }
  return { form, ...found }
}

async function signedIn(visit: Visit): Promise<SignedIn | undefined> {
  const { context, point, address, services } = visit
  const browser = browserOf(context, address)
  if (!browser) return undefined
  try {
    const kept = await stored(() =>
      services.container.resolve(TOKEN_KEEPER).find(browser, { kind: 'browser', service: '', account: '' }),
    )
    const { id, plugin } = point.instance
    if (kept.authenticator !== id || kept.plugin !== plugin) return undefined
    visit.account = kept.account
    return { browser, kept }
  } catch (error) {
    if (error instanceof TokenRefused) return undefined
    throw error
  }
}
