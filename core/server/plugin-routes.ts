// What instances answer below /plugins/ID/ (`host.route`): with the server's limits, headers, errors and log.
import type { IncomingMessage } from 'node:http'
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { DependencyContainer } from 'tsyringe'
import { noteSecret } from '../kit/request-secrets.ts'
import { kindOf } from '../kit/thrown.ts'
import type { RequestScope, RouteHandler, RouteMethod } from '../plugin.ts'
import { assertNoBody, REQUEST_TIMEOUT, readBody } from '../request/body.ts'
import type { ClientAddress } from '../request/client-address.ts'
import { CLIENT_WATCH, type ClientWatch } from '../request/client-watch.ts'
import { RequestContext } from '../request/context.ts'
import { ANSWERED, counted } from '../request/counted-call.ts'
import { ClientGone, RequestError, unavailable } from '../request/errors.ts'
import { INSTANCES, type Instance, logFault, type Route } from '../request/instance.ts'
import { anonymousRequest, type RequestLimits } from '../request/parse.ts'

const METHODS: readonly RouteMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const PATH = /^(?:\/[\w.~-]+)+\/?$|^\/$/
/** What is the server's: how the answer travels, and what protects whoever reads it. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['connection', 'content-length', 'date', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['set-cookie', 'strict-transport-security', 'x-content-type-options', 'x-request-id'],
])
/** Unless the plugin says otherwise: what it answers is kept by nobody, loads nothing and stands in no frame. */
const BY_DEFAULT = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
}

/** The routes of one instance, and what ends the time for them. */
export interface OpenRoutes {
  readonly routes: readonly Route[]
  add(method: RouteMethod, path: string, handler: RouteHandler): void
  close(): void
}

export function createRoutes(): OpenRoutes {
  const routes: Route[] = []
  let open = true
  return {
    routes,
    add(method, path, handler) {
      const call = `host.route(${JSON.stringify(method)}, ${JSON.stringify(path)})`
      if (!open) throw new Error(`${call} came after create; say in create what is answered`)
      if (!METHODS.includes(method))
        throw new TypeError(`${call}: the method must be one of ${METHODS.join(', ')}`)
      if (!PATH.test(path) || /\/\.{1,2}(?:\/|$)/.test(path))
        throw new TypeError(`${call}: the path must be such as /status, of letters, digits, . _ ~ - and /`)
      if (typeof handler !== 'function')
        throw new TypeError(`${call}: the handler is ${kindOf(handler)}, no function`)
      if (routes.some((other) => other.method === method && other.path === path))
        throw new Error(`${call} was there before; make one of the two`)
      routes.push({ method, path, handler })
    },
    close() {
      open = false
    },
  }
}

/** What the routes are served with. */
export interface RouteServices {
  /** The process container. */
  readonly container: DependencyContainer
  readonly clientAddress: ClientAddress
  readonly limits: Pick<RequestLimits, 'body'>
}

/** Adds the routes of all instances. */
export function addPluginRoutes(router: Router, services: RouteServices): void {
  const clients = services.container.resolve(CLIENT_WATCH)
  for (const instance of services.container.resolve(INSTANCES)) {
    for (const route of instance.routes) {
      const path = `/plugins/${instance.id}${route.path}`
      router.register(path.replace(/[{}()[\]+?!:*\\]/g, '\\$&'), [route.method], (context: Context) =>
        serve(context, instance, route, services, clients),
      )
    }
  }
}

async function serve(
  context: Context,
  instance: Instance,
  route: Route,
  { container, clientAddress, limits }: RouteServices,
  clients: ClientWatch,
): Promise<void> {
  const began = performance.now()
  const ip = clientAddress(context.req)
  const { id } = context.state
  const own = new RequestContext(container, id, anonymousRequest('route', ip))
  const stopWatching = clients.whenClosed(context.req.socket, () => own.cancel(new ClientGone()))
  let status = 503
  try {
    const body = await bodyOf(context.req, limits.body)
    noteCredentials(context.get('Authorization'))
    const ask = async (scope: RequestScope) => {
      const request = toRequest(context, body, scope.signal)
      return await wholeOf(await route.handler(request, Object.freeze({ id, ip, log: scope.log })))
    }
    const answered = async () => counted(instance, own, 'route', () => own.call(instance, ask), ANSWERED)
    const whole = await answered().catch((error) => {
      own.assertWanted()
      logFault(instance, id, error, 'a route could not be answered')
      throw unavailable(error)
    })
    answer(context, whole)
    status = whole.status
  } catch (error) {
    if (error instanceof RequestError || error instanceof ClientGone) status = error.status
    throw error
  } finally {
    stopWatching()
    const ms = Math.round((performance.now() - began) * 10) / 10
    const { method } = context
    instance.log.info({ request: id, method, path: route.path, ip, status, ms }, 'route answered')
  }
}

/** No log line of the request shows them, also those of the plugin. */
function noteCredentials(header: string): void {
  const [, scheme = '', shown = ''] = /^(\S+)\s+(.*)$/.exec(header) ?? []
  noteSecret(shown)
  if (/^basic$/i.test(scheme))
    noteSecret(
      Buffer.from(shown, 'base64')
        .toString()
        .replace(/^[^:]*:/, ''),
    )
}

async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return await readBody(request, most, REQUEST_TIMEOUT)
  await assertNoBody(request, most)
  return undefined
}

function toRequest(context: Context, body: Buffer | undefined, signal: AbortSignal): Request {
  const url = new URL(`${context.protocol}://${context.host || 'localhost'}${context.path}${context.search}`)
  const headers = Object.entries(context.req.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  return new Request(url, {
    method: context.method,
    headers,
    signal,
    ...(body && body.length > 0 && { body: new Uint8Array(body) }),
  })
}

interface WholeAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer | null
}

/** @throws Error for what is no response */
async function wholeOf(response: unknown): Promise<WholeAnswer> {
  if (!(response instanceof Response))
    throw new Error(
      `the handler answered ${kindOf(response)}; return a Response, such as Response.json({ ... })`,
    )
  const { status, headers } = response
  return { status, headers, body: response.body && Buffer.from(await response.arrayBuffer()) }
}

function answer(context: Context, { status, headers, body }: WholeAnswer): void {
  context.set(BY_DEFAULT)
  // In this order: no body stands for another status.
  context.body = body
  context.status = status
  for (const [name, value] of headers) if (!OWN_HEADERS.has(name)) context.set(name, value)
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) context.set('Set-Cookie', cookies)
}
