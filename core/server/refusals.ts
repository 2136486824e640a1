// What is refused before the token endpoint sees it (broken HTTP, unknown paths, TLS handshakes that fail) is one warning a minute and
// cause: it may be anybody's, as often as they like, and has nothing that an audit line could say.
import type { Log } from '../plugin.ts'

const WINDOW_MS = 60_000
/** The causes are ours and OpenSSL's; more than this share one. */
const MOST_CAUSES = 50
const OTHERS = 'others'

interface Window {
  count: number
  peer: string | undefined
  readonly hint: string | undefined
  timer: NodeJS.Timeout
}

/** Counts refusals: the first of a cause is logged at once, those of each minute after that together. */
export class Refusals {
  readonly #log: Log
  readonly #windowMs: number
  readonly #windows = new Map<string, Window>()

  /** @param windowMs in milliseconds; another one for tests */
  constructor(log: Log, windowMs = WINDOW_MS) {
    this.#log = log
    this.#windowMs = windowMs
  }

  /**
   * Counts one.
   *
   * @param cause in words of ours, never the client's
   * @param peer the address of the connection's other end, which may be a proxy
   * @param hint what to do about the cause
   * @example refusals.note('404', '192.0.2.7')
   */
  note(cause: string, peer: string | undefined, hint?: string): void {
    const open = this.#windows.get(cause)
    if (open) {
      open.count += 1
      open.peer = peer
    } else if (cause !== OTHERS && this.#windows.size >= MOST_CAUSES) {
      this.note(OTHERS, peer)
    } else {
      this.#write(cause, { count: 1, peer, hint })
      const timer = setInterval(() => this.#turn(cause), this.#windowMs).unref()
      this.#windows.set(cause, { count: 0, peer, hint, timer })
    }
  }

  /** Logs what has been counted and not been logged, and ends. */
  close(): void {
    for (const [cause, window] of this.#windows) {
      clearInterval(window.timer)
      if (window.count > 0) this.#write(cause, window)
    }
    this.#windows.clear()
  }

  #turn(cause: string): void {
    const window = this.#windows.get(cause)!
    if (window.count > 0) {
      this.#write(cause, window)
      window.count = 0
    } else {
      clearInterval(window.timer)
      this.#windows.delete(cause)
    }
  }

  #write(cause: string, { count, peer, hint }: Omit<Window, 'timer'>): void {
    this.#log.warn({ cause, count, peer, hint }, 'refused before the token endpoint')
  }
}
