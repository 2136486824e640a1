// One address: node:http or node:https on TCP or a unix socket, and what is looked at before HTTP begins. Its connections come in here, or
// are handed over by the process that listens.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket, TlsOptions } from 'node:tls'
import { ACME_PROTOCOL } from '../acme/challenges.ts'
import { announceAs } from '../work/announced.ts'
import type { Connections } from '../work/connections.ts'
import { type BindAt, bind } from './bind.ts'
import type { Broken } from './broken.ts'
import { createChoice, type ServedTls } from './certificate-choice.ts'
import { createHttpServer, nodeHttps } from './node-http.ts'
import { readProxied } from './proxy-protocol/proxied.ts'

/** An address, and what holds there. */
export interface ListenAt extends BindAt {
  /** Undefined for plain HTTP. */
  readonly tls?: { readonly name: string; readonly options: ServedTls } | undefined
  /** Given where only proxies connect, which speak the PROXY protocol: whether an address is one; undefined is the peer of a socket. */
  readonly isProxy?: ((ip: string | undefined) => boolean) | undefined
}

/** What all addresses of a server share. */
export interface Shared {
  readonly serve: RequestListener
  readonly options: ServerOptions
  readonly connections: Connections
  readonly broken: Broken
  /** The certificate by which a name is proved to an ACME server; undefined for one that is not being validated. */
  readonly proofOf: (domain: string) => SecureContext | undefined
}

/** An address whose connections are served. */
export interface Port {
  /** The name of its TLS; undefined for plain HTTP. */
  readonly tls: string | undefined
  /** Takes another certificate, and other authorities, for the connections to come. */
  renew(options: ServedTls): void
  /** Whether a connection came in here. */
  owns(carrier: Socket): boolean
  /** Accepts nothing more. Resolves when the last connection has ended. */
  close(): Promise<void>
}

/** An address that is listened at. */
export interface OpenPort extends Port {
  /** `http://127.0.0.1:5001` or `unix:/run/dockwarden.sock`. */
  readonly address: string
  /** Undefined on a unix socket. */
  readonly number: number | undefined
}

/** Starts to listen. @throws Error that names the address and the remedy */
export async function openPort(at: ListenAt, shared: Shared): Promise<OpenPort> {
  const { server, ...port } = createPort(at, shared)
  const bound = await bind(server, { ...at, secure: at.tls !== undefined })
  return { ...port, ...bound, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** An address at which another process listens. */
export interface HandedPort extends Port {
  /** Serves a connection that came in there. */
  take(carrier: Socket): void
}

/** Serves what another process accepts at an address. */
export function handedPort(at: ListenAt, shared: Shared): HandedPort {
  const { server, ...port } = createPort(at, shared)
  const open = new Set<Socket>()
  let ended: (() => void) | undefined
  // From then on Node looks after the times of requests.
  server.emit('listening')
  return {
    ...port,
    take(carrier) {
      // Of a client that has gone already it does not show whose connection it was.
      if ('port' in at.listen && carrier.remoteAddress === undefined) return void carrier.destroy()
      open.add(carrier)
      carrier.once('close', () => {
        open.delete(carrier)
        if (open.size === 0) ended?.()
      })
      // As of those that the server accepts itself: whoever has asked may close his side before he has the answer.
      carrier.allowHalfOpen = true
      server.emit('connection', carrier)
    },
    close: () =>
      new Promise((resolve) => {
        ended = resolve
        server.close(() => {})
        if (open.size === 0) resolve()
      }),
  }
}

function createPort(
  at: ListenAt,
  { serve, options, connections, broken, proofOf }: Shared,
): Omit<Port, 'close'> & { readonly server: Server } {
  const { tls } = at
  let choose = createChoice(tls?.options ?? {})
  const chosen: TlsOptions = {
    SNICallback: (servername, done) => done(null, choose(servername)),
    ALPNCallback: protocolChoice(proofOf),
  }
  const secure = tls && nodeHttps().createServer({ ...options, ...tls.options, ...chosen }, serve)
  const server: Server = secure ?? createHttpServer(options, serve)
  // Their bytes are what is limited. Beyond this count some versions of Node drop headers in silence: who sends the credentials last
  // would be anonymous.
  server.maxHeadersCount = 0
  // Which TCP connection one of TLS goes over is not to be had from Node, but what happens in its handshake happens in its context.
  const carriers = new AsyncLocalStorage<WeakRef<Socket>>()
  const inHandshake = () => connections.inHandshake(carriers.getStore()?.deref())
  const own = new WeakSet<Socket>()
  takeWith(server, (carrier, take) => {
    own.add(carrier)
    if (!connections.admit(carrier)) return
    const begin = () => {
      if (secure) return broken.handOn(carrier, () => carriers.run(new WeakRef(carrier), take))
      connections.speaks(connections.of(carrier), carrier)
      take()
    }
    if (at.isProxy) readProxied(carrier, at.isProxy, { connections, broken }, begin)
    else begin()
  })
  secure?.on('secureConnection', (socket) => {
    clearErrors(socket)
    const connection = inHandshake()
    if (connection) announceAs(connection.carrier, socket)
    connections.speaks(connection, socket)
    // The handshake was all that its server came for.
    if (socket.alpnProtocol === ACME_PROTOCOL) socket.destroySoon()
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.of(socket) ?? inHandshake()
    if (connection) broken.answer(error, connection)
    else socket.destroy()
  })
  // An expectation that we don't know is ignored, as RFC 9110 allows; Node would answer 417 without JSON.
  server.on('checkExpectation', serve)
  return {
    server,
    tls: tls?.name,
    renew(renewed) {
      choose = createChoice(renewed)
      secure?.setSecureContext(renewed)
    },
    owns: (carrier) => own.has(carrier),
  }
}

/**
 * HTTP/1.1, or the validation of a name by an ACME server, which is shown another certificate (RFC 8737, 3).
 *
 * @see https://nodejs.org/api/tls.html#tlssocketsetkeycertcontext
 */
function protocolChoice(proofOf: Shared['proofOf']): TlsOptions['ALPNCallback'] {
  return function (this: TLSSocket, { servername, protocols }) {
    const proof = protocols.includes(ACME_PROTOCOL) ? proofOf(servername) : undefined
    if (proof) {
      this.setKeyCert(proof)
      return ACME_PROTOCOL
    }
    return protocols.includes(HTTP) ? HTTP : undefined
  }
}

const HTTP = 'http/1.1'

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
