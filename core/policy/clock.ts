// A clock that stands where a request wants it to.
import type { Clock } from '../plugin.ts'

/** The machine's time, or the one that was set. */
export class PolicyClock implements Clock {
  /** Milliseconds since the epoch; undefined: the machine's. */
  at: number | undefined

  readonly now = (): number => this.at ?? Date.now()
}
