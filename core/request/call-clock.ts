// The time of one call of a plugin: its timeout counts while it works, and stands still while it waits for a turn. The
// request's own time never stands still.

export class CallClock {
  readonly #timeout: number
  readonly #deadline: number
  readonly #over: (error: Error) => void
  /** Milliseconds of the timeout that are left, as of `#since`. */
  #left: number
  #since = 0
  #end = 0
  #message = ''
  #waits = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout milliseconds of work
   * @param deadline when the request's time is over, as `performance.now()` has it
   * @param over called once, when either has passed
   */
  constructor(timeout: number, deadline: number, over: (error: Error) => void) {
    this.#timeout = timeout
    this.#left = timeout
    this.#deadline = deadline
    this.#over = over
    this.#work()
  }

  /** It waits for a turn; it may wait for several at once. */
  pause(): void {
    this.#waits += 1
    if (this.#waits > 1 || !this.#timer) return
    this.#left -= performance.now() - this.#since
    this.#until(this.#deadline, 'its turn did not come in the time of the request')
  }

  resume(): void {
    this.#waits -= 1
    if (this.#waits === 0 && this.#timer) this.#work()
  }

  /** Why the time is over, also when the timer could not tell it yet; undefined while it is not. */
  late(): Error | undefined {
    return performance.now() > this.#end ? new Error(this.#message) : undefined
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #work(): void {
    this.#since = performance.now()
    const whole = Math.max(0, Math.min(this.#left, this.#deadline - this.#since))
    const told = this.#left <= whole ? this.#timeout : whole + this.#timeout - this.#left
    this.#until(this.#since + whole, `did not answer within ${Math.round(told) / 1_000} s`)
  }

  #until(end: number, message: string): void {
    clearTimeout(this.#timer)
    this.#end = end
    this.#message = message
    this.#timer = setTimeout(() => this.#over(new Error(message)), Math.max(0, end - performance.now()))
  }
}
