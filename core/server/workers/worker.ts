// A worker: the same server without an address of its own, without commands, and without an eye on any file.
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { type Config, inspectConfig, readConfig } from '../../config/config.ts'
import { KEY_RING } from '../../keys/key-ring.ts'
import { FileRecord, recordFiles } from '../../kit/file-record.ts'
import { createState } from '../../kit/state.ts'
import { packageVersion } from '../../kit/version.ts'
import { metricsIn } from '../../metrics/metrics.ts'
import type { Log } from '../../plugin.ts'
import { INSTANCES } from '../../request/instance.ts'
import { forget } from '../../request/remembered.ts'
import { SERVER_FILES_INTERVAL } from '../../services/file-watch.ts'
import { HOST_SERVICES } from '../../services/host.ts'
import { GUARD } from '../../work/guard/gate.ts'
import { ConfigError, type Problem } from '../../yaml/problems.ts'
import { challengesOf } from '../acme.ts'
import type { Refused } from '../broken.ts'
import { connectionBound } from '../connection-bound.ts'
import { createServices, renewServices, type Services } from '../container.ts'
import { createGeneration, type Generation, type Lasting } from '../generation.ts'
import { holdBack } from '../held-back.ts'
import { addressesOf, begin, renewTls, retire } from '../in-force.ts'
import { notReady, storeFault } from '../lifecycle.ts'
import { startHandedListener } from '../listener.ts'
import { watched } from '../measured.ts'
import { STORE_WRITER } from '../open-store.ts'
import { Refusals } from '../refusals.ts'
import { freshParts, watchEnds } from '../renewal.ts'
import { loadKeys } from '../server-keys.ts'
import { RemoteGate } from './remote-guard.ts'
import { remoteWriter } from './remote-writer.ts'
import { kidsOf } from './staff.ts'
import { ASKED, type Prepared, received, type SentFiles, type Terms, TOLD } from './terms.ts'
import type { Wire, WireVerbs } from './wire.ts'

/** A worker that takes connections. */
export interface RunningWorker {
  /** The configuration in force. */
  readonly config: Config
  /** Whether a hash is being computed: Node's own exit would wait for it. */
  readonly busy: boolean
  /** Serves a connection that was accepted elsewhere. @param index of the address at which it came in */
  take(index: number, carrier: Socket): void
  /** What the process that listens may ask. */
  readonly verbs: WireVerbs
  /** Answers what has begun, and closes the plugins. */
  stop(): Promise<void>
}

/**
 * Starts a worker.
 *
 * @param wire to the process that listens
 * @throws ConfigError or Error when it can't
 */
