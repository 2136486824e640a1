// A running server: services, host and listener together, and the order in which they stop.

import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { listenPlans } from '../config/native/listeners.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import { CLOCK } from '../kit/process.ts'
import { createState } from '../kit/state.ts'
import { metricsIn } from '../metrics/metrics.ts'
import type { State } from '../plugin.ts'
import { createClientAddress, createIsProxy } from '../request/client-address.ts'
import { createClientCertificateOf } from '../request/client-certificate.ts'
import { createEndpoint } from '../request/endpoint.ts'
import { INSTANCES } from '../request/instance.ts'
import { CHAINS } from '../request/pipeline.ts'
import { createSharedAddress } from '../request/shared-address.ts'
import { TOKEN_SETTINGS } from '../request/sign.ts'
import { SERVER_FILES_INTERVAL } from '../services/file-watch.ts'
import { HOST_SERVICES } from '../services/host.ts'
import { ATTEMPT_MS } from '../sign-in/cookies.ts'
import { signInPoints } from '../sign-in/point.ts'
import { mostWithin } from '../work/connections.ts'
import { ownDescriptors } from '../work/descriptors.ts'
import { createApp } from './app.ts'
import type { Refused } from './broken.ts'
import { createServices, type Services } from './container.ts'
import { openControl } from './control.ts'
import { notReady } from './lifecycle.ts'
import { type Listener, type Patience, startListener } from './listener.ts'
import { inForce, startScraped, watched } from './measured.ts'
import { prefixInUrl } from './path-prefix.ts'
import type { ListenAt } from './port.ts'
import type { Prepare } from './process-container.ts'
import { Refusals } from './refusals.ts'
import { keepFresh } from './renewal.ts'
import { verbsOf } from './verbs.ts'

/** How many are open at most, unless the configuration says otherwise. */
const CONNECTIONS = 10_000
/** How many are remembered. */
const SPENT_STATES = 10_000

/** A server that accepts requests. */
export interface RunningServer {
  readonly listener: Listener
  readonly services: Services
  /** Where the metrics are, if anywhere. */
  readonly metrics: Listener | undefined
  /** Stops accepting, finishes what is in flight, closes the plugins. */
  stop(): Promise<void>
}

/**
 * Starts a server.
 *
 * @param announce shows the operator a user and password that were just made; there is no second chance
 * @param watchInterval how often the files of keys and certificates are looked at, in milliseconds
 * @param prepare puts singletons into the process container, in the place of its own
 * @param patience how long clients may take; what is left out is as in production
 * @throws ConfigError or Error when it can't; nothing is left open then
 * @example const server = await startServer(await readConfig('dockwarden.yml'), log, show); await server.stop()
 */
export async function startServer(
  config: Config,
  log: Logger,
  announce: State['announce'],
  watchInterval = SERVER_FILES_INTERVAL,
  patience: Partial<Patience> = {},
  prepare?: Prepare,
): Promise<RunningServer> {
  const services = await createServices(config, log, createState(config.stateDir, { announce }), prepare)
  const { container } = services
  const { issuer } = container.resolve(TOKEN_SETTINGS)
  const ring = container.resolve(KEY_RING)
  const { limits, client_ip, client_certificate } = config.server
  const clientAddress = createClientAddress(client_ip)
  const trust = services.clientTrust
  const clientCertificate =
    trust &&
    createClientCertificateOf(container.resolve(CLOCK), client_certificate, (certificate) =>
      trust.current.verdict(certificate),
    )
  const points = signInPoints(container.resolve(CHAINS).authenticators)
  let stopping = false
  const refusals = new Refusals(log)
  const metrics = metricsIn(container)
  const refused: Refused = (cause, peer, hint) => {
    metrics?.refusals.count(cause)
    refusals.note(cause, peer, hint)
  }
  const look = shared(() => faultsOf(services, log))
  const readiness = async () => (stopping ? ['the server is stopping'] : await look())
  const app = createApp({
    issuer,
    pathPrefix: config.server.path_prefix,
    hsts: config.server.hsts,
    origins: config.server.cors?.origins ?? [],
    token: createEndpoint({
      container,
      clientAddress,
      sharedAddress: createSharedAddress(client_ip, log),
      clientCertificate,
      limits,
      logLabels: config.log.labels,
    }),
    keys: () => ring.keySet(),
    pluginRoutes: { container, clientAddress, limits },
    ...(points.length > 0 && {
      signIns: {
        issuer,
        pathPrefix: prefixInUrl(config.server.path_prefix),
        points,
        container,
        clientAddress,
        limits,
        spent: new LRUCache({ max: SPENT_STATES, ttl: ATTEMPT_MS }),
      },
    }),
    readiness,
    stopping: () => stopping,
    refused,
    log,
  })
  // A backend that is down does not stop the start: /readyz tells, and recovery is by itself.
  await faultsOf(services, log)
  let scraped: Listener | undefined
  try {
    metrics?.show(inForce(services))
    scraped = metrics && (await startScraped(config, services, { metrics, refused, log }))
    const listener = await startListener(app.callback(), addressesOf(config, services), {
      limits: {
        connections: connectionsOf(limits.connections, log),
        keepAlive: limits.keep_alive,
        headers: limits.headers,
      },
      isProxy: createIsProxy(client_ip?.trusted_proxies, client_certificate?.trusted_proxies),
      patience,
      refused,
    })
    metrics?.watch(watched(container, listener))
    for (const { tasks } of container.resolve(INSTANCES)) tasks.start()
    const fresh = keepFresh(config, services, listener, log, watchInterval)
    const control = await openControl(config.stateDir, verbsOf(container), log)
    return {
      listener,
      services,
      metrics: scraped,
      async stop() {
        stopping = true
        await control.close()
        // Whoever waits for a turn is told at once; what has begun is answered.
        container.resolve(HOST_SERVICES).places.close()
        await fresh.stop()
        await listener.stop()
        await scraped?.stop()
        refusals.close()
        for (const fault of await services.close()) log.error({}, fault)
      },
    }
  } catch (error) {
    await scraped?.stop()
    await services.close()
    throw error
  }
}

/** Where to listen, with the certificates as they are now. */
function addressesOf({ server }: Config, { tls, clientTrust }: Services): ListenAt[] {
  return listenPlans(server).map(({ tls: section, ...plan }) => {
    const options = section && { ...tls.get(section.at)!.options, ...clientTrust?.current.options }
    return { ...plan, tls: options && { name: section.at, options } }
  })
}

/** Anybody may ask whether we are ready, as often as they like: at the same time all get one answer, and backends are asked once. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined
    })
    return asked
  }
}

export async function faultsOf({ container, ready }: Services, log: Logger): Promise<string[]> {
  const faults = await notReady(container.resolve(INSTANCES), ready)
  for (const fault of faults) log.warn({}, fault)
  return faults
}

/** How many connections there may be. Whoever has asked for more than the system allows is told so. */
function connectionsOf(wanted: number | undefined, log: Logger): number {
  const descriptors = ownDescriptors()
  const possible = mostWithin(descriptors)
  if (wanted !== undefined && wanted > possible) {
    log.warn(
      {},
      `server.limits.connections is ${wanted}, and only ${possible} are possible with ${descriptors.most} descriptors; raise those (ulimit -n, LimitNOFILE in systemd, --ulimit nofile in docker)`,
    )
  }
  return Math.min(wanted ?? CONNECTIONS, possible)
}
