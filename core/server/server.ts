// A running server: services, host and listener together, and the order in which they stop.

import type { RequestListener } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { listenPlans } from '../config/native/listeners.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import { createState } from '../kit/state.ts'
import { metricsIn } from '../metrics/metrics.ts'
import type { State } from '../plugin.ts'
import { INSTANCES } from '../request/instance.ts'
import { SERVER_FILES_INTERVAL } from '../services/file-watch.ts'
import { mostWithin } from '../work/connections.ts'
import { ownDescriptors } from '../work/descriptors.ts'
import { challengesOf } from './acme.ts'
import type { Refused } from './broken.ts'
import type { ServedTls } from './certificate-choice.ts'
import { withTrust } from './client-trust.ts'
import { createServices, type Services } from './container.ts'
import { openControl } from './control.ts'
import { createGeneration, type Generation, type Lasting, spentStates } from './generation.ts'
import { notReady, storeFault } from './lifecycle.ts'
import { type Listener, type Patience, startListener } from './listener.ts'
import { inForce, startScraped, watched } from './measured.ts'
import type { ListenAt } from './port.ts'
import type { Prepare } from './process-container.ts'
import { Refusals } from './refusals.ts'
import { Reloader } from './reload.ts'
import type { ReloadCause, Reloaded } from './reload-answer.ts'
import { RELOADS } from './reload-status.ts'
import { reloadVerb } from './reload-verb.ts'
import { keepFresh } from './renewal.ts'
import { verbsOf } from './verbs.ts'
import { CONFIG_INTERVAL, watchConfig } from './watch-config.ts'

/** How many are open at most, unless the configuration says otherwise. */
const CONNECTIONS = 10_000

/** A server that accepts requests. */
export interface RunningServer {
  readonly listener: Listener
  /** The configuration in force. */
  readonly config: Config
  /** Its services. */
  readonly services: Services
  /** Where the metrics are, if anywhere. */
  readonly metrics: Listener | undefined
  /** Reads the configuration's file again. @throws Error when the server is stopping */
  reload(cause: ReloadCause): Promise<Reloaded>
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
 * @param watching whether the configuration is read again when its files change, whatever it says of that itself
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
  watching = false,
): Promise<RunningServer> {
  const services = await createServices(config, log, createState(config.stateDir, { announce }), prepare)
  let stopping = false
  const refusals = new Refusals(log)
  const metrics = metricsIn(services.container)
  const refused: Refused = (cause, peer, hint) => {
    metrics?.refusals.count(cause)
    refusals.note(cause, peer, hint)
  }
  const lasting: Lasting = { log, refused, spent: spentStates(), stopping: () => stopping }
  let current = createGeneration(config, services, lasting)
  // Threads take a while to start: both do, beside all that follows.
  services.container.resolve(KEY_RING).warm()
  const store = storeFault(services.ready)
  // A backend that is down does not stop the start: /readyz tells, and recovery is by itself.
  const warn = (faults: readonly string[]) => {
    for (const fault of faults) log.warn({}, fault)
  }
  warn(await notReady(services.container.resolve(INSTANCES)))
  let scraped: Listener | undefined
  try {
    scraped = metrics && (await startScraped(config, services, { metrics, refused, log }))
    const { limits } = config.server
    const handle: RequestListener = (request, response) => current.handle(request, response)
    const listener = await startListener(
      handle,
      addressesOf(current, () => current),
      {
        limits: {
          connections: connectionsOf(limits.connections, log),
          keepAlive: limits.keep_alive,
          headers: limits.headers,
        },
        isProxy: (ip) => current.isProxy(ip),
        patience,
        refused,
        proofOf: (domain) => challengesOf(current.services).contextOf(domain),
      },
    )
    warn(await store)
    metrics?.watch(watched(services.container, listener))
    begin(current)
    const served = both(listener, scraped)
    let fresh = keepFresh(config, services, served, log, watchInterval)
    const closing = new Set<Promise<void>>()
    const takeOver = (next: Generation) => {
      const former = current
      current = next
      begin(next)
      renewTls(served, former.services, next.services)
      const stopped = fresh.stop()
      fresh = keepFresh(next.config, next.services, served, log, watchInterval)
      const closed = stopped.then(() => retire(former, next, log)).finally(() => closing.delete(closed))
      closing.add(closed)
    }
    const reloader = new Reloader({ lasting, current: () => current, takeOver })
    const interval = Math.min(watchInterval, CONFIG_INTERVAL)
    const watch = watchConfig(() => current, reloader, log, { interval, always: watching })
    const control = await openControl(
      config.stateDir,
      {
        ...verbsOf(() => current.services.container),
        ...reloadVerb(
          () => current.config.file,
          reloader,
          () => current.services.container.resolve(RELOADS),
        ),
      },
      log,
    )
    return {
      listener,
      get config() {
        return current.config
      },
      get services() {
        return current.services
      },
      metrics: scraped,
      reload: (cause) => reloader.reload(cause),
      async stop() {
        stopping = true
        const reloaded = Promise.all([control.close(), watch.stop(), reloader.close()])
        // Whoever waits for a turn is told at once; what has begun is answered.
        current.services.house.places.close()
        await fresh.stop()
        await listener.stop()
        await scraped?.stop()
        await reloaded
        await Promise.all(closing)
        refusals.close()
        for (const fault of await current.services.close()) log.error({}, fault)
      },
    }
  } catch (error) {
    await scraped?.stop()
    await services.close()
    throw error
  }
}

/** From now on this one is in force. */
function begin({ services }: Generation): void {
  for (const { plan, spots } of services.made) spots.plan = plan
  for (const { tasks } of services.container.resolve(INSTANCES)) tasks.start()
  metricsIn(services.container)?.show(inForce(services))
}

/** Closes what is only a former one's, after its last request. */
async function retire(former: Generation, next: Generation, log: Logger): Promise<void> {
  await former.idle()
  for (const fault of await former.services.closeBeside(next.services)) log.error({}, fault)
}

/** What a renewed certificate is for. */
type Served = Pick<Listener, 'renew' | 'retire'>

function both(listener: Listener, scraped: Listener | undefined): Served {
  return {
    renew(name, tls) {
      listener.renew(name, tls)
      scraped?.renew(name, tls)
    },
    retire: () => listener.retire(),
  }
}

/** The certificate of a section, and whom to trust for those of clients. */
function tlsAt(at: string, { tls, clientTrust }: Services): ServedTls {
  return withTrust(at, tls.get(at)!.options, clientTrust?.current)
}

/** Where to listen, with the certificates as they are now. */
function addressesOf({ config, services }: Generation, current: () => Generation): ListenAt[] {
  return listenPlans(config.server).map(({ tls, proxies, ...plan }, index) => ({
    ...plan,
    tls: tls && { name: tls.at, options: tlsAt(tls.at, services) },
    isProxy: proxies && ((ip) => current().isProxyAt(index, ip)),
  }))
}

/** Connections to come get other certificates; those that were judged by other authorities end. */
function renewTls(listener: Served, before: Services, after: Services): void {
  for (const at of after.tls.keys()) {
    const options = tlsAt(at, after)
    if (!isDeepStrictEqual(options, tlsAt(at, before))) listener.renew(at, options)
  }
  if (!isDeepStrictEqual(before.clientTrust?.current.options, after.clientTrust?.current.options))
    listener.retire()
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
