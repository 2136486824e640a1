// The way to the provider and back.
import { RequestError } from '../request/errors.ts'
import { showAccount } from './account.ts'
import { keepAttempt, keepBrowser, newState, takeAttempt } from './cookies.ts'
import { handOut } from './passwords.ts'
import { askProvider, requestContext, type Visit } from './visit.ts'

const NO_ATTEMPT =
  'This sign-in was not begun in this browser, was finished before, or took more than ten minutes. Nothing was done: begin again.'

/** Sends the browser to the provider. */
export async function start(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  context.set('Cache-Control', 'no-store')
  // The cookie must be set where the provider sends the browser back to. Once: a proxy may show us another host.
  if (new URL(address.url).host !== context.host && !('again' in context.query)) {
    context.redirect(`${address.url}/start?again`)
    return
  }
  const state = newState()
  const { url, keep } = await askProvider(visit, ({ signal }) =>
    point.signIn.begin({ state, address: address.url, signal }),
  )
  keepAttempt(context, address, { state, keep }, services.clock.now())
  context.redirect(url)
}

/** The browser is back: whoever the provider vouches for gets a password. */
export async function finish(visit: Visit): Promise<void> {
  const { context, point, address, services } = visit
  const { tokens, clock } = services
  const state = new URLSearchParams(context.querystring).get('state') ?? ''
  const attempt = takeAttempt(context, address, state, clock.now())
  if (!attempt) throw new RequestError(400, 'INVALID_REQUEST', 'invalid_request', NO_ATTEMPT)
  const url = new URL(address.url)
  url.search = context.querystring
  const { signIn } = point
  const outcome = await askProvider(visit, ({ signal, log }) =>
    signIn.finish({ url, ...attempt, signal, log }),
  )
  const handedOut = await handOut(point, outcome, requestContext(visit), tokens, clock)
  const { account, password, browser, expires, lasting } = handedOut
  visit.account = account
  visit.token = password.id
  keepBrowser(context, address, browser)
  const until = lasting
    ? `${signIn.title} is asked from time to time whether your account is still good.`
    : `${signIn.title} can not be asked later whether your account is still good: sign in again then.`
  await showAccount(visit, browser, account, {
    id: password.id,
    secret: password.secret,
    registry: signIn.registry,
    expires: expires === undefined ? undefined : new Date(expires),
    until,
  })
}
