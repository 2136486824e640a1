// Who waits for a piece of work. Plugins hand on nothing but their call's signal; the host knows whose it is.

/** The call of a plugin that waits, as a queue sees it. */
export interface Waiter {
  /** The client's network: turns go round by networks first. */
  readonly network: string
  /** The account that is claimed: inside a network, turns go round by accounts. */
  readonly account: string
  /** When the request's time is over, in milliseconds of `performance.now()`. */
  readonly deadline: number
  /** Its turn is still to come: the plugin's own time stands still. */
  pause(): void
  /** Its turn has come. */
  resume(): void
}

/** The network of work that no client asked for. */
export const HOUSE_NETWORK = ''

/** Work that no client asked for: looks at readiness, files that are read again. It has its own turn in the round. */
const HOUSE: Waiter = {
  network: HOUSE_NETWORK,
  account: '',
  deadline: Number.POSITIVE_INFINITY,
  pause() {},
  resume() {},
}

/**
 * A private field on a signal: nobody else can read it, and it goes with the signal. A WeakMap would do the same, but keeps what it holds
 * until the next full collection, here each request with all that belongs to it.
 */
class Named extends (class {
  constructor(signal: AbortSignal) {
    // biome-ignore lint/correctness/noConstructorReturn: the field is to be the signal's.
    return signal
  }
} as new (
  signal: AbortSignal,
) => object) {
  readonly #waiter: Waiter

  constructor(signal: AbortSignal, waiter: Waiter) {
    super(signal)
    this.#waiter = waiter
  }

  static waiterOf(signal: AbortSignal): Waiter | undefined {
    return #waiter in signal ? (signal as unknown as Named).#waiter : undefined
  }
}

/** Says who waits when this signal is handed to a queue. */
export function nameWaiter(signal: AbortSignal, waiter: Waiter): void {
  new Named(signal, waiter)
}

/**
 * Whose signal it is; the house's own for one that belongs to no call.
 *
 * @throws TypeError when there is none: a plugin in JavaScript may have left it out
 */
export function waiterOf(signal: AbortSignal): Waiter {
  if (!(signal instanceof AbortSignal))
    throw new TypeError("there is no signal, which says who waits; hand on the call's own request.signal")
  return Named.waiterOf(signal) ?? HOUSE
}
