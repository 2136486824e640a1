// An event loop and a clock in the test's hand: a look at the clock takes a millisecond, and turns are counted.
import type { Loop } from '../../core/work/turns.ts'

export class HandLoop implements Loop {
  time = 0
  /** How many turns there were. */
  turns = 0
  readonly #calls: (() => void)[] = []

  now(): number {
    this.time += 1
    return this.time
  }

  afterwards(call: () => void): void {
    this.#calls.push(call)
  }

  /** One turn: what was asked for before it. */
  async turn(): Promise<void> {
    this.turns += 1
    for (const call of this.#calls.splice(0)) call()
    // What goes on behind a promise does so before the next turn.
    await new Promise(setImmediate)
  }

  /** Turns until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await new Promise(setImmediate)
    while (!settled) await this.turn()
    return promise
  }
}
