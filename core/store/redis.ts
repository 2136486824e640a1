// Keeps tokens in Redis (6.2 or newer), which several machines can share: single, watched by sentinels, or a cluster.
//
// The order of writes: first the token, which would go away within a minute, then the account's count, then the indexes, then its true end, then the
// acknowledgement. When one side dies in between, there is a token that nobody has got, and that goes away by itself.
// There is never an acknowledged token that `list` does not find, nor an id in an index before its token.
import { randomUUID } from 'node:crypto'
import type { Clock, Log } from '../plugin.ts'
import { createCalls } from './calls.ts'
import { openConnection } from './redis-connection.ts'
import { createRedisEntries } from './redis-entries.ts'
import { fromFields, toFields } from './redis-entry.ts'
import { createEvictionCheck } from './redis-eviction.ts'
import { createRedisKeys } from './redis-keys.ts'
import { dropGone, listTokens } from './redis-list.ts'
import { createRefreshIndex } from './redis-refresh.ts'
import type { RedisSettings } from './redis-settings.ts'
import { type KeptToken, REVOKED_MS, type TokenStore } from './token-store.ts'
import { legible } from './token-text.ts'

/** How long a token stays that is not acknowledged: longer than the calls of `add` can take. */
const UNSETTLED_MS = 60_000
const PROBE_MS = 60_000

/**
 * Opens a store in Redis. Nothing is connected before the first call. Calls wait for a short reconnect, and reject within three
 * seconds while Redis is away.
 *
 * @example
 * const store = createRedisStore(
 *   { mode: { kind: 'single' }, addresses: [{ host: '127.0.0.1', port: 6379 }], database: 0, keyPrefix: 'dockwarden:' },
 *   { clock, log },
 * )
 */
export function createRedisStore(
  settings: RedisSettings,
  { clock, log }: { clock: Clock; log: Log },
): TokenStore {
  const connection = openConnection(settings, log)
  // Some calls are several commands: the connection must not end between them.
  const calls = createCalls(connection.name)
  const keys = createRedisKeys(settings.keyPrefix)
  const refreshTokens = createRefreshIndex(connection, keys)
  const checkEviction = createEvictionCheck(connection, log)

  /** Also drops up to two ids whose tokens have gone away, so that an index stays at most twice as long as it must be. */
  async function index(key: string, { id, until, expires }: KeptToken): Promise<void> {
    // Uses move `until`, but never `expires`.
    const end = until === undefined || expires === undefined ? '+inf' : String(expires)
    const some = await connection.call((redis) => redis.indexToken(key, id, end, String(clock.now())))
    const gone: string[] = []
    for (const other of new Set(some)) {
      const there = other === id || (await connection.call((redis) => redis.exists(keys.token(other))))
      if (!there) gone.push(other)
    }
    await dropGone(connection, key, gone)
  }

  /** The repetition of a command whose answer was lost does not find such a token. */
  const hasEnded = ({ until }: KeptToken) => until !== undefined && until <= clock.now()

  return {
    add: (token, bound) =>
      calls.make(async () => {
        const call = randomUUID()
        const end = token.until === undefined ? '' : String(token.until)
        const key = keys.token(token.id)
        const fields = toFields(token)
        const added = await connection.call((redis) =>
          redis.addToken(key, call, String(UNSETTLED_MS), ...fields),
        )
        if (added === 0) throw new Error(`there is a token with the id ${token.id} already`)
        if (!(await refreshTokens.add(token, clock.now(), bound))) {
          await connection.call((redis) => redis.del(key))
          return false
        }
        for (const each of keys.indexes(token)) await index(each, token)
        const settled = await connection.call((redis) => redis.settleToken(key, end))
        if (settled === 1 || hasEnded(token)) return true
        // So many were added meanwhile that it was the oldest.
        if (bound) return false
        throw new Error(`the token ${token.id} went away while it was added; try again`)
      }),

    async get(id) {
      calls.assertOpen()
      const fields = await connection.call((redis) => redis.hgetall(keys.token(id)))
      return legible(id, () => fromFields(fields))
    },

    use: (id, { used, until, session }) =>
      calls.make(async () => {
        const end = until === undefined ? '' : String(until)
        const changed = session === undefined ? [] : [session]
        const token = await connection.call((redis) =>
          redis.useToken(keys.token(id), String(used), end, ...changed),
        )
        if (token === null) return false
        await refreshTokens.use(id, token, until)
        return true
      }),

    revoke: (id, revocation) =>
      calls.make(async () => {
        const call = randomUUID()
        const text = JSON.stringify(revocation)
        const end = String(revocation.at + REVOKED_MS)
        const token = await connection.call((redis) => redis.revokeToken(keys.token(id), call, text, end))
        if (token === null) return false
        await refreshTokens.drop(id, token)
        return true
      }),

    list: (filter) => listTokens({ connection, keys, settings, log }, filter),

    async mark(id, until) {
      calls.assertOpen()
      await connection.call((redis) => redis.set(keys.mark(id), '1', 'PXAT', until))
    },

    async isMarked(id) {
      calls.assertOpen()
      return (await connection.call((redis) => redis.exists(keys.mark(id)))) === 1
    },

    async lease(id, owner, ms) {
      calls.assertOpen()
      return (await connection.call((redis) => redis.leaseToken(keys.lease(id), owner, String(ms)))) === 1
    },

    async release(id, owner) {
      calls.assertOpen()
      await connection.call((redis) => redis.releaseToken(keys.lease(id), owner))
    },

    entries: createRedisEntries(connection, keys, { calls, clock }),

    ready: () =>
      calls.make(async () => {
        // A write: a Redis that is full, or can't write to its disk, still answers reads.
        await connection.call((redis) => redis.set(keys.ready, '1', 'PX', PROBE_MS))
        await checkEviction()
      }),

    async close() {
      await calls.end()
      await connection.close()
    },
  }
}
