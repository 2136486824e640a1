// The time of one call of a plugin: its timeout counts while it works, and stands still while it waits for a turn. The
// request's own time never stands still.
import { afterTurn } from '../work/after-turn.ts'

/** A request, whose time may be extended. */
interface WithDeadline {
  /** When it is over, as `performance.now()` has it. */
  readonly deadline: number
}

/** The time of a call is over. It has the name that Node gives it, so that a plugin can tell it from a client that went. */
class TimeIsOver extends Error {
  override readonly name = 'TimeoutError'
}

export class CallClock {
  readonly #timeout: number
  readonly #request: WithDeadline
  #over: ((error: Error) => void) | undefined
  /** Milliseconds of the timeout that are left, as of `#since`. */
  #left: number
  #since: number
  #waits = 0
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout milliseconds of work
   * @param request which the call belongs to
   */
  constructor(timeout: number, request: WithDeadline) {
    this.#timeout = timeout
    this.#left = timeout
    this.#since = performance.now()
    this.#request = request
  }

  /** From now on it tells. @param over called once, when either has passed */
  start(over: (error: Error) => void): void {
    this.#over = over
    // Most calls end within the turn of the event loop in which they begin.
    afterTurn(() => this.#arm())
  }

  /** It waits for a turn; it may wait for several at once. */
  pause(): void {
    if (this.#waits === 0) this.#left -= performance.now() - this.#since
    this.#waits += 1
    this.#arm()
  }

  resume(): void {
    this.#waits -= 1
    if (this.#waits === 0) this.#since = performance.now()
    this.#arm()
  }

  /** Why the time is over, also when the timer could not tell it yet; undefined while it is not. */
  late(): Error | undefined {
    const now = performance.now()
    if (now < this.#end()) return undefined
    if (this.#waits > 0) return new TimeIsOver('its turn did not come in the time of the request')
    const worked = Math.min(this.#timeout, this.#timeout - this.#left + now - this.#since)
    return new TimeIsOver(`did not answer within ${Math.round(worked) / 1_000} s`)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #end(): number {
    return this.#waits > 0
      ? this.#request.deadline
      : Math.min(this.#since + this.#left, this.#request.deadline)
  }

  #arm(): void {
    if (this.#stopped || !this.#over) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), Math.max(0, this.#end() - performance.now()))
  }

  /** The request may have been given more time meanwhile. */
  #look(): void {
    const late = this.late()
    if (late) this.#over?.(late)
    else this.#arm()
  }
}

/** How long a plugin whose time is over may take to say what it waited for, in milliseconds. */
const LAST_WORDS_MS = 200

/**
 * The error of a call whose time is over, with the plugin's own words: which server, which program.
 *
 * @param answer what the plugin was asked for; whatever it answers now is too late
 */
export function untilToldWhy(answer: Promise<unknown>, late: Error): Promise<Error> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(late), LAST_WORDS_MS)
    const tell = (error: Error) => {
      clearTimeout(timer)
      resolve(error)
    }
    answer.then(
      () => tell(late),
      (error: unknown) => tell(isAbort(error, late) ? late : withWords(late, error)),
    )
  })
}

/** Whether an error says no more than that it was told to end. */
function isAbort(error: unknown, late: Error): boolean {
  if (!(error instanceof Error) || error === late) return true
  return error.name === 'AbortError' || error.name === 'TimeoutError' || error.message === ''
}

function withWords({ message }: Error, error: unknown): Error {
  const late = new TimeIsOver(`${message}: ${(error as Error).message}`)
  late.cause = error
  return late
}
