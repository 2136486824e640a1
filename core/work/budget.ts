// What one request, or one piece of work in the background, may cost the event loop.
import type { InjectionToken } from 'tsyringe'
import { TooMuchWork, type Work } from '../contract/steps.ts'
import type { Turns } from './turns.ts'

/** Makes the budget of one request; in the process container. */
export const REQUEST_BUDGET: InjectionToken<() => Budget> = Symbol('request budget')

/** So many steps are counted between two looks at the clock. */
const STEPS_BETWEEN_LOOKS = 200

/** Steps that count down, and turns that they are done in. */
export class Budget {
  readonly #turns: Turns
  readonly #most: number
  #left: number
  #sinceLook = 0

  /** @param most steps; without it, as many as it takes */
  constructor(turns: Turns, most = Number.POSITIVE_INFINITY) {
    this.#turns = turns
    this.#most = most
    this.#left = most
  }

  /**
   * The work of one caller within this budget.
   *
   * @param ended throws once nobody waits for it any more
   */
  work(ended: () => void = () => {}): Work {
    return Object.freeze<Work>({
      spend: (steps) => this.#spend(steps),
      giveWay: async () => {
        await this.#turns.next()
        ended()
      },
    })
  }

  #spend(steps: number): boolean {
    this.#left -= steps
    if (this.#left < 0) {
      throw new TooMuchWork(
        `the request takes more than ${this.#most} steps; ask for fewer scopes at once, use fewer rules, labels or values, or raise server.limits.rule_steps`,
      )
    }
    this.#sinceLook += steps
    if (this.#sinceLook < STEPS_BETWEEN_LOOKS) return false
    this.#sinceLook = 0
    return this.#turns.due()
  }
}
