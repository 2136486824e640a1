// An issuer's public keys: read at the first use, kept, and read again: from time to time, and when a token names one that is
// unknown. While that fails those read last stay in use, for a bounded time.
import { type Clock, type Log, untilAborted } from '../../core/contract/index.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './source.ts'

/** How long one reading may take (ms): all requests that need it share it. */
const READ_TIMEOUT = 10_000

export interface KeysOptions {
  readonly issuer: string
  readonly source: KeySource
  /** Milliseconds from one reading to the next; undefined = only when asked to. */
  readonly refreshEvery: number | undefined
  /** Milliseconds in which unknown keys cause one reading at most. */
  readonly coolDown: number
  /** Milliseconds that keys stay in use after the last reading that went well; may be infinite. */
  readonly staleFor: number
  readonly clock: Clock
  readonly log: Log
}

/** The keys as one request uses them. */
export interface KeysNow {
  readonly set: KeySet
  /**
   * The keys did not fit: are there newer ones? They are read again for that, unless they were for this request already, or
   * the cool-down forbids it.
   *
   * @returns undefined when there are none
   * @throws Error when the issuer can't be asked: then nobody knows
   */
  newer(): Promise<KeySet | undefined>
}

export interface Keys {
  /** @throws Error naming the place and the remedy while there are no keys */
  now(signal: AbortSignal): Promise<KeysNow>
  /** Reads them again, and never fails: the log says what is wrong. */
  read(): Promise<void>
  /** Rejects while there are no keys. */
  ready(): Promise<void>
  close(): Promise<void>
}

interface Held {
  readonly set: KeySet
  /** When they were read. */
  readonly at: number
}

/** Keeps the keys of one issuer. Nothing is read before the first use. */
export function createKeys(options: KeysOptions): Keys {
  const { issuer, source, refreshEvery, coolDown, staleFor, clock, log } = options
  const closing = new AbortController()
  let held: Held | undefined
  let failure: Error | undefined
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  /** When an unknown key last caused a reading. */
  let lookedAt = Number.NEGATIVE_INFINITY

  /** Never rejects; who comes while one is under way shares it. */
  function read(): Promise<void> {
    reading ??= attempt().finally(() => {
      reading = undefined
      if (refreshEvery === undefined || closing.signal.aborted) return
      clearTimeout(timer)
      timer = setTimeout(read, failure ? Math.min(refreshEvery, coolDown) : refreshEvery)
      timer.unref()
    })
    return reading
  }

  async function attempt(): Promise<void> {
    try {
      const set = await source.read(AbortSignal.any([closing.signal, AbortSignal.timeout(READ_TIMEOUT)]))
      held = { set, at: clock.now() }
      if (failure) log.info({ issuer }, 'the keys of the issuer could be read again')
      failure = undefined
    } catch (error) {
      if (closing.signal.aborted) return
      const message = `the keys of the issuer ${issuer} can't be read: ${(error as Error).message}`
      // Once for each reason, not at each try.
      if (message !== failure?.message) {
        log.warn(
          { issuer },
          `${message}${held ? `; the last ones stay in use${until(held.at + staleFor)}` : ''}`,
        )
      }
      failure = new Error(message)
    }
  }

  const wait = (signal: AbortSignal) =>
    untilAborted(read(), signal, `the keys of the issuer ${issuer} did not come in time`)

  function usable(): Held | undefined {
    return held && clock.now() - held.at <= staleFor ? held : undefined
  }

  async function newer(than: Held, signal: AbortSignal): Promise<KeySet | undefined> {
    if (held === than && mayLook()) await wait(signal)
    if (held !== than) return held?.set
    if (failure) throw failure
    return undefined
  }

  /** Whether an unknown key may cause a reading now, or wait for one that is under way. */
  function mayLook(): boolean {
    if (reading) return true
    const since = clock.now() - lookedAt
    // A clock that was set back must not stop the looking.
    if (since >= 0 && since < coolDown) return false
    lookedAt = clock.now()
    return true
  }

  async function now(signal: AbortSignal): Promise<KeysNow> {
    const known = usable()
    if (known) return { set: known.set, newer: () => newer(known, signal) }
    await wait(signal)
    const fresh = usable()
    if (!fresh) throw failure ?? new Error('the server is stopping')
    return { set: fresh.set, newer: async () => undefined }
  }

  return {
    now,
    read,
    async ready() {
      await now(AbortSignal.timeout(READ_TIMEOUT))
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await reading
    },
  }
}

/** @param end milliseconds since the epoch */
function until(end: number): string {
  return Number.isFinite(end) ? ` until ${new Date(end).toISOString()}` : ''
}
