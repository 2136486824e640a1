// Refresh tokens that change at each use must not get lost: most providers end the whole session when an old one comes
// again. So a request that spends one runs to its end even when nobody waits any more, whoever comes with the same token
// meanwhile gets the same answer, and whoever comes with a spent one is taken to have missed the answer: he goes on with the
// one that took its place. In memory only: another node would have to rely on the provider's own tolerance.
import { LRUCache } from 'lru-cache'
import { untilAborted } from '../contract/index.ts'

/** How long a request that spends a token may take (ms). */
const PATIENCE_MS = 30_000
const MOST_SUCCESSORS = 10_000
const KEEP_SUCCESSORS_MS = 24 * 3_600_000

/** Spends a token, and says which one took its place as soon as that is known. */
export type Spend<T> = (token: string, signal: AbortSignal, replaced: (next: string) => void) => Promise<T>

export interface Rotation<T> {
  /** @throws what `spend` throws, or the signal's end in words */
  use(token: string, signal: AbortSignal): Promise<T>
  /** Ends what is under way. */
  close(): void
}

/**
 * @param lateMessage of the error when the caller's time is over first
 * @example createRotation((token, signal, replaced) => refresh(token, signal, replaced), 'no answer in time')
 */
export function createRotation<T>(spend: Spend<T>, lateMessage: string): Rotation<T> {
  const successors = new LRUCache<string, string>({ max: MOST_SUCCESSORS, ttl: KEEP_SUCCESSORS_MS })
  const underWay = new Map<string, Promise<T>>()
  const closing = new AbortController()

  function start(token: string): Promise<T> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(PATIENCE_MS)])
    const work = spend(successors.get(token) ?? token, signal, (next) => {
      if (next !== token) successors.set(token, next)
    }).finally(() => underWay.delete(token))
    underWay.set(token, work)
    return work
  }

  return {
    use: (token, signal) => untilAborted(underWay.get(token) ?? start(token), signal, lateMessage),
    close: () => closing.abort(),
  }
}
