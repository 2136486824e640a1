// An answer that may be there at once: what has nothing to wait for needs no promise.

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>

/** Whether an answer has to be waited for. Promises of other libraries count. */
export function isPromise<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as Partial<Promise<T>> | null | undefined)?.then === 'function'
}

/** Begins work. What it throws at once is a rejection, as of work that takes longer. */
export function attempt<T>(work: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * Goes on with an answer, at once where it is there.
 *
 * @returns rejects with what `next` throws
 * @example whenThere(find(name), (user) => user.labels)
 */
export function whenThere<T, U>(
  answer: MaybePromise<T>,
  next: (answer: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(answer) ? answer.then(next) : attempt(() => next(answer))
}
