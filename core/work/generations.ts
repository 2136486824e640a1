// What is kept for a short time and soon replaced, in two generations: when the younger one is full, or old enough, it takes the place of the
// older one, which goes as a whole. A Map from which what came first is deleted one by one leaves tables behind that keep all of it
// until the next full collection, and its beginning is searched through what was deleted.
import { textHash } from './text-hash.ts'

/** How much is kept, and for how long at the least where there is room. */
export interface GenerationLimits {
  /** Of whatever `put` counts. */
  readonly most: number
  /** Milliseconds. */
  readonly longest: number
}

interface Kept<V> {
  readonly name: string
  readonly value: V
}

/** Values by names. Of two names with the same hash the first is forgotten when the second comes. */
export class Generations<V> {
  readonly #limits: GenerationLimits
  #younger = new Map<number, Kept<V>>()
  #older = new Map<number, Kept<V>>()
  #size = 0
  #began = Number.NEGATIVE_INFINITY

  constructor(limits: GenerationLimits) {
    this.#limits = limits
  }

  get(name: string): V | undefined {
    const hash = textHash(name)
    const kept = this.#younger.get(hash) ?? this.#older.get(hash)
    return kept?.name === name ? kept.value : undefined
  }

  /** @param size of the value, as `most` is counted @param now milliseconds, which may be set back */
  put(name: string, value: V, size: number, now: number): void {
    const { most, longest } = this.#limits
    if (2 * (this.#size + size) > most || Math.abs(now - this.#began) >= longest) {
      this.#older = this.#younger
      this.#younger = new Map()
      this.#size = 0
      this.#began = now
    }
    this.#younger.set(textHash(name), { name, value })
    this.#size += size
  }

  /** Forgets a value, unless another one has its name by now. */
  drop(name: string, value: V): void {
    const hash = textHash(name)
    for (const generation of [this.#younger, this.#older])
      if (generation.get(hash)?.value === value) generation.delete(hash)
  }

  clear(): void {
    this.#younger = new Map()
    this.#older = new Map()
    this.#size = 0
  }
}
