// The end of work that nobody waits for any more.
import { nameWaiter, type Waiter } from './waiter.ts'

/** Whoever may stop waiting, as those see it who work for him. */
export interface Leaving {
  /** Why nobody waits any more; undefined while somebody does. */
  readonly reason: Error | undefined
  /** Aborts then: for lines and backends. */
  readonly signal: AbortSignal
  /**
   * Calls when nobody waits any more, at once when that is so already.
   *
   * @returns ends that
   */
  whenCancelled(call: (reason: Error) => void): () => void
}

const NOTHING = () => {}

/** Ends work, once. Its signal is made when it is first asked for: most work never does, and it is not free. */
export class Cancellation implements Leaving {
  #controller: AbortController | undefined
  #reason: Error | undefined
  #told: ((reason: Error) => void)[] | undefined
  readonly #waiter: (() => Waiter) | undefined

  /** @param waiter who waits when the signal is handed to a line; without it, the server itself */
  constructor(waiter?: () => Waiter) {
    this.#waiter = waiter
  }

  /** Why it has ended; undefined while it goes on. */
  get reason(): Error | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#waiter) nameWaiter(this.#controller.signal, this.#waiter())
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  whenCancelled(call: (reason: Error) => void): () => void {
    if (this.#reason) {
      call(this.#reason)
      return NOTHING
    }
    this.#told ??= []
    const told = this.#told
    told.push(call)
    return () => {
      const at = told.indexOf(call)
      if (at >= 0) told.splice(at, 1)
    }
  }

  /** The first reason counts. */
  cancel(reason: Error): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const call of this.#told?.splice(0) ?? []) call(reason)
  }
}
