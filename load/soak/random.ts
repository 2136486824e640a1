// Chance that can be repeated: the same seed gives the same numbers.

/** A source of chance. */
export interface Random {
  /** A whole number from 0 to below this. */
  below(most: number): number
  /** One of these. */
  of<T>(choices: readonly T[]): T
}

/** Mulberry32. @param seed a whole number */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number) => Math.floor(next() * most)
  return { below, of: (choices) => choices[below(choices.length)]! }
}
