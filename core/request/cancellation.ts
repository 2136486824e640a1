// The end of work that nobody waits for any more.
import { nameWaiter, type Waiter } from '../work/waiter.ts'

/** Ends work, once. Its signal is made when it is first asked for: most work never does, and it is not free. */
export class Cancellation {
  #controller: AbortController | undefined
  #reason: Error | undefined
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

  /** The first reason counts. */
  cancel(reason: Error): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}
