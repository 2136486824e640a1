// A memory that one plugin instance is lent: bounded in time and number, and its keys tell nothing to whoever reads the memory of the
// process.
import { randomBytes } from 'node:crypto'
import { lastUsed } from '../contract/last-used.ts'
import type { Cache, CacheKey, CacheOptions, Clock } from '../plugin.ts'
import { digestOf } from './key-digest.ts'

/** A longer one is a mistake: seconds were given for milliseconds, or the other way round. */
const LONGEST_MS = 30 * 86_400_000
const MOST = 1_000_000
const BY_DEFAULT = 10_000

/**
 * @param name what it holds, for messages
 * @throws RangeError for a `ttl` or `max` that makes no sense
 * @example const groups = createCache<string[]>('groups', { ttl: 60_000 }, clock)
 */
export function createCache<V extends {}>(
  name: string,
  { ttl, max = BY_DEFAULT }: CacheOptions,
  clock: Clock,
): Cache<V> {
  if (!(ttl >= 1 && ttl <= LONGEST_MS))
    throw new RangeError(`host.cache(${JSON.stringify(name)}): ttl must be milliseconds, from 1 to 30 days`)
  if (!(Number.isSafeInteger(max) && max >= 1 && max <= MOST))
    throw new RangeError(`host.cache(${JSON.stringify(name)}): max must be a whole number from 1 to ${MOST}`)
  const secret = randomBytes(32)
  const held = lastUsed<V>(max, { ttl: Math.ceil(ttl), ttlResolution: 0, perf: clock })
  const digest = (key: CacheKey) => digestOf(secret, key)
  return Object.freeze({
    get: (key: CacheKey) => held.get(digest(key)),
    set: (key: CacheKey, value: V) => void held.set(digest(key), value),
    delete: (key: CacheKey) => void held.delete(digest(key)),
    clear: () => held.clear(),
  })
}
