// Where rules are put to be found: a shelf for each way, on which they stand by their keys.
import type { Option } from './rule-ways.ts'
import { type Asked, type KeysOf, keysFor, nameOfWay, type Way } from './ways.ts'

interface Shelf {
  readonly way: Way
  readonly keysOf: KeysOf
  /** Places in the list of rules, ascending, by key. */
  readonly rules: Map<string, number[]>
}

/** Rules by their keys. */
export class Shelves {
  readonly #shelves = new Map<string, Shelf>()

  /** @param place in the list of rules; the last one */
  put(option: Option, place: number): void {
    for (const { way, keys } of option) {
      const name = nameOfWay(way)
      let shelf = this.#shelves.get(name)
      if (!shelf) {
        shelf = { way, keysOf: keysFor(way), rules: new Map() }
        this.#shelves.set(name, shelf)
      }
      for (const key of keys) {
        const places = shelf.rules.get(key)
        if (places) places.push(place)
        else shelf.rules.set(key, [place])
      }
    }
  }

  /** How many rules stand under the fullest of the keys. */
  most(option: Option): number {
    let most = 0
    for (const { way, keys } of option) {
      const rules = this.#shelves.get(nameOfWay(way))?.rules
      for (const key of keys) most = Math.max(most, rules?.get(key)?.length ?? 0)
    }
    return most
  }

  /** Takes away the shelves that are not worth a look. @returns the places of their rules */
  clear(isWorthless: (way: Way, keys: number) => boolean): number[] {
    const places: number[] = []
    for (const [name, { way, rules }] of this.#shelves) {
      if (!isWorthless(way, rules.size)) continue
      for (const some of rules.values()) places.push(...some)
      this.#shelves.delete(name)
    }
    return places
  }

  /** Calls with each list of places under the keys of a request. @returns how many keys were looked up */
  under(asked: Asked, take: (places: readonly number[]) => void): number {
    let lookedUp = 0
    for (const { keysOf, rules } of this.#shelves.values()) {
      const keys = keysOf(asked)
      lookedUp += keys.length
      for (const key of keys) {
        const places = rules.get(key)
        if (places) take(places)
      }
    }
    return lookedUp
  }
}
