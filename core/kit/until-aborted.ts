// Waiting that ends when a request's time is over, for work that can't be told to stop or that others wait for too.

/**
 * Waits for the work as long as the signal allows. The work itself goes on; what comes later is heard by nobody.
 *
 * @param message of the error when the signal aborts first; left out, its own reason is thrown
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, message?: string): Promise<T> {
  work.catch(() => {})
  return new Promise((resolve, reject) => {
    const end = () =>
      reject(message === undefined ? signal.reason : new Error(message, { cause: signal.reason }))
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
