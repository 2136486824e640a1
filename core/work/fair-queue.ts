// A line in which turns go round: by networks, and inside a network by accounts. Whoever brings much waits for himself.
// Every step costs the same, however many wait, and from however many networks.
import { Chain, type Link } from './chain.ts'
import { Group, Round } from './round.ts'

/** What stands in the line. */
export interface Queued {
  readonly network: string
  readonly account: string
}

/** What an account brought, oldest first. */
class Account<T> extends Group {
  readonly entries = new Chain<T>()
}

class Network<T> extends Group {
  readonly accounts = new Round<Account<T>>()
}

export class FairQueue<T extends Queued> {
  readonly #networks: Round<Network<T>>
  readonly #links = new Map<T, Link<T>>()

  /** @param house a network that never counts as the one with most waiting */
  constructor(house?: string) {
    this.#networks = new Round(house)
  }

  get size(): number {
    return this.#links.size
  }

  /** Puts it at the end of its account's line; a network or account that was not here comes last in the round. */
  push(entry: T): void {
    const network = this.#networks.get(entry.network) ?? new Network<T>(entry.network)
    const account = network.accounts.get(entry.account) ?? new Account<T>(entry.account)
    this.#links.set(entry, account.entries.push(entry))
    network.accounts.grown(account)
    this.#networks.grown(network)
  }

  /** Whose turn it is; it stays in the line. */
  peek(): T | undefined {
    return this.#networks.next?.accounts.next?.entries.first
  }

  /** Takes out whose turn it is. Its network and its account go to the end of the round. */
  shift(): T | undefined {
    const entry = this.peek()
    if (!entry) return undefined
    const network = this.#networks.next!
    const account = network.accounts.next!
    this.remove(entry)
    if (account.size > 0) network.accounts.toEnd(account)
    if (network.size > 0) this.#networks.toEnd(network)
    return entry
  }

  /** Takes out one that does not wait any more. Does nothing when it is not in the line. */
  remove(entry: T): void {
    const link = this.#links.get(entry)
    if (!link) return
    this.#links.delete(entry)
    const network = this.#networks.get(entry.network)!
    const account = network.accounts.get(entry.account)!
    account.entries.remove(link)
    network.accounts.shrunk(account)
    this.#networks.shrunk(network)
  }

  /** The youngest of whoever has most waiting: the network, and in it the account. Of equals, the last to have that much. */
  last(): T | undefined {
    return this.#networks.largest?.accounts.largest?.entries.last
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { accounts } of this.#networks) for (const { entries } of accounts) yield* entries
  }
}
