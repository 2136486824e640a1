// What has become of the reloads so far: for metrics, and for whoever asks.
import type { InjectionToken } from 'tsyringe'
import type { Clock } from '../plugin.ts'

/** In the process container. */
export const RELOADS: InjectionToken<ReloadStatus> = Symbol('reloads')

/** `reloaded`: the configuration that was read is in force. `refused`: it is wrong, and nothing has changed. */
export type ReloadOutcome = 'reloaded' | 'refused'

/** Counts reloads. */
export class ReloadStatus {
  readonly #clock: Clock
  readonly #counts: Record<ReloadOutcome, number> = { reloaded: 0, refused: 0 }
  #last: ReloadOutcome | undefined
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  note(outcome: ReloadOutcome): void {
    this.#counts[outcome] += 1
    this.#last = outcome
    if (outcome === 'reloaded') this.#since = this.#clock.now()
  }

  /** How many there were of each outcome. */
  get counts(): Readonly<Record<ReloadOutcome, number>> {
    return this.#counts
  }

  /** What became of the last one; undefined when there was none. */
  get last(): ReloadOutcome | undefined {
    return this.#last
  }

  /** Since when the configuration is in force, in milliseconds since the epoch: the start, or the last one that was not refused. */
  get since(): number {
    return this.#since
  }
}
