// The socket: node:http or node:https on TCP or a unix socket, with its limits, and how it stops.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import type { Listen } from '../config/native/schema.ts'
import { osReason } from '../kit/os-errors.ts'
import { REQUEST_TIMEOUT } from '../request/body.ts'
import { type ClientPatience, Connections } from '../work/connections.ts'
import { ownDescriptors } from '../work/descriptors.ts'
import { Broken, type Refused } from './broken.ts'
import { bindClosed, clearSocket, openTo, type SocketAccess } from './socket-file.ts'

/** How long a client may take, in milliseconds. */
export interface Patience extends ClientPatience {
  /** For the headers of a request. */
  readonly headers: number
  /** For a whole request. */
  readonly request: number
  /** How often the connections are looked at. */
  readonly interval: number
  /** For requests in flight to finish when the server stops. */
  readonly drain: number
}

const PATIENCE: Patience = {
  handshake: 10_000,
  headers: 10_000,
  request: REQUEST_TIMEOUT,
  answer: 30_000,
  linger: 1_000,
  leave: 5_000,
  interval: 1_000,
  drain: 15_000,
}

/** How often a stopping server looks for connections that have become idle, in milliseconds. */
const SWEEP_INTERVAL = 100

/** What a listener holds clients to. */
export interface ListenerLimits {
  /** Connections at once; fewer where descriptors are few. */
  readonly connections: number
  /** How long a connection without a request is kept, in milliseconds. */
  readonly keepAlive: number
  /** Bytes of all headers of a request. */
  readonly headers: number
}

const LIMITS: ListenerLimits = { connections: 10_000, keepAlive: 75_000, headers: 64 * 1024 }

/** What is left out is as in production. */
export interface ListenerOptions {
  readonly limits?: Partial<ListenerLimits>
  /** Whether an address is that of a proxy of ours; undefined is the peer of a unix socket. */
  readonly isProxy?: (ip: string | undefined) => boolean
  readonly patience?: Partial<Patience>
  /** Who may connect to a unix socket; undefined: whom the umask lets. */
  readonly socket?: SocketAccess | undefined
  /** Learns what is refused before it is a request. */
  readonly refused?: Refused
}

function serverOptions(limits: ListenerLimits, { headers, request, interval }: Patience): ServerOptions {
  return {
    maxHeaderSize: limits.headers,
    headersTimeout: headers,
    requestTimeout: request,
    connectionsCheckingInterval: interval,
    // Clients are told this time, and have a second more: one that sends a request just then is still heard.
    keepAliveTimeout: limits.keepAlive,
    keepAliveTimeoutBuffer: 1_000,
    // Node would answer without JSON; assertHead does it.
    requireHostHeader: false,
  }
}

/** A listening server. */
export interface Listener {
  /** Where it listens: `http://127.0.0.1:5001` or `unix:/run/dockwarden.sock`. */
  readonly address: string
  readonly port: number | undefined
  /** How many are open, and how many may be. */
  readonly connections: Pick<Connections, 'size' | 'bound'>
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
 * @throws Error that names the address and the remedy
 */
export async function startListener(
  handler: RequestListener,
  listen: Listen,
  tls: TlsOptions | undefined,
  given: ListenerOptions = {},
): Promise<Listener> {
  const waits = { ...PATIENCE, ...given.patience }
  const limits = { ...LIMITS, ...given.limits }
  const { refused = () => {} } = given
  const options = serverOptions(limits, waits)
  const connections = new Connections({
    most: limits.connections,
    isProxy: given.isProxy ?? (() => 'socket' in listen),
    descriptors: ownDescriptors(),
    patience: waits,
    refused,
    now: () => performance.now(),
  })
  const serve = connections.serving(handler)
  const secure = tls && createHttpsServer({ ...options, ...tls }, serve)
  const server: Server = secure ?? createHttpServer(options, serve)
  // Their bytes are what is limited. Beyond this count some versions of Node drop headers in silence: who sends the credentials last
  // would be anonymous.
  server.maxHeadersCount = 0
  const broken = new Broken(connections, limits.headers, refused)
  // Which TCP connection one of TLS goes over is not to be had from Node, but what happens in its handshake happens in its context.
  const carriers = new AsyncLocalStorage<WeakRef<Socket>>()
  const inHandshake = () => connections.inHandshake(carriers.getStore()?.deref())
  takeWith(server, (carrier, take) => {
    if (!connections.admit(carrier)) return
    if (secure) return broken.handOn(carrier, () => carriers.run(new WeakRef(carrier), take))
    connections.speaks(connections.of(carrier), carrier)
    take()
  })
  secure?.on('secureConnection', (socket) => {
    clearErrors(socket)
    connections.speaks(inHandshake(), socket)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.of(socket) ?? inHandshake()
    if (connection) broken.answer(error, connection)
    else socket.destroy()
  })
  // An expectation that we don't know is ignored, as RFC 9110 allows; Node would answer 417 without JSON.
  server.on('checkExpectation', serve)
  if ('socket' in listen) await clearSocket(listen.socket)
  await opened(server, listen, given.socket)
  const sweeps = setInterval(() => connections.sweep(), waits.interval).unref()
  const held = server.address()
  const port = typeof held === 'object' ? held?.port : undefined
  return {
    address:
      'socket' in listen
        ? `unix:${listen.socket}`
        : `${tls ? 'https' : 'http'}://${nameInUrl(listen.host)}:${port}`,
    port,
    connections,
    renew: (renewed) => secure?.setSecureContext(renewed),
    retire() {
      if (secure) connections.retire()
    },
    async stop() {
      await drained(server, connections, waits.drain)
      clearInterval(sweeps)
    },
  }
}

/**
 * A certificate that did not verify leaves an error in OpenSSL's queue, and Node would take it for one of the connection. Reading
 * the certificate clears the queue.
 */
function clearErrors(socket: TLSSocket): void {
  socket.getPeerX509Certificate()
}

/** Lets a server see only the connections that it is to take, and when. */
function takeWith(server: Server, admit: (carrier: Socket, take: () => void) => void): void {
  const takers = server.listeners('connection')
  server.removeAllListeners('connection').on('connection', (carrier: Socket) => {
    admit(carrier, () => {
      for (const take of takers) take.call(server, carrier)
    })
  })
}

function nameInUrl(host: string | undefined): string {
  if (host === undefined) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

async function opened(server: Server, listen: Listen, access: SocketAccess | undefined): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, listen))))
    server.once('listening', resolve)
  })
  if (!('socket' in listen)) server.listen({ port: listen.port, host: listen.host })
  else if (access) bindClosed(() => server.listen({ path: listen.socket }))
  else server.listen({ path: listen.socket })
  await listening
  if (!('socket' in listen) || !access) return
  try {
    openTo(access, listen.socket)
  } catch (error) {
    server.close()
    throw error
  }
}

function explain(error: NodeJS.ErrnoException, listen: Listen): string {
  const where = 'socket' in listen ? `unix:${listen.socket}` : `${listen.host ?? ''}:${listen.port}`
  if (error.code === 'EADDRINUSE')
    return `cannot listen on ${where}: another process does; stop it or change the listen address`
  if (error.code === 'EACCES') return `cannot listen on ${where}: permission denied; use a port above 1023`
  if (error.code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  return `cannot listen on ${where}: ${osReason(error)}`
}

function drained(server: Server, connections: Connections, deadline: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => connections.destroy(), deadline)
    // Again and again: an answer that was on its way when the server began to stop kept its connection.
    const sweep = setInterval(() => connections.sweep(), SWEEP_INTERVAL)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      resolve()
    })
    connections.stop()
  })
}
