// Connections that are kept and used again, a bounded number of them.
import { Busy, type Place, type Release, untilAborted } from '../../core/plugin.ts'

/** What a pool needs to know of a connection. */
export interface Poolable {
  readonly lost: boolean
  close(): void
}

export interface PoolOptions<C> {
  /** Where calls wait for a connection. */
  readonly place: Place
  /** Connections that were idle for longer, in milliseconds, are not used again. */
  readonly maxIdle: number
  readonly now: () => number
  readonly open: (signal: AbortSignal) => Promise<C>
}

/** The signal aborted before it was this call's turn. */
export class NoTurn extends Error {}

export class Pool<C extends Poolable> {
  readonly #options: PoolOptions<C>
  /** The one that was used last stands last: it is taken first, so that the others grow old. */
  readonly #idle: { connection: C; since: number }[] = []
  #closed = false

  constructor(options: PoolOptions<C>) {
    this.#options = options
  }

  /**
   * Lends a connection for one piece of work. When a kept one turns out to be dead, the work is done again on another, so
   * it must be such that doing it twice does no harm.
   *
   * @param caller the signal of the call that waits
   * @param signal ends the waiting and the work; it may abort before the caller's
   * @throws what the work throws, or what opening a connection throws; NoTurn when the signal aborts in the queue; Busy
   */
  async use<T>(caller: AbortSignal, signal: AbortSignal, work: (connection: C) => Promise<T>): Promise<T> {
    const leave = await this.#turn(caller, signal)
    try {
      for (;;) {
        const kept = this.#take()
        const connection = kept ?? (await this.#options.open(signal))
        try {
          return await work(connection)
        } catch (error) {
          if (!kept?.lost || signal.aborted) throw error
        } finally {
          this.#giveBack(connection)
        }
      }
    } finally {
      leave()
    }
  }

  /** Closes the idle connections, and those in use when they come back. */
  close(): void {
    this.#closed = true
    for (const { connection } of this.#idle.splice(0)) connection.close()
  }

  #take(): C | undefined {
    const oldest = this.#options.now() - this.#options.maxIdle
    while (this.#idle.length > 0 && this.#idle[0]!.since < oldest) this.#idle.shift()!.connection.close()
    for (let held = this.#idle.pop(); held; held = this.#idle.pop()) {
      if (!held.connection.lost) return held.connection
      held.connection.close()
    }
    return undefined
  }

  #giveBack(connection: C): void {
    if (connection.lost || this.#closed) connection.close()
    else this.#idle.push({ connection, since: this.#options.now() })
  }

  async #turn(caller: AbortSignal, signal: AbortSignal): Promise<Release> {
    const taken = this.#options.place.take(caller)
    try {
      return await untilAborted(taken, signal)
    } catch (error) {
      // A turn that comes when nobody waits for it goes to the next.
      taken.then(
        (leave) => leave(),
        () => {},
      )
      throw error instanceof Busy ? error : new NoTurn()
    }
  }
}
