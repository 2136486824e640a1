// What lives as long as the process, whichever configuration is in force: log, clock and state, the store, the guard, what is remembered,
// and the places where work waits.
import type { Logger } from 'pino'
import type { DependencyContainer } from 'tsyringe'
import type { Config } from '../config/config.ts'
import { CLOCK, LOG } from '../kit/process.ts'
import { METRICS, metricsIn } from '../metrics/metrics.ts'
import type { Place, State } from '../plugin.ts'
import { CLIENT_WATCH, ClientWatch } from '../request/client-watch.ts'
import { SIGN_IN_SESSIONS, SignInSessions } from '../request/sign-in-sessions.ts'
import { createFiles } from '../services/files.ts'
import type { HostServices } from '../services/host.ts'
import type { StoreWriter } from '../store/embedded-writer.ts'
import { ENTRIES } from '../store/entries.ts'
import { createMemoryEntries } from '../store/memory-entries.ts'
import { TOKEN_STORE } from '../store/token-store.ts'
import { TokenKeeper } from '../token/keeper.ts'
import { GUARD, OPEN_GATE } from '../work/guard/gate.ts'
import { measuredStore } from './measured-store.ts'
import { openGuard } from './open-guard.ts'
import { hasStore, openStore, STORE_WRITER, whyNoStore } from './open-store.ts'
import { STORE_KEYS, storeKeys } from './plugin-store.ts'
import { createHouse, FIRST_SERVICES, type Prepare, single } from './process-container.ts'
import { RELOADS, ReloadStatus } from './reload-status.ts'

/** Tokens that are with the signing threads at once: enough for their batches, few enough for whoever comes next. */
const SIGNATURES = 32

/** What lives as long as the process. */
export interface House {
  readonly container: DependencyContainer
  readonly places: HostServices['places']
  /** Where tokens wait for the threads that sign them. */
  readonly signatures: Place
  /** Why nothing can be kept; undefined when it can. */
  readonly noStore: string | undefined
  /** Rejects while the token store can't be used. */
  ready(): Promise<void>
  /** Closes all of it. */
  close(): Promise<void>
}

/**
 * Opens what lives as long as the process.
 *
 * @param state where what is missing is made
 * @param onFault takes why the store can't be used, and is there in its place
 */
export async function openHouse(
  config: Config,
  log: Logger,
  state: State,
  onFault: (error: unknown) => void,
  prepare?: Prepare,
): Promise<House> {
  const container = createHouse(config, log, state, prepare)
  const clock = container.resolve(CLOCK)
  single(container, RELOADS, () => new ReloadStatus(clock))
  single(container, CLIENT_WATCH, () => new ClientWatch())
  const files = createFiles(config.base)
  if (config.server.metrics) await openMetrics(container)

  let failed = false
  const noStore = await openTokens(config, container, files).catch((error) => {
    failed = true
    onFault(error)
  })
  const isKept = noStore === undefined && container.isRegistered(TOKEN_STORE)
  const store = isKept ? container.resolve(TOKEN_STORE) : undefined
  single(container, ENTRIES, () => store?.entries ?? createMemoryEntries(clock))
  single(container, STORE_KEYS, () => storeKeys(config, state, noStore ?? undefined))
  // It may count in what could not be opened; the start is over then.
  const guard =
    failed || container.isRegistered(GUARD)
      ? undefined
      : await openGuard(config, { clock, files, log, store })
  single(container, GUARD, () => guard?.gate ?? OPEN_GATE)
  const { places, passwords } = container.resolve(FIRST_SERVICES)
  return {
    container,
    places,
    signatures: places.open({ name: 'signatures', size: SIGNATURES }),
    noStore: noStore ?? undefined,
    async ready() {
      await guard?.ready()
      await store?.ready()
    },
    async close() {
      guard?.close()
      const tokens = container.isRegistered(TOKEN_STORE) ? container.resolve(TOKEN_STORE) : undefined
      await Promise.all([tokens?.close(), passwords.close()])
    },
  }
}

/** The library is loaded only where somebody measures. */
async function openMetrics(container: DependencyContainer): Promise<void> {
  if (container.isRegistered(METRICS)) return
  const { ServerMetrics } = await import('../metrics/server-metrics.ts')
  container.registerInstance(METRICS, new ServerMetrics())
}

/**
 * Opens the store. One that nobody configured, and that was never there, may be missing: docker_auth's users run it where
 * nothing can be written.
 *
 * @returns why nothing can be kept; undefined when it can
 * @throws Error when the store that is configured can't be used
 */
async function openTokens(
  config: Config,
  container: DependencyContainer,
  files: HostServices['files'],
): Promise<string | undefined> {
  const fault = await whyNoStore(config)
  if (fault !== undefined && (config.server.store !== undefined || (await hasStore(config))))
    throw new Error(fault)
  const [clock, log] = [container.resolve(CLOCK), container.resolve(LOG)]
  const own = container.isRegistered(TOKEN_STORE)
    ? undefined
    : await openStore(config, { files, clock }, log, writerIn(container))
  const store = single(container, TOKEN_STORE, () => measuredStore(own!, metricsIn(container)))
  // Of what browsers were handed out. Refresh tokens have no part in it, and so no settings here.
  const tokens = new TokenKeeper({ store, refresh: undefined, clock, log })
  single(container, SIGN_IN_SESSIONS, () => new SignInSessions({ tokens, clock, log }))
  return fault
}

/** Who writes the embedded store, where that is another process. */
function writerIn(container: DependencyContainer): StoreWriter | undefined {
  return container.isRegistered(STORE_WRITER) ? container.resolve(STORE_WRITER) : undefined
}
