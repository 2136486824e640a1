// The pages of the browser sign-ins: which path leads to which, and what becomes of their errors.

import type Router from '@koa/router'
import type { Context } from 'koa'
import { LOG } from '../kit/process.ts'
import { CLIENT_WATCH, type ClientWatch } from '../request/client-watch.ts'
import { ClientGone, RequestError } from '../request/errors.ts'
import { setErrorHeaders } from '../request/respond.ts'
import { addressOf } from './address.ts'
import { type Action, auditSignIn } from './audit.ts'
import { SignInRefused } from './handed-out.ts'
import { revoke, signOut, view } from './own-page.ts'
import { errorPage, landingPage, nowherePage } from './pages.ts'
import type { SignInPoint } from './point.ts'
import { finish, start } from './round-trip.ts'
import { requestContext, type SignInServices, show, type Visit } from './visit.ts'

const PAGES: Readonly<Record<Action, (visit: Visit) => Promise<void>>> = {
  start,
  'sign-in': finish,
  view,
  revoke,
  'sign-out': signOut,
}

/** Adds the pages of every sign-in. */
export function addSignInPages(router: Router, services: SignInServices): void {
  const clients = services.container.resolve(CLIENT_WATCH)
  for (const point of services.points) {
    const { path } = point.signIn.redirect
    const page = (action: Action) => (context: Context) =>
      // A HEAD shows nobody what was handed out.
      serve(context.method === 'HEAD' ? 'view' : action, point, context, services, clients)
    const [back, seen] = [page('sign-in'), page('view')]
    router.get(path, (context) => (isAnswer(context) ? back(context) : seen(context)))
    router.get(`${path}/`, (context) =>
      context.redirect(addressOf(context, point.signIn, services.pathPrefix).path),
    )
    router.get(`${path}/start`, page('start'))
    router.post(`${path}/revoke`, page('revoke'))
    router.post(`${path}/sign-out`, page('sign-out'))
  }
}

/** The page that lists all sign-ins. */
export function showLanding(context: Context, { issuer, pathPrefix, points }: SignInServices): void {
  const signIns = points.map(({ signIn }) => ({
    title: signIn.title,
    path: addressOf(context, signIn, pathPrefix).path,
  }))
  show(context, 200, landingPage({ issuer, signIns }))
}

/** The page at addresses that lead nowhere. @param landing the path of the first page, where there is one */
export function showNowhere(context: Context, issuer: string, landing: string | undefined): void {
  show(context, 404, nowherePage({ issuer, landing }))
}

/** Whether the browser comes back from the provider. */
function isAnswer({ query }: Context): boolean {
  return ['code', 'error', 'state'].some((name) => name in query)
}

async function serve(
  action: Action,
  point: SignInPoint,
  context: Context,
  services: SignInServices,
  clients: ClientWatch,
): Promise<void> {
  const began = performance.now()
  const address = addressOf(context, point.signIn, services.pathPrefix)
  const visit: Visit = { context, point, address, services, asked: [] }
  let error: unknown
  let stopWatching = () => {}
  try {
    visit.ip = services.clientAddress(context.req)
    const gone = () => requestContext(visit).cancel(new ClientGone())
    stopWatching = clients.whenClosed(context.req.socket, gone)
    await PAGES[action](visit)
  } catch (thrown) {
    error = thrown
    if (!(error instanceof ClientGone)) showError(visit, action, error)
  } finally {
    stopWatching()
  }
  auditSignIn(services.container.resolve(LOG), {
    action,
    id: context.state.id,
    authenticator: point.instance.id,
    account: visit.account,
    token: visit.token,
    asked: visit.asked,
    ip: visit.ip,
    status: error instanceof ClientGone ? error.status : context.status,
    duration: performance.now() - began,
    error,
  })
}

function showError({ context, point, address, services }: Visit, action: Action, error: unknown): void {
  const status = error instanceof RequestError ? error.status : 500
  setErrorHeaders(context, status, error)
  const page = errorPage({
    issuer: services.issuer,
    status,
    ...wordsFor(status, error, point.signIn.title),
    reference: context.state.id,
    ...address,
    account: error instanceof SignInRefused ? error.account : undefined,
    // Who was about to revoke something needs no other password.
    list: status === 401 && action !== 'sign-in',
    refused: error instanceof SignInRefused,
  })
  show(context, status, page)
}

function wordsFor(status: number, error: unknown, title: string): { heading: string; message: string } {
  if (status === 503) {
    const message = `${title}, or a part of this server, can not be asked right now. Try again in a minute. If it stays like this, tell the operator the reference below.`
    return { heading: `${title} can not be asked`, message }
  }
  if (!(error instanceof RequestError)) {
    const message = 'The server failed to answer. Its log says why: tell the operator the reference below.'
    return { heading: 'Something went wrong here', message }
  }
  return { heading: 'That did not work', message: error.message }
}
