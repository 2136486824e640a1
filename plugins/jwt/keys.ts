// An issuer's public keys: read at the first use, kept, and read again: from time to time, and when a token names one that is
// unknown. While that fails those read last stay in use, for a bounded time.
import { type Clock, keep, type Log, untilAborted } from '../../core/plugin.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './source.ts'

/** How long readiness waits for a reading (ms). */
const READY_TIMEOUT = 10_000
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
  let pause = { from: Number.NEGATIVE_INFINITY, length: 0 }

  const kept = keep<Held>({
    what: `keys of ${issuer}`,
    async read(signal) {
      const at = clock.now()
      try {
        return { set: await source.read(signal), at }
      } catch (error) {
        pauseFor(FAILURE_PAUSE)
        throw new Error(`the keys of the issuer ${issuer} can't be read: ${(error as Error).message}`)
      }
    },
    every: refreshEvery,
    retryAfter: coolDown,
    stays: ({ at }) => until(at + staleFor),
    log,
  })

  /** @param length milliseconds in which no request causes a reading */
  function pauseFor(length: number): void {
    pause = { from: clock.now(), length }
  }

  /** The one rule for all that makes a request want them read: there are none, they are too old, one is unknown. */
  function mayRead(): boolean {
    const since = clock.now() - pause.from
    // One that is under way costs nothing more. A clock that was set back must not stop the reading.
    return kept.reading || since < 0 || since >= pause.length
  }

  const wait = (signal: AbortSignal) =>
    untilAborted(kept.again(), signal, `the keys of the issuer ${issuer} did not come in time`)

  /** While readings go well, the timer sees to it that they are not too old. */
  function usable(): Held | undefined {
    const held = kept.held?.value
    return held && (!kept.failure || clock.now() - held.at <= staleFor) ? held : undefined
  }

  async function newer(than: Held, issued: number, signal: AbortSignal): Promise<KeySet | undefined> {
    const isSame = () => kept.held?.value === than
    if (isSame() && mayRead()) {
      if (!kept.reading) pauseFor(coolDown)
      await wait(signal)
    }
    if (!isSame()) return kept.held?.value.set
    if (kept.failure) throw kept.failure
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
    if (!fresh) throw kept.failure ?? new Error('the server is stopping')
    return { set: fresh.set, newer: async () => undefined }
  }

  return {
    now,
    read: () => kept.again(),
    async ready() {
      await now(AbortSignal.timeout(READY_TIMEOUT))
    },
    close: () => kept.close(),
  }
}

/** @param end milliseconds since the epoch */
function until(end: number): string {
  return Number.isFinite(end) ? ` until ${new Date(end).toISOString()}` : ''
}
