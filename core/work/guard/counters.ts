// Counters with an end, in memory: rate-limiter-flexible's, with a bound on how many there are.

import { RateLimiterCompatibleAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import { lastUsed } from '../../contract/last-used.ts'

/** Of each kind, in memory: beyond it, what was not asked for longest is forgotten. */
const MOST = 50_000

/** A kind of counter, as far as it is used here. */
export interface Counter
  extends Pick<RateLimiterCompatibleAbstract, 'get' | 'set' | 'penalty' | 'reward' | 'block' | 'delete'> {
  /** Whether nothing is counted under a key, where that is known at once. */
  isNone?(key: string): boolean
}

/** Where counters are kept. */
export interface Counters {
  /** @param seconds after which a counter ends, from its first use on */
  open(kind: string, seconds: number): Counter
  /** The keys of a kind that was opened here. */
  keys(kind: string): Promise<readonly string[]>
  /** A key that all who share the counters have; undefined while there is none, and where nobody shares them. */
  key?(): Buffer | undefined
}

interface Count {
  readonly points: number
  /** In milliseconds of the clock. */
  readonly end: number
}

/** Counters in memory can stand in for others. */
interface CountersInMemory extends Counters {
  open(kind: string, seconds: number): RateLimiterCompatibleAbstract & Counter
}

/**
 * Counters in the memory of this process.
 *
 * @param now milliseconds that only go forward
 * @param asked is told of each question
 */
export function countersInMemory(now = () => performance.now(), asked = () => {}): CountersInMemory {
  const open = new Map<string, MemoryCounter>()
  return {
    open(kind, seconds) {
      const counter = new MemoryCounter(seconds, now, asked)
      open.set(kind, counter)
      return counter
    },
    keys: async (kind) => open.get(kind)!.keys(),
  }
}

/** The library has one in memory too: without a bound, and with a timer for each key. */
class MemoryCounter extends RateLimiterCompatibleAbstract implements Counter {
  readonly #counts = lastUsed<Count>(MOST)
  readonly #ms: number
  readonly #now: () => number
  readonly #asked: () => void
  /** The library sets both where this one stands in for a store. */
  override blockDuration = 0
  override execEvenly = false

  constructor(seconds: number, now: () => number, asked: () => void) {
    super()
    this.#asked = asked
    this.#ms = seconds * 1_000
    this.#now = now
  }

  keys(): string[] {
    const now = this.#now()
    return [...this.#counts.entries()].filter(([, { end }]) => end > now).map(([key]) => key)
  }

  isNone(key: string): boolean {
    return this.#read(key) === undefined
  }

  override async get(key: string): Promise<RateLimiterRes | null> {
    const count = this.#read(key)
    return count ? this.#told(count) : null
  }

  override async penalty(key: string, points = 1): Promise<RateLimiterRes> {
    const before = this.#read(key)
    return this.#set(key, (before?.points ?? 0) + points, before?.end ?? this.#now() + this.#ms)
  }

  override reward(key: string, points = 1): Promise<RateLimiterRes> {
    return this.penalty(key, -points)
  }

  override async set(key: string, points: number, seconds: number): Promise<RateLimiterRes> {
    return this.#set(key, points, this.#now() + seconds * 1_000)
  }

  override async block(key: string, seconds: number): Promise<RateLimiterRes> {
    return this.#set(key, 1, this.#now() + seconds * 1_000)
  }

  override async delete(key: string): Promise<boolean> {
    const there = this.#read(key) !== undefined
    this.#counts.delete(key)
    return there
  }

  #set(key: string, points: number, end: number): RateLimiterRes {
    const count = { points, end }
    this.#counts.set(key, count)
    return this.#told(count)
  }

  #told({ points, end }: Count): RateLimiterRes {
    return new RateLimiterRes(0, end - this.#now(), points)
  }

  #read(key: string): Count | undefined {
    this.#asked()
    if (this.#counts.size === 0) return undefined
    const count = this.#counts.get(key)
    return count && count.end > this.#now() ? count : undefined
  }
}
