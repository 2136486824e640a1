// A value that is read from a backend, kept, and read again in the background. While that fails the last one stays in use.
import type { Log } from '../contract/log.ts'
import { untilAborted } from './until-aborted.ts'

/** Whoever asks first waits at most this long, and so does each reading after it (ms). */
const READ_TIMEOUT_MS = 10_000

/** After a failure the next try comes this soon (ms), or with the normal period when that is shorter. */
const RETRY_AFTER_MS = 2_000

/** Something that is read again and again. */
export interface Kept<T> {
  /** What was read last. */
  readonly held: { readonly value: T } | undefined
  /** Why the last reading failed. */
  readonly failure: Error | undefined
  /** Whether a reading is under way. */
  readonly reading: boolean
  /**
   * The value. Waits only when there was none yet, until it is read or the signal aborts.
   *
   * @throws the reading's error while there is no value
   */
  get(signal: AbortSignal): Promise<T>
  /** Reads it again, and never rejects; whoever comes while a reading is under way shares it. */
  again(): Promise<void>
  /** Resolves when the last reading went well; reads when there was none. */
  ready(): Promise<void>
  /** Ends the reading in the background; can be called again. */
  close(): Promise<void>
}

/** How a value is read and kept. */
export interface KeptOptions<T> {
  /** What it is, in the plural, for the log: `rules`. */
  readonly what: string
  read(signal: AbortSignal): Promise<T>
  /** From the end of one reading to the next (ms); undefined: only when asked to. */
  readonly every: number | undefined
  /** The same after one that failed, where it is shorter (ms). */
  readonly retryAfter?: number
  /** Called with each new value, before it is used. */
  changed?(value: T): void
  /** What is said of how long a value stays in use. @example () => ' until 2026-01-01T00:00:00.000Z' */
  stays?(value: T): string
  readonly log: Log
}

/**
 * Keeps a value that a backend gives. Nothing is read before the first question.
 *
 * @example
 * const rules = keep({ what: 'rules', read: (signal) => readRules(signal), every: 60_000, log: host.log })
 * const current = await rules.get(request.signal)
 */
export function keep<T>(options: KeptOptions<T>): Kept<T> {
  const { what, read, every, retryAfter = RETRY_AFTER_MS, changed, stays = () => '', log } = options
  let held: { readonly value: T } | undefined
  let failure: Error | undefined
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const closing = new AbortController()

  function again(): Promise<void> {
    reading ??= attempt().finally(() => {
      reading = undefined
      if (every === undefined || closing.signal.aborted) return
      clearTimeout(timer)
      timer = setTimeout(again, failure ? Math.min(every, retryAfter) : every)
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
        const now = held ? `the last ${what} stay in use${stays(held.value)}` : `there are no ${what} yet`
        log.warn({}, `${message}; ${now}`)
      }
      failure = error as Error
    }
  }

  return {
    get held() {
      return held
    },
    get failure() {
      return failure
    },
    get reading() {
      return reading !== undefined
    },
    async get(signal) {
      if (!held) await untilAborted(again(), signal)
      if (!held) throw failure ?? new Error('the server is stopping')
      return held.value
    },
    again,
    async ready() {
      if (!held) await again()
      if (failure) throw failure
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await reading
    },
  }
}
