// A heap: the least of many at once, without looking at all of them.

export class Heap<T> {
  readonly #held: T[] = []
  readonly #isBefore: (one: T, other: T) => boolean

  /** @param isBefore a strict order */
  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#held.length
  }

  get first(): T | undefined {
    return this.#held[0]
  }

  push(value: T): void {
    const held = this.#held
    let place = held.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isBefore(value, held[parent]!)) break
      held[place] = held[parent]!
      place = parent
    }
    held[place] = value
  }

  /** Holds these from now on. */
  replace(values: Iterable<T>): void {
    this.#held.length = 0
    for (const value of values) this.push(value)
  }

  /** Takes out the first. */
  shift(): T | undefined {
    const held = this.#held
    const first = held[0]
    const last = held.pop()
    if (held.length === 0 || last === undefined) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= held.length) break
      if (child + 1 < held.length && this.#isBefore(held[child + 1]!, held[child]!)) child += 1
      if (!this.#isBefore(held[child]!, last)) break
      held[place] = held[child]!
      place = child
    }
    held[place] = last
    return first
  }
}
