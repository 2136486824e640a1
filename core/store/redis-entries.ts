// What plugins keep, in Redis.
import type { Clock } from '../plugin.ts'
import type { Calls } from './calls.ts'
import type { Entries, Expected, Kept } from './entries.ts'
import type { RedisConnection } from './redis-connection.ts'
import type { RedisKeys } from './redis-keys.ts'

export function createRedisEntries(
  { call }: RedisConnection,
  keys: RedisKeys,
  { calls, clock }: { calls: Calls; clock: Clock },
): Entries {
  return {
    async get(space, id) {
      calls.assertOpen()
      const [key] = keys.entry(space, id)
      return (await call((redis) => redis.get(key))) ?? undefined
    },
    async put({ space, id, entry, expected, bounds }) {
      calls.assertOpen()
      const numbers = [entry.end, entry.size, clock.now()].map(String)
      const most = [bounds.entries, bounds.bytes].map(String)
      const names = keys.entry(space, id)
      const values = [id, entry.value, ...numbers, ...wordsOf(expected), ...most]
      return (await call((redis) => redis.putEntry(...names, ...values))) as Kept
    },
    async drop(space, id) {
      calls.assertOpen()
      await call((redis) => redis.dropEntry(...keys.entry(space, id), id))
    },
  }
}

function wordsOf(expected: Expected): [string, string] {
  return typeof expected === 'object' ? ['same', expected.value] : [expected, '']
}
