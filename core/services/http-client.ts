// The HTTP client that plugins get: kept connections, bounded answers, errors in words.
//
// What is sent again: only requests whose connection could not be made, so that nothing of them was sent. undici has
// no retry of its own for the rest, and must not: when a kept connection is reset after the request was written, nobody
// can tell whether the server has acted on it. That race is kept small instead: undici drops a connection as soon as the
// server closes it, and after 4 s of idling or 2 s before the server's own Keep-Alive hint, whichever it has.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { deepFreeze } from '../contract/frozen.ts'
import { readJson } from '../kit/http-json.ts'
import { type ProxyOf, proxyOf, shownProxy } from '../kit/proxy-environment.ts'
import { undici } from '../kit/undici.ts'
import type {
  Files,
  HttpClient,
  HttpClientOptions,
  HttpClients,
  HttpRequest,
  HttpResponse,
  JsonRequestOptions,
  Log,
  Place,
  Places,
  z,
} from '../plugin.ts'
import { createDispatchers, NotConnected } from './http-dispatchers.ts'
import { whyNot } from './http-errors.ts'

const PAUSE_BEFORE_RETRY = 100

/** The host's side of it. */
export interface OwnHttpClients extends HttpClients {
  /** @param log is told which proxy is used */
  open(options: HttpClientOptions, log?: Log): HttpClient
  /** Ends the connections that all instances share. */
  close(): Promise<void>
}

const SHARED: HttpClientOptions = { retries: 1, connections: 32 }

/**
 * @param files reads the certificates and keys that clients name
 * @param places where requests wait for a connection
 * @param environment names the proxies
 * @example createHttpClients(files, places).open({ retries: 1, connections: 32 })
 */
export function createHttpClients(
  files: Files,
  places: Places,
  environment: NodeJS.ProcessEnv = process.env,
): OwnHttpClients {
  let shared: HttpClient | undefined
  const own: Own = { files, places, proxies: proxyOf(environment) }
  return {
    open: (options, log) => openClient(options, own, log),
    async json(url, schema, options) {
      assertJsonCall(url, schema, options)
      const { signal, body, method = body === undefined ? 'GET' : 'POST', headers } = options
      shared ??= openClient(SHARED, own, undefined)
      const response = await shared.send({
        method,
        url,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      })
      return readJson(response, url, schema)
    },
    close: async () => shared?.close(),
  }
}

/** Said of a call in JavaScript, where no compiler has looked at it. */
function assertJsonCall(url: string, schema: z.ZodType, options: JsonRequestOptions): void {
  if (!URL.canParse(url))
    throw new TypeError('host.http.json: the URL is none; write a whole one, such as https://HOST/PATH')
  if (typeof schema?.safeParse !== 'function' || !(options?.signal instanceof AbortSignal))
    throw new TypeError(
      'host.http.json is called as json(url, schema, { signal }): with a schema, and the signal of the call',
    )
}

/** What all clients share. */
interface Own {
  readonly files: Files
  readonly places: Places
  readonly proxies: ProxyOf
}

/** The way to one server. */
interface Route {
  readonly line: Place
  readonly proxy: URL | undefined
}

function openClient(options: HttpClientOptions, { files, places, proxies }: Own, log?: Log): HttpClient {
  const dispatchers = createDispatchers(options, files)
  /** By the server's origin. */
  const routes = new Map<string, Route>()
  function routeTo(url: string): Route {
    const { origin, protocol } = new URL(url)
    let route = routes.get(origin)
    if (!route) {
      // What is asked over plain HTTP is near, and its proxy could read it all.
      const { proxy: wanted = protocol === 'https:' ? 'env' : 'none' } = options
      const proxy = wanted === 'env' ? proxies(new URL(origin)) : undefined
      if (proxy) log?.info({ origin, proxy: shownProxy(proxy) }, 'asked through a proxy')
      route = { line: places.open({ name: `requests to ${origin}`, size: options.connections }), proxy }
      routes.set(origin, route)
    }
    return route
  }
  for (const origin of options.origins ?? []) routeTo(origin)
  let closed: Promise<void> | undefined
  return {
    async send(request) {
      const { line, proxy } = routeTo(request.url)
      return await line.run(request.signal, () =>
        sent(dispatchers.through(proxy), request, proxy, options.retries),
      )
    },
    close: () => (closed ??= dispatchers.close()),
  }
}

async function sent(
  dispatcher: Dispatcher,
  request: HttpRequest,
  proxy: URL | undefined,
  retries: number,
): Promise<HttpResponse> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(dispatcher, request)
    } catch (error) {
      const again = error instanceof NotConnected && tries < retries && !request.signal.aborted
      if (!again || !(await paused(request.signal))) throw inWords(error, request, proxy)
    }
  }
}

async function attempt(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body, signal } = request
  const answer = await undici().request(url, { dispatcher, method, headers, body: body ?? null, signal })
  const read = await answer.body.arrayBuffer()
  return deepFreeze({
    status: answer.statusCode,
    headers: joined(answer.headers),
    // TextDecoder drops a byte order mark, which JSON.parse would trip over.
    body: new TextDecoder().decode(read),
  })
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): HttpResponse['headers'] {
  const result: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return result
}

/** @returns false when the signal aborted meanwhile */
async function paused(signal: AbortSignal): Promise<boolean> {
  try {
    await pause(PAUSE_BEFORE_RETRY, undefined, { signal })
    return true
  } catch {
    return false
  }
}

/** The error that a caller sees: the host, the proxy and the cause, and nothing that the request carried. */
function inWords(error: unknown, request: HttpRequest, proxy: URL | undefined): Error {
  const { origin } = new URL(request.url)
  const cause = error instanceof NotConnected ? error.cause : error
  const way = proxy ? ` through the proxy ${shownProxy(proxy)}:` : ''
  return new Error(`${origin}:${way} ${request.signal.aborted ? 'no answer in time' : whyNot(cause)}`)
}