export async function startWorker(terms: Terms, wire: Wire, log: Logger): Promise<RunningWorker> {
  if (terms.release !== packageVersion())
    throw new Error(
      `the server is Dockwarden ${terms.release}, and ${packageVersion()} is installed by now: restart it`,
    )
  const config = await readGiven(terms)
  const services = await servicesOf(config, terms, wire, log)
  let stopping = false
  const refusals = new Refusals(log)
  const metrics = metricsIn(services.container)
  const refused: Refused = (cause, peer, hint) => {
    metrics?.refusals.count(cause)
    refusals.note(cause, peer, hint)
  }
  const lasting: Lasting = {
    log,
    refused,
    spent: { spend: async (state) => (await wire.ask(ASKED.spend, state)) === true },
    stopping: () => stopping,
  }
  let current = createGeneration(config, services, lasting)
  try {
    assertKeys(current, terms.kids)
    services.container.resolve(KEY_RING).warm()
    await challengesOf(services).show(terms.challenges, undefined)
    // Backends are connected; which are down the process that listens has said.
    await Promise.all([notReady(services.container.resolve(INSTANCES)), storeFault(services.ready)])
  } catch (error) {
    await services.close()
    throw error
  }
  const { limits } = config.server
  const handle: RequestListener = (request, response) => current.handle(request, response)
  const listener = startHandedListener(
    handle,
    addressesOf(current, () => current),
    {
      limits: {
        connections: connectionBound(config.server),
        keepAlive: limits.keep_alive,
        headers: limits.headers,
      },
      isProxy: (ip) => current.isProxy(ip),
      patience: terms.patience ?? {},
      refused,
      proofOf: (domain) => challengesOf(current.services).contextOf(domain),
    },
  )
  metrics?.watch(watched(services.container, listener))
  begin(current)
  const ends = () => {
    const { clientTrust, container } = current.services
    return (
      clientTrust &&
      watchEnds(clientTrust, container.resolve(HOST_SERVICES).clock, listener, log, SERVER_FILES_INTERVAL)
    )
  }
  let watch = ends()
  let next: Generation | undefined
  const closing = new Set<Promise<void>>()
  const ringOf = ({ services }: Generation) => services.container.resolve(KEY_RING)

  const verbs: WireVerbs = {
    async [TOLD.prepare]({ files, kids }: { files: SentFiles; kids: readonly string[] }): Promise<Prepared> {
      try {
        const { config } = holdBack(current.config, await readFiles(current.config.file, files))
        const built = await renewServices(config, current.services)
        next = createGeneration(config, built, lasting)
        assertKeys(next, kids)
        const made = new Set(current.services.made.map(({ instance }) => instance))
        const fresh = built.made.map(({ instance }) => instance).filter((instance) => !made.has(instance))
        await notReady(fresh)
        if (ringOf(next) !== ringOf(current)) ringOf(current).announce(ringOf(next).known)
        return { problems: [] }
      } catch (error) {
        return { problems: problemsOf(error, current.config.file) }
      }
    },

    [TOLD.commit]() {
      if (!next) throw new Error('it has no next configuration')
      const former = current
      current = next
      next = undefined
      begin(current)
      renewTls(listener, former.services, current.services)
      clearInterval(watch)
      watch = ends()
      const closed = retire(former, current, log).finally(() => closing.delete(closed))
      closing.add(closed)
    },

    async [TOLD.abandon]() {
      ringOf(current).announce([])
      await next?.services.closeBeside(current.services)
      next = undefined
    },

    async [TOLD.fresh](name: string) {
      const parts = freshParts(current.config, current.services, listener, QUIET)
      await parts.find((part) => part.name === name)?.reload()
    },

    async [TOLD.publish]() {
      const { container, keys } = current.services
      const { plan } = await loadKeys(current.config, container.resolve(HOST_SERVICES), keys)
      ringOf(current).announce([...plan.keys.map(({ key }) => key), ...plan.published])
    },

    [TOLD.suspect](pair: string) {
      const gate = current.services.container.resolve(GUARD)
      if (gate instanceof RemoteGate) gate.suspect(pair)
    },

    [TOLD.forget](account: string | null) {
      const gate = current.services.container.resolve(GUARD)
      if (gate instanceof RemoteGate) gate.clear(account ?? undefined)
      return forget(current.services.container.resolve(INSTANCES), account ?? undefined)
    },

    [TOLD.challenges]: (challenges: Terms['challenges']) =>
      challengesOf(current.services).show(challenges, undefined),

    [TOLD.metrics]: () => metrics?.json() ?? [],
  }
  return {
    get config() {
      return current.config
    },
    get busy() {
      return current.services.container.resolve(HOST_SERVICES).passwords.busy
    },
    verbs,
    take: (index, carrier) => listener.take(index, carrier),
    async stop() {
      stopping = true
      current.services.house.places.close()
      clearInterval(watch)
      await listener.stop()
      await Promise.all(closing)
      refusals.close()
      for (const fault of await current.services.close()) log.error({}, fault)
    },
  }
}

/** What is read again has been told of by the process that listens. */
const QUIET: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Files as they were when the process that listens has read them. @throws ConfigError or Error */
async function readFiles(file: string, files: SentFiles): Promise<Config> {
  const record = new FileRecord({ given: received(files) })
  const config = await recordFiles(record, () => readConfig(file))
  const [stranger] = record.strangers
  if (stranger !== undefined)
    throw new Error(`${stranger} has changed since the configuration in force was read: dockwarden reload`)
  return config
}

/** The configuration in force: what only a restart takes of it is as at the start. */
async function readGiven({ file, first, files }: Terms): Promise<Config> {
  const config = await readFiles(file, files)
  if (JSON.stringify(first) === JSON.stringify(files)) return config
  const record = new FileRecord({ given: received(first) })
  const start = await recordFiles(record, () => inspectConfig(file))
  return start.config ? holdBack(start.config, config).config : config
}

function servicesOf(config: Config, { caPath }: Terms, wire: Wire, log: Logger): Promise<Services> {
  const state = createState(config.stateDir, {
    announce: () => {
      throw new Error('the first user has gone from the state directory: put it back, or restart the server')
    },
  })
  const { guard, store } = config.server
  const keysInUse = caPath === null ? undefined : { caPath }
  return createServices(
    config,
    log,
    state,
    (container) => {
      if (typeof store !== 'object') container.registerInstance(STORE_WRITER, remoteWriter(wire))
      if (guard !== false) container.registerInstance(GUARD, new RemoteGate(wire, guard.lockout?.within))
    },
    keysInUse,
  )
}

/** @throws Error when the files of keys hold others than those in use */
function assertKeys(generation: Generation, kids: readonly string[]): void {
  if (kidsOf(generation).join() === kids.join()) return
  throw new Error('the files of the signing keys hold other keys than those in use: they are being changed')
}

function problemsOf(error: unknown, file: string): readonly Problem[] {
  if (error instanceof ConfigError) return error.problems
  return [{ file, line: 1, column: 1, path: '', message: (error as Error).message }]
}
