// A line in which turns go round: by networks, and inside a network by accounts. Whoever brings much waits for himself.

/** What stands in the line. */
export interface Queued {
  readonly network: string
  readonly account: string
}

/** One network's part of the line: its accounts, in the order of their turns, each with what it brought, oldest first. */
interface Network<T> {
  readonly accounts: Map<string, T[]>
  size: number
}

export class FairQueue<T extends Queued> {
  /** In the order of their turns: a Map keeps the order in which keys were set. */
  readonly #networks = new Map<string, Network<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Puts it at the end of its account's line; a network or account that was not here comes last in the round. */
  push(entry: T): void {
    const network = this.#networks.get(entry.network) ?? { accounts: new Map<string, T[]>(), size: 0 }
    this.#networks.set(entry.network, network)
    const line = network.accounts.get(entry.account)
    if (line) line.push(entry)
    else network.accounts.set(entry.account, [entry])
    network.size += 1
    this.#size += 1
  }

  /** Whose turn it is; it stays in the line. */
  peek(): T | undefined {
    const [network] = this.#networks.values()
    const [line] = network?.accounts.values() ?? []
    return line?.[0]
  }

  /** Takes out whose turn it is. Its network and its account go to the end of the round. */
  shift(): T | undefined {
    const entry = this.peek()
    if (!entry) return undefined
    const { accounts } = this.#networks.get(entry.network)!
    const line = accounts.get(entry.account)!
    this.remove(entry)
    if (line.length > 0) toEnd(accounts, entry.account)
    if (accounts.size > 0) toEnd(this.#networks, entry.network)
    return entry
  }

  /** Takes out one that does not wait any more. Does nothing when it is not in the line. */
  remove(entry: T): void {
    const network = this.#networks.get(entry.network)
    const line = network?.accounts.get(entry.account)
    const place = line?.lastIndexOf(entry) ?? -1
    if (!network || !line || place < 0) return
    line.splice(place, 1)
    if (line.length === 0) network.accounts.delete(entry.account)
    network.size -= 1
    if (network.size === 0) this.#networks.delete(entry.network)
    this.#size -= 1
  }

  /** The youngest of whoever has most waiting: the network, and in it the account. Of equals, the last to come. */
  last(): T | undefined {
    const network = most(this.#networks.values(), ({ size }) => size)
    const line = network && most(network.accounts.values(), ({ length }) => length)
    return line?.at(-1)
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { accounts } of this.#networks.values()) for (const line of accounts.values()) yield* line
  }
}

function toEnd<K, V>(map: Map<K, V>, key: K): void {
  const value = map.get(key)!
  map.delete(key)
  map.set(key, value)
}

function most<V>(values: Iterable<V>, sizeOf: (value: V) => number): V | undefined {
  let found: V | undefined
  for (const value of values) if (!found || sizeOf(value) >= sizeOf(found)) found = value
  return found
}
