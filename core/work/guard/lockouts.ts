// Directories lock an account after so many wrong passwords, for everybody. What a network alone does must not come to that: so
// many of its tries as reach a backend and fail, one fewer than it takes, and then none until the directory has forgotten them.
import type { Counter, Counters } from './counters.ts'

/** When a backend locks an account. */
export interface Lockout {
  /** After so many wrong passwords, */
  readonly failures: number
  /** none of which is longer than this after the one before, in milliseconds. */
  readonly within: number
}

/** Counts what failed at a backend, the same password again too. */
export class Lockouts {
  readonly #counter: Counter
  readonly #lockout: Lockout

  constructor(counters: Counters, lockout: Lockout) {
    this.#counter = counters.open('lockouts', Math.ceil(lockout.within / 1_000))
    this.#lockout = lockout
  }

  /** How many tries there are left, and when there are all of them again. @param pair of account and network */
  async left(pair: string): Promise<{ count: number; ms: number }> {
    const found = await this.#counter.get(pair)
    const count = this.#lockout.failures - 1 - (found?.consumedPoints ?? 0)
    return { count: Math.max(0, count), ms: found?.msBeforeNext ?? 0 }
  }

  /** One has failed. */
  async add(pair: string): Promise<void> {
    const { consumedPoints } = await this.#counter.penalty(pair)
    // Its time begins anew, as the directory's does.
    await this.#counter.set(pair, consumedPoints, Math.ceil(this.#lockout.within / 1_000))
  }

  async reset(pair: string): Promise<void> {
    await this.#counter.delete(pair)
  }
}
