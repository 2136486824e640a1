// A running server: services, host and listener together, and the order in which they stop.

import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { KEY_RING } from '../keys/key-ring.ts'
import { createState } from '../kit/state.ts'
import { metricsIn } from '../metrics/metrics.ts'
import type { State } from '../plugin.ts'
import { INSTANCES } from '../request/instance.ts'
import { SERVER_FILES_INTERVAL } from '../services/file-watch.ts'
import { challengesOf } from './acme.ts'
import type { Refused } from './broken.ts'
import { connectionBound, warnOfDescriptors } from './connection-bound.ts'
import { createServices, type Services } from './container.ts'
import { openControl } from './control.ts'
import { createGeneration, type Generation, type Lasting, spentStates } from './generation.ts'
import { addressesOf, begin, type Renewable, renewTls, retire } from './in-force.ts'
import { notReady, storeFault } from './lifecycle.ts'
import { type Listener, type Patience, startListener } from './listener.ts'
import { startScraped, watched } from './measured.ts'
import type { Prepare } from './process-container.ts'
import { Refusals } from './refusals.ts'
import { Reloader } from './reload.ts'
import type { ReloadCause, Reloaded } from './reload-answer.ts'
import { RELOADS } from './reload-status.ts'
import { reloadVerb } from './reload-verb.ts'
import { keepFresh } from './renewal.ts'
import { verbsOf } from './verbs.ts'
import { CONFIG_INTERVAL, watchConfig } from './watch-config.ts'
import type { Staff, StaffPlan } from './workers/staff.ts'

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
 * @param workers answer in the place of this process; undefined: it does so itself
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
  workers?: StaffPlan,
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
  if (!workers) services.container.resolve(KEY_RING).warm()
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
    const addresses = addressesOf(current, () => current)
    warnOfDescriptors(config.server, log)
    const staff = workers && (await staffOf(workers, { log, lasting, patience, current: () => current }))
    const listener = staff
      ? await staff.listen(addresses)
      : await startListener(handle, addresses, {
          limits: {
            connections: connectionBound(config.server),
            keepAlive: limits.keep_alive,
            headers: limits.headers,
          },
          isProxy: (ip) => current.isProxy(ip),
          patience,
          refused,
          proofOf: (domain) => challengesOf(current.services).contextOf(domain),
        })
    warn(await store)
    metrics?.watch({ ...watched(services.container, listener), ...(staff && { places: () => [] }) })
    if (staff) metrics?.together(() => staff.metrics())
    const idle = staff !== undefined
    begin(current, { idle })
    const served = both(listener, scraped)
    let fresh = keepFresh(config, services, served, log, watchInterval, staff)
    const closing = new Set<Promise<void>>()
    const takeOver = (next: Generation) => {
      const former = current
      current = next
      begin(next, { idle })
      renewTls(served, former.services, next.services)
      const stopped = fresh.stop()
      fresh = keepFresh(next.config, next.services, served, log, watchInterval, staff)
      const closed = stopped.then(() => retire(former, next, log)).finally(() => closing.delete(closed))
      closing.add(closed)
    }
    const reloader = new Reloader({ lasting, current: () => current, takeOver, others: staff })
    const interval = Math.min(watchInterval, CONFIG_INTERVAL)
    const watch = watchConfig(() => current, reloader, log, { interval, always: watching })
    const control = await openControl(
      config.stateDir,
      {
        ...verbsOf(() => current.services.container, staff),
        ...reloadVerb(
          () => current.config.file,
          reloader,
          () => current.services.container.resolve(RELOADS),
          () => staff?.members,
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

/** Loaded where there are workers. */
async function staffOf(
  ...given: Parameters<typeof import('./workers/staff.ts').createStaff>
): Promise<Staff> {
  const { createStaff } = await import('./workers/staff.ts')
  return await createStaff(...given)
}

function both(listener: Listener, scraped: Listener | undefined): Renewable {
  return {
    renew(name, tls) {
      listener.renew(name, tls)
      scraped?.renew(name, tls)
    },
    retire: () => listener.retire(),
  }
}
