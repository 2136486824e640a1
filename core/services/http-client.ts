// The HTTP client that plugins get: kept connections, bounded answers, errors in words.
//
// What is sent again: only requests whose connection could not be made, so that nothing of them was sent. undici has
// no retry of its own for the rest, and must not: when a kept connection is reset after the request was written, nobody
// can tell whether the server has acted on it. That race is kept small instead: undici drops a connection as soon as the
// server closes it, and after 4 s of idling or 2 s before the server's own Keep-Alive hint, whichever it has.
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, buildConnector, request as send } from 'undici'
import { deepFreeze } from '../contract/frozen.ts'
import { readJson } from '../kit/http-json.ts'
import { readTlsFiles } from '../kit/tls-files.ts'
import type {
  Files,
  HttpClient,
  HttpClientOptions,
  HttpClients,
  HttpRequest,
  HttpResponse,
  Place,
  Places,
} from '../plugin.ts'
import { whyNot } from './http-errors.ts'

const MAX_BODY = 1024 * 1024
/** For TCP and TLS together: short enough that a second try fits into a plugin's usual 5 s. */
const CONNECT_TIMEOUT = 2_000
const PAUSE_BEFORE_RETRY = 100

/** A connection could not be made: nothing was sent. */
class NotConnected extends Error {}

/** The host's side of it. */
export interface OwnHttpClients extends HttpClients {
  /** Ends the connections that all instances share. */
  close(): Promise<void>
}

const SHARED: HttpClientOptions = { retries: 1, connections: 32 }

/**
 * @param files reads the certificates and keys that clients name
 * @param places where requests wait for a connection
 * @example createHttpClients(files, places).open({ retries: 1, connections: 32 })
 */
export function createHttpClients(files: Files, places: Places): OwnHttpClients {
  let shared: HttpClient | undefined
  return {
    open: (options) => openClient(options, files, places),
    async json(url, schema, { signal, body, method = body === undefined ? 'GET' : 'POST', headers }) {
      shared ??= openClient(SHARED, files, places)
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

function openClient(options: HttpClientOptions, files: Files, places: Places): HttpClient {
  const agent = createAgent(options, files)
  /** One for each server, by its origin. */
  const lines = new Map<string, Place>()
  function lineTo(url: string): Place {
    const { origin } = new URL(url)
    let line = lines.get(origin)
    if (!line) {
      line = places.open({ name: `requests to ${origin}`, size: options.connections })
      lines.set(origin, line)
    }
    return line
  }
  let closed: Promise<void> | undefined
  return {
    send: (request) => lineTo(request.url).run(request.signal, () => sent(agent, request, options.retries)),
    close: () => (closed ??= agent.close()),
  }
}

async function sent(agent: Agent, request: HttpRequest, retries: number): Promise<HttpResponse> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(agent, request)
    } catch (error) {
      const again = error instanceof NotConnected && tries < retries && !request.signal.aborted
      if (!again || !(await paused(request.signal))) throw inWords(error, request)
    }
  }
}

function createAgent(options: HttpClientOptions, files: Files): Agent {
  // HTTP/1.1 only: one request a connection, so that one that hangs holds up no other.
  const connect = buildConnector({
    ...readTlsFiles(options.tls, files),
    timeout: CONNECT_TIMEOUT,
    allowH2: false,
  })
  return new Agent({
    connect: (target, callback) =>
      connect(target, (...[error, socket]) =>
        error ? callback(new NotConnected('not connected', { cause: error }), null) : callback(null, socket!),
      ),
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: MAX_BODY,
    // The request's signal is the one clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

async function attempt(agent: Agent, request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body, signal } = request
  const answer = await send(url, { dispatcher: agent, method, headers, body: body ?? null, signal })
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

/** The error that a caller sees: the host and the cause, and nothing that the request carried. */
function inWords(error: unknown, request: HttpRequest): Error {
  const { origin } = new URL(request.url)
  const cause = error instanceof NotConnected ? error.cause : error
  return new Error(`${origin}: ${request.signal.aborted ? 'no answer in time' : whyNot(cause)}`)
}
