// What an instance keeps for longer than the process, and shares with all nodes: `host.store`.
import type { CacheKey } from './cache.ts'
import type { JsonValue } from './json.ts'

/**
 * The store of one plugin instance: it belongs to the plugin and the instance's id, and no other instance sees it. An id that is
 * renamed begins with an empty one. Values are sealed, and of keys only a digest is kept.
 *
 * An instance may keep 10,000 entries and 16 MiB in all, and 64 KiB a value. An entry goes away by itself when its end has come.
 *
 * Every method rejects, within seconds, when the store can't be reached; what it should have done may then have happened or not.
 * Under `dockwarden check` nothing is kept.
 */
export interface Store {
  /** @returns undefined when there is none, or its end has come */
  get(key: CacheKey): Promise<JsonValue | undefined>
  /**
   * @param end milliseconds since the epoch, at most ten years from now
   * @throws Error when the store is full, or the value too large
   * @example await host.store.set(['device', account], { seen: true }, host.clock.now() + 86_400_000)
   */
  set(key: CacheKey, value: JsonValue, end: number): Promise<void>
  /**
   * Keeps a value unless there is one. Of all nodes that try it at the same time, one does.
   *
   * @returns whether it was kept
   * @example if (!(await host.store.setIfAbsent(['jti', jti], true, end))) return reject('it was used before')
   */
  setIfAbsent(key: CacheKey, value: JsonValue, end: number): Promise<boolean>
  /**
   * Adds to a number, which begins at 0. None is lost, whatever other nodes do.
   *
   * @param end of a number that begins; one that is there keeps its own
   * @param by a whole number, 1 by default
   * @returns the number from now on
   * @throws Error when the value there is no number
   * @example const tries = await host.store.increment(['tries', account], host.clock.now() + 60_000)
   */
  increment(key: CacheKey, end: number, by?: number): Promise<number>
  /** Nothing happens when there is none. */
  delete(key: CacheKey): Promise<void>
}
