// Calls of one plugin instance: what it answered, and how long that took.
import { Times, type TimesSample } from './times.ts'

/** What an instance is asked for. */
export type Call = 'authenticate' | 'refresh' | 'session' | 'label' | 'authorize' | 'sign_in' | 'route'

/** How that ended. */
export type CallOutcome =
  | 'accept'
  | 'reject'
  | 'pass'
  | 'grant'
  | 'deny'
  | 'answered'
  /** The client has gone, or another answer has made this one needless. */
  | 'cancelled'
  /** Its line was too long. */
  | 'busy'
  | 'timeout'
  | 'unavailable'

/** Counts the calls of an instance. */
export class CallMetrics {
  readonly #times = new Map<Call, Map<CallOutcome, Times>>()

  /** @param ms milliseconds */
  count(call: Call, outcome: CallOutcome, ms: number): void {
    const times = this.#times.get(call)?.get(outcome) ?? this.#begin(call, outcome)
    times.add(ms)
  }

  /** What there was, with the labels `call` and `outcome`. */
  read(): TimesSample[] {
    return [...this.#times].flatMap(([call, outcomes]) =>
      [...outcomes].map(([outcome, times]): TimesSample => [{ call, outcome }, times]),
    )
  }

  #begin(call: Call, outcome: CallOutcome): Times {
    const times = new Times()
    const outcomes = this.#times.get(call) ?? new Map<CallOutcome, Times>()
    this.#times.set(call, outcomes.set(outcome, times))
    return times
  }
}
