// How many refresh tokens each account has in Redis: an index of those that are good, in which each step is one script. The
// tokens themselves may be on other nodes of a cluster, and follow. Whoever dies in between leaves an id in it that is no
// unused token any more: whoever counts next finds it among the oldest, and takes it out. Tokens that were made before there was
// this index are counted from their next use on.
import type { RedisConnection } from './redis-connection.ts'
import type { RedisKeys } from './redis-keys.ts'
import type { Bound, KeptToken } from './token-store.ts'
import { fromText } from './token-text.ts'

/** The refresh tokens of accounts; other tokens are left alone. */
export interface RefreshIndex {
  /**
   * Counts a new token, and ends the oldest unused ones of its account that are too many.
   *
   * @param now milliseconds since the epoch
   * @returns false when there is no room for it
   */
  add(token: KeptToken, now: number, bound?: Bound): Promise<boolean>
  /** Notes that one was used. @param text what never changes of it. @param until when it ends now; undefined = never */
  use(id: string, text: string, until: number | undefined): Promise<void>
  /** One that is revoked counts no more. @param text what never changes of it */
  drop(id: string, text: string): Promise<void>
}

const NO_BOUND: Bound = { unused: Number.MAX_SAFE_INTEGER, all: Number.MAX_SAFE_INTEGER }
/** Unused ones are scored by when they were made, below 0; the others, and they once more, by when they end, above. */
const BELOW = 2 ** 53
const unusedScore = (created: number) => String(created - BELOW)
const endScore = (until: number | undefined) => (until === undefined ? '+inf' : String(until))

export function createRefreshIndex({ call }: RedisConnection, keys: RedisKeys): RefreshIndex {
  async function end(account: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const gone = await call((redis) => redis.endUnusedToken(keys.token(id)))
      const members = gone === 1 ? [id, unused(id)] : [unused(id)]
      await call((redis) => redis.zrem(keys.refresh(account), ...members))
    }
  }

  /** Undefined for other tokens, and for one that can't be read: it can be revoked all the same. */
  function keyOf(text: string): string | undefined {
    try {
      const { kind, account } = fromText(text)
      return kind === 'refresh' ? keys.refresh(account) : undefined
    } catch {
      return undefined
    }
  }

  return {
    async add({ id, kind, account, created, used, until, revoked }, now, bound = NO_BOUND) {
      if (kind !== 'refresh' || revoked) return true
      const score = used === undefined ? unusedScore(created) : ''
      const times = [endScore(until), score, String(now)] as const
      const bounds = [String(bound.unused), String(bound.all)] as const
      const tooMany = await call((redis) => redis.countToken(keys.refresh(account), id, ...times, ...bounds))
      if (!tooMany) return false
      await end(account, tooMany)
      return true
    },

    async use(id, text, until) {
      const key = keyOf(text)
      if (key !== undefined) await call((redis) => redis.countUse(key, id, endScore(until)))
    },

    async drop(id, text) {
      const key = keyOf(text)
      if (key !== undefined) await call((redis) => redis.zrem(key, id, unused(id)))
    },
  }
}

/** The second name of an unused token in the index, as the scripts write it. */
function unused(id: string): string {
  return `unused ${id}`
}
