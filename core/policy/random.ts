// Chance that can be had again: the same seed gives the same requests.

/** A source of chance. */
export class Random {
  #state: number

  /** @param seed a whole number */
  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** @returns a whole number from 0 on and below `end` (mulberry32) */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** @param list must not be empty */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** @param of true once in so many times */
  oneIn(of: number): boolean {
    return this.below(of) === 0
  }
}
