// An issuer's public keys: read at the first use, kept, and read again: from time to time, and when a token names one that is
// unknown. While that fails those read last stay in use, for a bounded time.
import { type Clock, type Log, untilAborted } from '../../core/plugin.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './source.ts'

/** How long one reading may take (ms): all requests that need it share it. */
const READ_TIMEOUT = 10_000
/** How long after a reading that failed (ms) requests get its failure, and cause no other. */
const FAILURE_PAUSE = 1_000

export interface KeysOptions {
  readonly issuer: string
  readonly source: KeySource
  /** Milliseconds from one reading to the next; undefined = only when asked to. */
  readonly refreshEvery: number | undefined
  /** Milliseconds in which unknown keys cause one reading at most. */
  readonly coolDown: number
  /** Milliseconds that keys stay in use after the last reading that went well, once one has failed; may be infinite. */
  readonly staleFor: number
  readonly clock: Clock
  readonly log: Log
}

/** The keys as one request uses them. */
export interface KeysNow {
  readonly set: KeySet
  /**
   * The keys did not fit: are there newer ones? They are read again for that, unless they were for this request already, or
   * it is too soon.
   *
   * @param issued when the token was issued at the latest, in milliseconds since the epoch
   * @returns undefined when there are none
   * @throws Error when nobody knows: the issuer can't be asked, or not yet, and the keys are older than the token
   */
  newer(issued: number): Promise<KeySet | undefined>
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
  /** When they were asked for. */
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
  let pause = { from: Number.NEGATIVE_INFINITY, length: 0 }

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
    const at = clock.now()
    try {
      const set = await source.read(AbortSignal.any([closing.signal, AbortSignal.timeout(READ_TIMEOUT)]))
      held = { set, at }
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
      pauseFor(FAILURE_PAUSE)
    }
  }

  /** @param length milliseconds in which no request causes a reading */
  function pauseFor(length: number): void {
    pause = { from: clock.now(), length }
  }

  /** The one rule for all that makes a request want them read: there are none, they are too old, one is unknown. */
  function mayRead(): boolean {
    const since = clock.now() - pause.from
    // One that is under way costs nothing more. A clock that was set back must not stop the reading.
    return reading !== undefined || since < 0 || since >= pause.length
  }

  const wait = (signal: AbortSignal) =>
    untilAborted(read(), signal, `the keys of the issuer ${issuer} did not come in time`)

  /** While readings go well, the timer sees to it that they are not too old. */
  function usable(): Held | undefined {
    return held && (!failure || clock.now() - held.at <= staleFor) ? held : undefined
  }

  async function newer(than: Held, issued: number, signal: AbortSignal): Promise<KeySet | undefined> {
    if (held === than && mayRead()) {
      if (!reading) pauseFor(coolDown)
      await wait(signal)
    }
    if (held !== than) return held?.set
    if (failure) throw failure
    if (issued < than.at) return undefined
    throw new Error(
      `the keys of the issuer ${issuer} were read moments ago, and an unknown one may be newer; they are read again after cool_down`,
    )
  }

  async function now(signal: AbortSignal): Promise<KeysNow> {
    const known = usable()
    if (known) return { set: known.set, newer: (issued) => newer(known, issued, signal) }
    if (mayRead()) await wait(signal)
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
