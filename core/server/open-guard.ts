// The guard that the configuration wants, with what it counts in: the memory of this process, or Redis where tokens are there.
import type { NativeConfig } from '../config/native/schema.ts'
import type { Clock, Log } from '../plugin.ts'
import type { HostServices } from '../services/host.ts'
import type { TokenStore } from '../store/token-store.ts'
import { type Counters, countersInMemory } from '../work/guard/counters.ts'
import { type Gate, OPEN_GATE } from '../work/guard/gate.ts'
import { Guard } from '../work/guard/guard.ts'
import { KnownNetworks } from '../work/guard/known-networks.ts'
import { openRedisSettings, type StorePlan } from './open-store.ts'

/** A guard, and what it counts in. */
export interface OpenGuard {
  readonly gate: Gate
  /** Connects what it counts in. It never fails: the guard works without. */
  ready(): Promise<void>
  close(): void
}

/** What the guard is opened with. */
interface GuardPlan extends StorePlan {
  readonly server: StorePlan['server'] & { readonly guard: NativeConfig['server']['guard'] }
}

/**
 * Opens the guard; where there is to be none, everybody passes. Nothing is connected before `ready`.
 *
 * @param parts.store where successes are kept; undefined = in memory alone
 */
export async function openGuard(
  config: GuardPlan,
  parts: { clock: Clock; files: HostServices['files']; log: Log; store: TokenStore | undefined },
): Promise<OpenGuard> {
  const { guard } = config.server
  if (guard === false) return { gate: OPEN_GATE, ready: async () => {}, close() {} }
  const { clock, log, store } = parts
  const { counters, ready, close } = await openCounters(config, parts)
  const known = new KnownNetworks(() => clock.now(), store)
  return { gate: new Guard({ known, log, counters, lockout: guard.lockout }), ready, close }
}

interface OpenCounters extends Pick<OpenGuard, 'ready' | 'close'> {
  readonly counters: Counters
}

async function openCounters(
  config: GuardPlan,
  { files, log }: { files: HostServices['files']; log: Log },
): Promise<OpenCounters> {
  const settings = openRedisSettings(config, files)
  if (!settings) return { counters: countersInMemory(), ready: async () => {}, close() {} }
  const { openRedisCounters } = await import('../store/redis-counters.ts')
  const redis = openRedisCounters(settings, log)
  const memory = countersInMemory(undefined, () => redis.standIn())
  const counters: Counters = {
    open: (kind, seconds) => redis.open(kind, seconds, memory.open(kind, seconds)),
    keys: async (kind) => (await redis.keys(kind)) ?? memory.keys(kind),
    key: () => redis.key(),
  }
  return { counters, ready: () => redis.ready(), close: () => redis.close() }
}
