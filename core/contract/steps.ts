// Long computations in parts: each says what it costs before it is done, so that whoever runs them can count, give way to
// others between two parts, and stop.
import type { MaybePromise } from './maybe-promise.ts'

/**
 * A computation in parts. Before each part it yields what the part costs, in steps: about a microsecond each.
 *
 * @example
 * function* sum(numbers: readonly number[]): Steps<number> {
 *   let all = 0
 *   for (const one of numbers) {
 *     yield 1
 *     all += one
 *   }
 *   return all
 * }
 */
export type Steps<T> = Generator<number, T, void>

/** What steps are counted with. */
export interface Work {
  /**
   * Counts steps that are about to be done.
   *
   * @returns whether it is time to give way
   * @throws TooMuchWork when there are not so many left
   */
  spend(steps: number): boolean
  /**
   * Resolves once others have had their turn.
   *
   * @throws whatever ended the work, when nobody waits for it any more
   */
  giveWay(): Promise<void>
}

/** Thrown when something takes more work than it may. That is not a "no": the request must fail. */
export class TooMuchWork extends Error {
  override name = 'TooMuchWork'
}

/** What a request may cost by default, and a computation that is run at once: about a second. */
export const MOST_STEPS = 1_000_000

/**
 * Runs a computation in one piece: at the start, when there is nobody to give way to.
 *
 * @param most steps
 * @throws TooMuchWork when it takes more
 */
export function atOnce<T>(steps: Steps<T>, most = Number.POSITIVE_INFINITY): T {
  let left = most
  let part = steps.next()
  while (!part.done) {
    left -= part.value
    part = left < 0 ? steps.throw(new TooMuchWork(`it takes more than ${most} steps`)) : steps.next()
  }
  return part.value
}

/**
 * Runs a computation, giving way to others whenever the work says so.
 *
 * @throws TooMuchWork, or whatever ends the work, as the computation makes it known
 * @example await inSlices(sum(numbers), request.work)
 */
export async function inSlices<T>(steps: Steps<T>, work: Work): Promise<T> {
  return inSlicesIfLong(steps, work)
}

/**
 * The same, with the result at once when nobody had to be given way to.
 *
 * @throws TooMuchWork, or whatever ends the work, also before there is a promise
 */
export function inSlicesIfLong<T>(steps: Steps<T>, work: Work): MaybePromise<T> {
  return goOn(steps, work, steps.next())
}

function goOn<T>(steps: Steps<T>, work: Work, next: IteratorResult<number, T>): MaybePromise<T> {
  let part = next
  while (!part.done) {
    let isFull: boolean
    try {
      isFull = work.spend(part.value)
    } catch (error) {
      part = steps.throw(error)
      continue
    }
    if (isFull) {
      return work.giveWay().then(
        () => goOn(steps, work, steps.next()),
        (error) => goOn(steps, work, steps.throw(error)),
      )
    }
    part = steps.next()
  }
  return part.value
}
