// A value that is read from a backend, kept, and read again in the background. While that fails the last one stays in use.
import type { Log } from '../contract/log.ts'
import { untilAborted } from './until-aborted.ts'

/** Whoever asks first waits at most this long, and so does each reading after it (ms). */
const READ_TIMEOUT_MS = 10_000

/** After a failure the next try comes this soon (ms), or with the normal period when that is shorter. */
const RETRY_AFTER_MS = 2_000

/** Something that is read again and again. */
export interface Kept<T> {
  /**
   * The value. Waits only when there was none yet, until it is read or the signal aborts.
   *
   * @throws the reading's error while there is no value
   */
  get(signal: AbortSignal): Promise<T>
  /** Resolves when the last reading went well; reads when there was none. */
  ready(): Promise<void>
  /** Ends the reading in the background; can be called again. */
  close(): Promise<void>
}

/** How a value is read and kept. */
export interface KeptOptions<T> {
  /** What it is, for the log: `rules`. */
  readonly what: string
  read(signal: AbortSignal): Promise<T>
  /** From the end of one reading to the next (ms). */
  readonly every: number
  /** Called with each new value, before it is used. */
  changed?(value: T): void
  readonly log: Log
}

/**
 * Keeps a value that a backend gives. Nothing is read before the first question.
 *
 * @example
 * const rules = keep({ what: 'rules', read: (signal) => readRules(signal), every: 60_000, log: host.log })
 * const current = await rules.get(request.signal)
 */
export function keep<T>({ what, read, every, changed, log }: KeptOptions<T>): Kept<T> {
  let held: { readonly value: T } | undefined
  let failure: Error | undefined
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const closing = new AbortController()

  /** Never rejects; readers that come while one is under way share it. */
  function readOnce(): Promise<void> {
    reading ??= attempt().finally(() => {
      reading = undefined
      if (closing.signal.aborted) return
      clearTimeout(timer)
      timer = setTimeout(readOnce, failure ? Math.min(every, RETRY_AFTER_MS) : every)
      timer.unref()
    })
    return reading
  }

  async function attempt(): Promise<void> {
    try {
      const value = await read(AbortSignal.any([closing.signal, AbortSignal.timeout(READ_TIMEOUT_MS)]))
      changed?.(value)
      held = { value }
      if (failure) log.info({}, `the ${what} could be read again`)
      failure = undefined
    } catch (error) {
      if (closing.signal.aborted) return
      const { message } = error as Error
      // Once for each reason, not at each try.
      if (message !== failure?.message) {
        log.warn({}, `${message}; ${held ? `the last ${what} stay in use` : `there are no ${what} yet`}`)
      }
      failure = error as Error
    }
  }

  return {
    async get(signal) {
      if (!held) await untilAborted(readOnce(), signal)
      if (!held) throw failure ?? new Error('the server is stopping')
      return held.value
    },
    async ready() {
      if (!held) await readOnce()
      if (failure) throw failure
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await reading
    },
  }
}
