// Groups that take turns, and which of them is the largest: both known at once, however many there are.
import { Chain, type Link } from './chain.ts'

/** One that takes turns: a network, or an account in it. */
export class Group {
  readonly key: string
  /** How much waits in it. Changed by its round alone. */
  size = 0
  /** Its links in its round, while something waits in it. */
  turn: Link<this> | undefined
  rank: Link<this> | undefined

  constructor(key: string) {
    this.key = key
  }
}

/** Groups in the order of their turns. An empty one is not among them. */
export class Round<G extends Group> {
  readonly #groups = new Map<string, G>()
  readonly #turns = new Chain<G>()
  /** By size, each in the order in which they came to it. */
  readonly #ranks = new Map<number, Chain<G>>()
  readonly #unranked: string | undefined
  #most = 0

  /** @param unranked the key of a group that is never the largest */
  constructor(unranked?: string) {
    this.#unranked = unranked
  }

  get(key: string): G | undefined {
    return this.#groups.get(key)
  }

  /** Whose turn it is. */
  get next(): G | undefined {
    return this.#turns.first
  }

  /** Who has most. Of equals, the last that came to this size. */
  get largest(): G | undefined {
    return this.#ranks.get(this.#most)?.last
  }

  /** Something came into a group; a new one has its turn after all others. */
  grown(group: G): void {
    if (group.size === 0) {
      this.#groups.set(group.key, group)
      group.turn = this.#turns.push(group)
    }
    this.#resize(group, group.size + 1)
  }

  /** Something left a group; it goes when that was all. */
  shrunk(group: G): void {
    this.#resize(group, group.size - 1)
    if (group.size > 0) return
    this.#groups.delete(group.key)
    this.#turns.remove(group.turn!)
  }

  /** It had its turn. */
  toEnd(group: G): void {
    this.#turns.remove(group.turn!)
    group.turn = this.#turns.push(group)
  }

  *[Symbol.iterator](): Generator<G> {
    yield* this.#turns
  }

  #resize(group: G, size: number): void {
    const { size: before } = group
    group.size = size
    if (group.key === this.#unranked) return
    if (before > 0) {
      const equals = this.#ranks.get(before)!
      equals.remove(group.rank!)
      if (!equals.first) this.#ranks.delete(before)
    }
    if (size > 0) {
      const equals = this.#ranks.get(size) ?? new Chain<G>()
      this.#ranks.set(size, equals)
      group.rank = equals.push(group)
    }
    if (size > this.#most) this.#most = size
    while (this.#most > 0 && !this.#ranks.has(this.#most)) this.#most -= 1
  }
}
