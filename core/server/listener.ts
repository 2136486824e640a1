// The sockets: all addresses that are listened at, the limits that their clients share, and how they stop.
import type { RequestListener, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import { REQUEST_TIMEOUT } from '../request/body.ts'
import { Connections } from '../work/connections.ts'
import type { ClientPatience } from '../work/connections-options.ts'
import { ownDescriptors } from '../work/descriptors.ts'
import { Broken, type Refused } from './broken.ts'
import type { ServedTls } from './certificate-choice.ts'
import {
  type HandedPort,
  handedPort,
  type ListenAt,
  type OpenPort,
  openPort,
  type Port,
  type Shared,
} from './port.ts'

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
  /** Learns what is refused before it is a request. */
  readonly refused?: Refused
  /** The certificate by which a name is proved to an ACME server; undefined for one that is not being validated. */
  readonly proofOf?: Shared['proofOf']
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

/** Serves connections. */
export interface Serving {
  /** How many are open, and how many may be. */
  readonly connections: Pick<Connections, 'size' | 'bound'>
  /** Takes another TLS certificate, and other authorities, for the connections to come. @param name of the TLS */
  renew(name: string, tls: ServedTls): void
  /**
   * Ends the TLS connections that have begun until now: idle ones at once, the others when they ask for something new. Those
   * still in their handshake are among them: it goes by what was in force when they began.
   */
  retire(): void
  /** Stops accepting, and resolves when what is in flight has been answered. */
  stop(): Promise<void>
}

/** A listening server. */
export interface Listener extends Serving {
  /** Where it listens, in the order of the configuration: `http://127.0.0.1:5001`, `unix:/run/dockwarden.sock`. */
  readonly addresses: readonly string[]
  /** The first of them. */
  readonly address: string
  /** Of that; undefined for a unix socket. */
  readonly port: number | undefined
  /** Of each. */
  readonly ports: readonly (number | undefined)[]
}

/** Serves what another process accepts. */
export interface HandedListener extends Serving {
  /** @param index of the address at which the connection came in */
  take(index: number, carrier: Socket): void
}

/**
 * Starts to listen, at all addresses or at none.
 *
 * @throws Error that names the address and the remedy
 * @example await startListener(handler, [{ listen: { port: 5001 } }])
 */
export async function startListener(
  handler: RequestListener,
  at: readonly ListenAt[],
  given: ListenerOptions = {},
): Promise<Listener> {
  const shared = sharedBy(handler, given)
  const ports = await openAll(at, shared)
  const addresses = ports.map(({ address }) => address)
  const numbers = ports.map(({ number }) => number)
  return {
    ...serving(ports, shared, given),
    addresses,
    address: addresses[0]!,
    port: numbers[0],
    ports: numbers,
  }
}

/** Serves connections that another process accepts at these addresses. */
export function startHandedListener(
  handler: RequestListener,
  at: readonly ListenAt[],
  given: ListenerOptions = {},
): HandedListener {
  const shared = sharedBy(handler, given)
  const ports: HandedPort[] = at.map((one) => handedPort(one, shared))
  return { ...serving(ports, shared, given), take: (index, carrier) => ports[index]?.take(carrier) }
}

function sharedBy(handler: RequestListener, given: ListenerOptions): Shared {
  const waits = { ...PATIENCE, ...given.patience }
  const limits = { ...LIMITS, ...given.limits }
  const { refused = () => {}, proofOf = () => undefined } = given
  const connections = new Connections({
    most: limits.connections,
    isProxy: given.isProxy ?? ((ip) => ip === undefined),
    descriptors: ownDescriptors(),
    patience: waits,
    refused,
    now: () => performance.now(),
  })
  return {
    serve: connections.serving(handler),
    options: serverOptions(limits, waits),
    connections,
    broken: new Broken(connections, limits.headers, refused),
    proofOf,
  }
}

function serving(ports: readonly Port[], { connections }: Shared, given: ListenerOptions): Serving {
  const waits = { ...PATIENCE, ...given.patience }
  const sweeps = setInterval(() => connections.sweep(), waits.interval).unref()
  return {
    connections,
    renew(name, tls) {
      for (const port of ports) if (port.tls === name) port.renew(tls)
    },
    retire() {
      const secure = ports.filter(({ tls }) => tls !== undefined)
      connections.retire((carrier) => secure.some((port) => port.owns(carrier)))
    },
    async stop() {
      await drained(ports, connections, waits.drain)
      clearInterval(sweeps)
    },
  }
}

async function openAll(at: readonly ListenAt[], shared: Shared): Promise<OpenPort[]> {
  const ports: OpenPort[] = []
  try {
    for (const one of at) ports.push(await openPort(one, shared))
    return ports
  } catch (error) {
    shared.connections.destroy()
    await Promise.all(ports.map((port) => port.close()))
    throw error
  }
}

async function drained(ports: readonly Port[], connections: Connections, deadline: number): Promise<void> {
  const timer = setTimeout(() => connections.destroy(), deadline)
  // Again and again: an answer that was on its way when the server began to stop kept its connection.
  const sweep = setInterval(() => connections.sweep(), SWEEP_INTERVAL)
  const closed = ports.map((port) => port.close())
  connections.stop()
  await Promise.all(closed)
  clearTimeout(timer)
  clearInterval(sweep)
}
