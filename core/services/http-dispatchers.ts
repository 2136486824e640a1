// The connections below the HTTP client: straight to a server, or through a proxy.
import type { buildConnector, Dispatcher, Pool, ProxyAgent } from 'undici'
import { readTlsFiles } from '../kit/tls-files.ts'
import { undici } from '../kit/undici.ts'
import type { Files, HttpClientOptions } from '../plugin.ts'

const MAX_BODY = 1024 * 1024
/** For TCP and TLS together: short enough that a second try fits into a plugin's usual 5 s. */
const CONNECT_TIMEOUT = 2_000

/** A connection could not be made: nothing was sent. */
export class NotConnected extends Error {}

/** Kept connections. */
export interface Dispatchers {
  /** @param proxy undefined for none */
  through(proxy: URL | undefined): Dispatcher
  close(): Promise<void>
}

/** @throws Error when a TLS file can't be read */
export function createDispatchers(options: HttpClientOptions, files: Files): Dispatchers {
  const { Agent, buildConnector } = undici()
  const tls = readTlsFiles(options.tls, files)
  const limits: Pool.Options = {
    connections: options.connections,
    // HTTP/1.1 only: one request a connection, so that one that hangs holds up no other.
    pipelining: 1,
    allowH2: false,
    maxResponseSize: MAX_BODY,
    // The request's signal is the one clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const direct = new Agent({
    ...limits,
    connect: noted(buildConnector({ ...tls, timeout: CONNECT_TIMEOUT, allowH2: false })),
  })
  const proxied = new Map<string, ProxyAgent>()
  return {
    through(proxy) {
      if (!proxy) return direct
      let agent = proxied.get(proxy.href)
      if (!agent) {
        agent = createProxyAgent(proxy, limits, tls)
        proxied.set(proxy.href, agent)
      }
      return agent
    },
    async close() {
      await Promise.all([direct, ...proxied.values()].map((dispatcher) => dispatcher.close()))
    },
  }
}

/** A tunnel for https; the proxy asks for http itself. */
function createProxyAgent(
  proxy: URL,
  limits: Pool.Options,
  tls: ReturnType<typeof readTlsFiles>,
): ProxyAgent {
  const { Pool, ProxyAgent } = undici()
  return new ProxyAgent({
    ...limits,
    uri: proxy.href,
    requestTls: { ...tls, timeout: CONNECT_TIMEOUT },
    proxyTls: { timeout: CONNECT_TIMEOUT },
    // The connections to the proxy itself: a tunnel that it does not answer for must not wait for ever.
    clientFactory: (origin, { connect }: { connect: buildConnector.connector }) =>
      new Pool(origin, { connect, headersTimeout: CONNECT_TIMEOUT }),
    factory: (origin, { connect }: { connect: buildConnector.connector }) =>
      new Pool(origin, { ...limits, connect: noted(connect) }),
  })
}

/** Marks the error of a connection that could not be made. */
function noted(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...[error, socket]) =>
      error ? callback(new NotConnected('not connected', { cause: error }), null) : callback(null, socket!),
    )
}
