// What is under way at the moment, by names. In a Map, which lets go of its tables as it is written again and again, those would keep what
// they held until the next full collection: whoever was waiting, with all that hangs on them.
import { textHash } from './text-hash.ts'

const PLACES = 1024

interface Entry<V> {
  readonly name: string
  value: V
  next: Entry<V> | undefined
}

/** Values by names: for those that come and go, thousands of times a second. */
export class UnderWay<V> {
  readonly #places = new Array<Entry<V> | undefined>(PLACES).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @param hash of the name: who has it already saves its making */
  get(name: string, hash = textHash(name)): V | undefined {
    let entry = this.#places[placeOf(hash)]
    while (entry && entry.name !== name) entry = entry.next
    return entry?.value
  }

  set(name: string, value: V, hash = textHash(name)): void {
    const place = placeOf(hash)
    const first = this.#places[place]
    let entry = first
    while (entry && entry.name !== name) entry = entry.next
    if (entry) {
      entry.value = value
      return
    }
    this.#places[place] = { name, value, next: first }
    this.#size += 1
  }

  /** Lets go of a value, unless another one has its name by now. */
  delete(name: string, value: V, hash = textHash(name)): void {
    const place = placeOf(hash)
    let before: Entry<V> | undefined
    let entry = this.#places[place]
    while (entry && entry.name !== name) {
      before = entry
      entry = entry.next
    }
    if (!entry || entry.value !== value) return
    this.#size -= 1
    if (before) before.next = entry.next
    else this.#places[place] = entry.next
  }

  clear(): void {
    this.#places.fill(undefined)
    this.#size = 0
  }
}

function placeOf(hash: number): number {
  return hash & (PLACES - 1)
}
