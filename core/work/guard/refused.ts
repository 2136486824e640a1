// The same wrong password again costs no backend: a job with an old password, and clients that send each one twice.
import { lastUsed } from '../../contract/last-used.ts'

const MOST = 10_000
/** How long it is believed, in milliseconds; twice as long each time that it is refused again: a password may be set to it. */
const FIRST_MS = 5_000
const LONGEST_MS = 300_000

interface Refusal {
  /** Who said so. */
  readonly by: string
  readonly account: string
  readonly ms: number
  readonly until: number
}

/** Passwords that were rejected a moment ago. Only rejections: a pass or an outage may be another answer next time. */
export class Refused {
  readonly #known = lastUsed<Refusal>(MOST)
  readonly #now: () => number
  readonly #first: number
  readonly #longest: number

  /**
   * @param now milliseconds that only go forward
   * @param within where a backend locks accounts: how long it remembers a failure. The same one is none twice in that time
   */
  constructor(now: () => number, within?: number) {
    this.#now = now
    this.#first = within ?? FIRST_MS
    this.#longest = within ?? LONGEST_MS
  }

  /** The authenticator that has rejected it. @param keyOf makes the key of the whole question, which tells nothing about the password */
  by(keyOf: () => string): string | undefined {
    if (this.#known.size === 0) return undefined
    const found = this.#known.get(keyOf())
    return found && found.until > this.#now() ? found.by : undefined
  }

  /** An authenticator has rejected it. */
  add(key: string, by: string, account: string): void {
    const before = this.#known.get(key)
    const ms = before ? Math.min(before.ms * 2, this.#longest) : this.#first
    this.#known.set(key, { by, account, ms, until: this.#now() + ms })
  }

  /** Forgets those of an account, or all. */
  clear(account?: string): void {
    for (const [key, refusal] of this.#known.entries())
      if (account === undefined || refusal.account === account) this.#known.delete(key)
  }
}
