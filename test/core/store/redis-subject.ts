// A Redis store under test: its settings and its log.
import { inspect } from 'node:util'
import type { Log } from '../../../core/plugin.ts'
import { createRedisStore } from '../../../core/store/redis.ts'
import type { RedisSettings } from '../../../core/store/redis-settings.ts'
import type { TokenStore } from '../../../core/store/token-store.ts'
import type { RedisServer } from '../../support/redis.ts'

/** Settings that lead to the servers; the mode is single unless it is given. */
export function settingsFor(
  servers: readonly Pick<RedisServer, 'port'>[],
  given: Partial<RedisSettings> = {},
): RedisSettings {
  return {
    mode: { kind: 'single' },
    addresses: servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    database: 0,
    keyPrefix: 'dockwarden:',
    ...given,
  }
}

export interface Subject extends AsyncDisposable {
  readonly store: TokenStore
  /** All that was logged, facts and sentences. */
  readonly lines: readonly string[]
}

/** Opens a store. @example await using subject = openSubject(settingsFor([redis])) */
export function openSubject(settings: RedisSettings): Subject {
  const lines: string[] = []
  const line = (level: string) => (facts: object, message: string) =>
    void lines.push(`${level}: ${message} ${inspect(facts, { depth: 10 })}`)
  const log: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const store = createRedisStore(settings, { clock: { now: Date.now }, log })
  return { store, lines, [Symbol.asyncDispose]: () => store.close() }
}
