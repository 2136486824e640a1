// What was proved a moment ago: passwords of one authenticator, by keys that tell nothing. Nothing is kept longer than its time.
import type { LRUCache } from 'lru-cache'
import { lastUsed } from '../contract/last-used.ts'

/** More would hold up the memory, and only spare what busier ones need. */
const MOST = 10_000

interface Entry<T> {
  /** The names of whose it is: as it was given, and as it is called. */
  readonly accounts: readonly string[]
  value: T
}

/** The memory of one authenticator. Whoever was not seen longest goes first when there are too many. */
export class Remembered<T> {
  readonly #entries: LRUCache<string, Entry<T>>

  /**
   * @param ms how long after its proof something is remembered, however often it is asked for
   * @param now milliseconds, of a clock that never goes back
   */
  constructor(ms: number, now = () => performance.now()) {
    this.#entries = lastUsed(MOST, { ttl: ms, ttlAutopurge: true, ttlResolution: 0, perf: { now } })
  }

  /** How many proofs there are. */
  get size(): number {
    return this.#entries.size
  }

  /** @param key names account and password, and tells neither */
  get(key: string): T | undefined {
    return this.#entries.get(key)?.value
  }

  /** Remembers what was proved just now. */
  add(key: string, accounts: readonly string[], value: T): void {
    this.#entries.set(key, { accounts, value })
  }

  /** Takes a newer value for the same proof, which ends when it would have. */
  renew(key: string, value: T): void {
    const entry = this.#entries.get(key)
    if (entry) entry.value = value
  }

  drop(key: string): void {
    this.#entries.delete(key)
  }

  /** Forgets an account, whatever its password; without one all of it. @returns how many proofs are forgotten */
  forget(account?: string): number {
    const keys = [...this.#entries.entries()]
      .filter(([, { accounts }]) => account === undefined || accounts.includes(account))
      .map(([key]) => key)
    for (const key of keys) this.#entries.delete(key)
    return keys.length
  }
}
