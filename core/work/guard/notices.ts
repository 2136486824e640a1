// What the guard warns of, at most once a minute for each kind: who guesses must not fill the log.
import type { Log } from '../../plugin.ts'

const PAUSE_MS = 60_000

/** Writes warnings with pauses. */
export class Notices {
  readonly #log: Log
  readonly #now: () => number
  readonly #last = new Map<string, { at: number; others: number }>()

  /** @param now milliseconds that only go forward */
  constructor(log: Log, now: () => number) {
    this.#log = log
    this.#now = now
  }

  /** @param kind one of a few */
  say(kind: string, facts: object, message: string): void {
    const last = this.#last.get(kind)
    if (last && this.#now() - last.at < PAUSE_MS) {
      last.others += 1
      return
    }
    const others = last?.others ?? 0
    this.#last.set(kind, { at: this.#now(), others: 0 })
    this.#log.warn({ ...facts, ...(others > 0 && { others_before: others }) }, message)
  }
}
