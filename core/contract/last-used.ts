// Memories with a bound. The library lays out all places at once where it is told their number: megabytes that few servers fill.
import { LRUCache } from 'lru-cache'

const oneEach = () => 1

/**
 * What was used last: when there are too many, what was not used for longest is forgotten. It takes memory as it fills.
 *
 * @param most how many
 * @param more such as `ttl`, as the library has it
 * @example const seen = lastUsed<number>(50_000); seen.set('ann', 1)
 */
export function lastUsed<V extends {}>(
  most: number,
  more: Pick<
    LRUCache.OptionsBase<string, V, unknown>,
    'ttl' | 'ttlAutopurge' | 'ttlResolution' | 'perf'
  > = {},
): LRUCache<string, V> {
  return new LRUCache<string, V>({ ...more, maxSize: most, sizeCalculation: oneEach })
}
