// Who holds connections, and which of them gives way.
import type { Connection } from './connection.ts'

/** The connections of one client network. */
export class Holder {
  /** Undefined for the proxies, which are none. */
  readonly network: string | undefined
  readonly all = new Set<Connection>()
  /** Those between two requests, the one that has been so for longest first. */
  readonly idle = new Set<Connection>()

  constructor(network?: string) {
    this.network = network
  }

  get oldestIdle(): Connection | undefined {
    for (const connection of this.idle) if (connection.turn === 'nobody') return connection
    return undefined
  }

  /**
   * An idle one, or the oldest whose client has to send something or to take its answer: nobody owes it anything.
   *
   * @param before when it has begun at the latest, in milliseconds
   */
  oldestWaiting(before: number): Connection | undefined {
    if (this.oldestIdle) return this.oldestIdle
    for (const connection of this.all) {
      if (connection.opened > before) return undefined
      if (connection.turn !== 'server') return connection
    }
    return undefined
  }
}

/** Those who hold any. */
export class Holders {
  readonly #of = new Map<string, Holder>()

  /** @returns a new one for a network that holds none yet, which `keep` takes */
  of(network: string): Holder {
    return this.#of.get(network) ?? new Holder(network)
  }

  keep(holder: Holder): void {
    if (holder.network !== undefined) this.#of.set(holder.network, holder)
  }

  /** Unless it holds others. */
  forget({ network, all }: Holder): void {
    if (network !== undefined && all.size === 0) this.#of.delete(network)
  }

  /**
   * Finds a connection of the largest that has one to give.
   *
   * @param pick which connection of a holder
   * @param own takes none of others that are not larger
   */
  ofLargest(pick: (holder: Holder) => Connection | undefined, own?: Holder): Connection | undefined {
    const least = own?.all.size ?? 0
    let most = 0
    let found: Connection | undefined
    for (const holder of this.#of.values()) {
      const { size } = holder.all
      if (size <= most || (size <= least && holder !== own)) continue
      const connection = pick(holder)
      if (!connection) continue
      found = connection
      most = size
    }
    return found
  }
}
