// What is kept for a short time and soon replaced, in two generations: when the younger one is full, it takes the place of the older one,
// which goes as a whole. A Map from which what came first is deleted one by one leaves tables behind that keep all of it until the
// next full collection, and its beginning is searched through what was deleted.
import { textHash } from './text-hash.ts'

interface Kept<V> {
  readonly name: string
  readonly value: V
}

/** Values by names. Of two names with the same hash the first is forgotten when the second comes. */
export class Generations<V> {
  readonly #most: number
  #younger = new Map<number, Kept<V>>()
  #older = new Map<number, Kept<V>>()

  /** @param most values; at least half of them are kept */
  constructor(most: number) {
    this.#most = most
  }

  get(name: string): V | undefined {
    const hash = textHash(name)
    const kept = this.#younger.get(hash) ?? this.#older.get(hash)
    return kept?.name === name ? kept.value : undefined
  }

  put(name: string, value: V): void {
    if (2 * (this.#younger.size + 1) > this.#most) {
      this.#older = this.#younger
      this.#younger = new Map()
    }
    this.#younger.set(textHash(name), { name, value })
  }
}
