// A line in which whoever has cost least lately is next: the network and the account that is claimed, together. Among equals turns
// go round by networks, and inside a network by accounts. So it costs an attacker his own turns, whether he sends much from one
// address, many names from one, or one name from many.
import { Heap } from './heap.ts'
import { Spending } from './spending.ts'
import { HOUSE_NETWORK } from './waiter.ts'

/** So many lanes are looked at for a turn. As no line is longer than what can be served in time, others wait a 64th of that longer at most. */
const MOST_RENEWED = 64
/** So many empty lanes are no burden. */
const MOST_EMPTY = 64

/** What stands in the line. */
export interface Queued {
  readonly network: string
  readonly account: string
}

/** What one account of one network brought, oldest first. */
interface Lane<T> {
  readonly network: string
  readonly account: string
  readonly key: string
  readonly entries: { readonly entry: T; readonly arrival: number }[]
  /** What decides whose turn it is, the least first: cost, the network's last turn, the own last turn, when it came. */
  rank: readonly number[]
}

export class FairQueue<T extends Queued> {
  readonly #lanes = new Map<string, Lane<T>>()
  readonly #order = new Heap<Lane<T>>(({ rank: one }, { rank: other }) => isBefore(one, other))
  /** How many wait, by network and by account. */
  readonly #networks = new Map<string, number>()
  readonly #accounts = new Map<string, number>()
  readonly #spent = { networks: new Spending(), accounts: new Spending(), lanes: new Spending() }
  readonly #now: () => number
  #arrivals = 0
  #turns = 0
  #size = 0

  /** @param now the time in milliseconds, of a clock that is never set */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  get size(): number {
    return this.#size
  }

  /** Puts it at the end of its account's lane. */
  push(entry: T): void {
    const { network, account } = entry
    const key = keyOf(entry)
    this.#renew()
    this.#arrivals += 1
    const waits = { entry, arrival: this.#arrivals }
    const lane = this.#lanes.get(key)
    if (lane) lane.entries.push(waits)
    else {
      const made: Lane<T> = { network, account, key, entries: [waits], rank: [] }
      made.rank = this.#rankOf(made)
      this.#lanes.set(key, made)
      this.#order.push(made)
      this.#compact()
    }
    this.#count(entry, 1)
  }

  /** Whose turn it is; it stays in the line. */
  peek(): T | undefined {
    return this.#next()?.entries[0]?.entry
  }

  /** Takes out whose turn it is. */
  shift(): T | undefined {
    const entry = this.peek()
    if (entry) this.serve(entry)
    return entry
  }

  /** Takes out one that has its turn. */
  serve(entry: T): void {
    const lane = this.#lanes.get(keyOf(entry))!
    this.#turns += 1
    this.#spent.networks.take(lane.network, this.#turns)
    this.#spent.lanes.take(lane.key, this.#turns)
    this.remove(entry)
  }

  /** Takes out one that does not wait any more. Does nothing when it is not in the line. */
  remove(entry: T): void {
    const key = keyOf(entry)
    const lane = this.#lanes.get(key)
    const place = lane?.entries.findLastIndex((held) => held.entry === entry) ?? -1
    if (!lane || place < 0) return
    lane.entries.splice(place, 1)
    if (lane.entries.length === 0) this.#lanes.delete(key)
    this.#count(entry, -1)
  }

  /** Counts against somebody what his work costs, or gives it back. */
  spend({ network, account }: Queued, units: number): void {
    const now = this.#now()
    // Also where nobody ever waits.
    this.#renew()
    this.#spent.networks.spend(network, units, now)
    this.#spent.accounts.spend(account, units, now)
  }

  /** The youngest of whichever client has most waiting, of network and account together. Of equals, of who has cost most lately. */
  last(): T | undefined {
    let found: Lane<T> | undefined
    let [most, dearest] = [0, 0]
    for (const lane of this.#lanes.values()) {
      // The server's own work has no end of its time, and is not what fills a line.
      if (lane.network === HOUSE_NETWORK) continue
      const waiting = this.#networks.get(lane.network)! + this.#accounts.get(lane.account)!
      if (waiting < most) continue
      const cost = this.#costOf(lane)
      const heavier =
        waiting > most || cost > dearest || (cost === dearest && youngest(lane) > youngest(found!))
      if (found && !heavier) continue
      found = lane
      most = waiting
      dearest = cost
    }
    return found?.entries.at(-1)?.entry
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { entries } of this.#lanes.values()) for (const { entry } of entries) yield entry
  }

  /** The first lane. What it was put in for may have risen since: then it goes where it belongs now. */
  #next(): Lane<T> | undefined {
    let renewed = 0
    for (let lane = this.#order.first; lane; lane = this.#order.first) {
      const rank = lane.entries.length > 0 ? this.#rankOf(lane) : undefined
      if (rank && (renewed === MOST_RENEWED || !isBefore(lane.rank, rank))) return lane
      this.#order.shift()
      if (!rank) continue
      renewed += 1
      lane.rank = rank
      this.#order.push(lane)
    }
    return undefined
  }

  /** Only while nobody waits: who does has a rank by the old figures. */
  #renew(): void {
    if (this.#size > 0) return
    for (const spending of Object.values(this.#spent)) spending.renew(this.#now())
  }

  /** Lanes that became empty stay in the order until it is their turn: not too many of them. */
  #compact(): void {
    if (this.#order.size > 2 * this.#lanes.size + MOST_EMPTY) this.#order.replace(this.#lanes.values())
  }

  #rankOf(lane: Lane<T>): readonly number[] {
    const { networks, lanes } = this.#spent
    return [
      this.#costOf(lane),
      networks.turnOf(lane.network),
      lanes.turnOf(lane.key),
      lane.entries[0]!.arrival,
    ]
  }

  #costOf({ network, account }: Lane<T>): number {
    return this.#spent.networks.of(network) + this.#spent.accounts.of(account)
  }

  #count({ network, account }: Queued, more: 1 | -1): void {
    this.#size += more
    if (network === HOUSE_NETWORK) return
    for (const [counts, who] of [
      [this.#networks, network],
      [this.#accounts, account],
    ] as const) {
      const left = (counts.get(who) ?? 0) + more
      if (left > 0) counts.set(who, left)
      else counts.delete(who)
    }
  }
}

function keyOf({ network, account }: Queued): string {
  return JSON.stringify([network, account])
}

function youngest<T>({ entries }: Lane<T>): number {
  return entries.at(-1)!.arrival
}

function isBefore(one: readonly number[], other: readonly number[]): boolean {
  const place = one.findIndex((value, at) => value !== other[at])
  return place >= 0 && one[place]! < other[place]!
}
