// A bound on the work that the labels in one pattern may cause in one request.

/** Thrown when a rule can't be judged with the work it may cause. That is not a "no": the request must fail. */
export class TooMuchWork extends Error {
  constructor(
    why = 'there are too many combinations of label values to try; use fewer labels or fewer values in the pattern',
  ) {
    super(why)
    this.name = 'TooMuchWork'
  }
}

/** Some tens of milliseconds. */
const STEPS = 2_000_000

/** What it costs to try one combination of values by itself: some tens of microseconds. */
export const STEPS_PER_TRY = 500

/** Counts steps down to zero. */
export class Budget {
  #left = STEPS

  /** @throws TooMuchWork when the budget is used up */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new TooMuchWork()
  }
}
