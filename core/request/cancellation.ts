// The end of work that nobody waits for any more.

/** Ends work, once. Its signal is made when it is first asked for: most work never does, and it is not free. */
export class Cancellation {
  #controller: AbortController | undefined
  #reason: Error | undefined

  /** Why it has ended; undefined while it goes on. */
  get reason(): Error | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
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
