// From which networks accounts have logged in lately: those are not touched by what others do.
import { LRUCache } from 'lru-cache'

const MOST = 50_000
const LASTS_MS = 30 * 86_400_000

/** Networks with a success in the last 30 days. */
export interface KnownNetworks {
  /** @param pair as `pairOf` names it */
  has(pair: string): Promise<boolean>
  /** The account has logged in from there just now. Nobody waits for it. */
  note(pair: string): void
}

/** Knows them as long as the process lives. @param now milliseconds that only go forward */
export function knownInMemory(now = () => performance.now()): KnownNetworks {
  const last = new LRUCache<string, number>({ max: MOST })
  return {
    has: async (pair) => {
      const at = last.get(pair)
      return at !== undefined && now() - at < LASTS_MS
    },
    note: (pair) => void last.set(pair, now()),
  }
}
