// The socket: node:http or node:https on TCP or a unix socket, with its limits, and how it stops.
import { lstatSync, rmSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { REQUEST_TIMEOUT } from '../request/body.ts'
import { RequestError } from '../request/errors.ts'
import { errorBody } from '../request/respond.ts'
import { whyNot } from '../services/files.ts'
import type { Listen } from './schema.ts'

const MAX_HEADERS_BYTES = 64 * 1024

/** How long a client may take, in milliseconds. */
export interface Patience {
  /** For the headers of a request, and for the handshake of TLS. */
  readonly headers: number
  /** For a whole request. */
  readonly request: number
  /** How often the two are looked at. */
  readonly interval: number
  /** For requests in flight to finish when the server stops. */
  readonly drain: number
}

/** Learns of a refusal. @param cause the status, or what OpenSSL calls it @param peer the other end's address */
export type Refused = (cause: string, peer: string | undefined) => void

/** How often a stopping server looks for connections that have become idle, in milliseconds. */
const SWEEP_INTERVAL = 100
const PATIENCE: Patience = { headers: 10_000, request: REQUEST_TIMEOUT, interval: 1_000, drain: 15_000 }

function serverOptions({ headers, request, interval }: Patience): ServerOptions {
  return {
    maxHeaderSize: MAX_HEADERS_BYTES,
    headersTimeout: headers,
    requestTimeout: request,
    connectionsCheckingInterval: interval,
    keepAliveTimeout: 60_000,
    // Node would answer without JSON; the host does it.
    requireHostHeader: false,
  }
}

/** A listening server. */
export interface Listener {
  /** Where it listens: `http://127.0.0.1:5001` or `unix:/run/dockwarden.sock`. */
  readonly address: string
  readonly port: number | undefined
  /** Takes another TLS certificate, and other authorities, for the connections to come. */
  renew(tls: TlsOptions): void
  /**
   * Ends the TLS connections that have begun until now: idle ones at once, the others when they ask for something new. Those
   * still in their handshake are among them: it goes by what was in force when they began.
   */
  retire(): void
  /** Stops accepting, and resolves when what is in flight has been answered. */
  stop(): Promise<void>
}

/**
 * Starts to listen.
 *
 * @param tls undefined for plain HTTP
 * @param patience for tests; what is left out is as in production
 * @param refused learns what is refused before it is a request
 * @throws Error that names the address and the remedy
 */
export async function startListener(
  handler: RequestListener,
  listen: Listen,
  tls: TlsOptions | undefined,
  patience: Partial<Patience> = {},
  refused: Refused = () => {},
): Promise<Listener> {
  const waits = { ...PATIENCE, ...patience }
  const options = serverOptions(waits)
  /** The TCP connections that may go on. */
  let current = new WeakSet<Socket>()
  const ifCurrent: RequestListener = (request, response) => {
    if (current.has(carrierOf(request.socket))) handler(request, response)
    else request.socket.destroy()
  }
  const secure = tls && createHttpsServer({ ...options, handshakeTimeout: waits.headers, ...tls }, ifCurrent)
  secure?.on('secureConnection', clearErrors)
  secure?.on('connection', (carrier: Socket) => current.add(carrier))
  const server: Server = secure ?? createHttpServer(options, handler)
  // Their bytes are what is limited. Beyond this count some versions of Node drop headers in silence: who sends the credentials last
  // would be anonymous.
  server.maxHeadersCount = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    answerBroken(error, socket, refused),
  )
  server.on('drop', (dropped) => refused('too many connections', dropped?.remoteAddress))
  // An expectation that we don't know is ignored, as RFC 9110 allows; Node would answer 417 without JSON.
  server.on('checkExpectation', secure ? ifCurrent : handler)
  if ('socket' in listen) await removeStale(listen.socket)
  await opened(server, listen)
  const held = server.address()
  const port = typeof held === 'object' ? held?.port : undefined
  return {
    address:
      'socket' in listen
        ? `unix:${listen.socket}`
        : `${tls ? 'https' : 'http'}://${hostOf(listen.host)}:${port}`,
    port,
    renew: (renewed) => secure?.setSecureContext(renewed),
    retire() {
      if (!secure) return
      current = new WeakSet()
      server.closeIdleConnections()
    },
    stop: () => drained(server, waits.drain),
  }
}

/**
 * A certificate that did not verify leaves an error in OpenSSL's queue, and Node would take it for one of the connection. Reading
 * the certificate clears the queue.
 */
function clearErrors(socket: TLSSocket): void {
  socket.getPeerX509Certificate()
}

/** The TCP connection below one of TLS. Node has no other way from the one to the other. */
function carrierOf(socket: Socket): Socket {
  return (socket as Socket & { readonly _parent: Socket })._parent
}

function hostOf(host: string | undefined): string {
  if (host === undefined) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function opened(server: Server, listen: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, listen))))
    server.listen(
      'socket' in listen ? { path: listen.socket } : { port: listen.port, host: listen.host },
      resolve,
    )
  })
}

function explain(error: NodeJS.ErrnoException, listen: Listen): string {
  const where = 'socket' in listen ? `unix:${listen.socket}` : `${listen.host ?? ''}:${listen.port}`
  if (error.code === 'EADDRINUSE')
    return `cannot listen on ${where}: another process does; stop it or change the listen address`
  if (error.code === 'EACCES')
    return `cannot listen on ${where}: permission denied; use a port above 1023 or another folder`
  if (error.code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  return `cannot listen on ${where}: ${whyNot(error)}`
}

/** A socket file that a killed server left behind is removed; one that answers, or any other file, is not. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket())
    throw new Error(`cannot listen on unix:${path}: a file that is no socket stands there; move it away`)
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
  if (alive)
    throw new Error(
      `cannot listen on unix:${path}: another process does; stop it or change the listen address`,
    )
  rmSync(path)
}

function drained(server: Server, deadline: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), deadline)
    // Again and again: an answer that was on its way when the server began to stop kept its connection.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_INTERVAL)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}

const BROKEN: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, `the headers have more than ${MAX_HEADERS_BYTES} bytes`]],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'the request did not arrive in time']],
])

const OF_TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/

/** What is no HTTP, too large or too slow never reaches Koa: answered here, in JSON too. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket, refused: Refused): void {
  // Whoever only hangs up, as a check of the port does, was refused nothing.
  if (error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const { code = '' } = error
  const [status, message] = BROKEN.get(code) ?? [400, 'the request is not valid HTTP']
  refused(OF_TLS.test(code) ? `TLS handshake: ${code}` : String(status), socket.remoteAddress)
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(
    errorBody(new RequestError(status, 'INVALID_REQUEST', 'invalid_request', message), false),
  )
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
