// From which networks accounts have logged in lately: those are not touched by what others do. Kept where tokens are, so that
// all nodes know, also after a restart.
import { hash } from 'node:crypto'
import { lastUsed } from '../../contract/last-used.ts'

const MOST = 50_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** What was noted so short a time ago is not noted again. */
const JUST_NOW = 60_000
const LASTS = 30 * DAY
/** How many networks of an account are written a day: who has one could fill the store from many addresses. */
const MOST_A_DAY = 500
/** Nobody waits longer for the store; then the network is a stranger. */
const PATIENCE_MS = 250

/** Where it is kept, as `TokenStore` has it. */
export interface Marks {
  mark(id: string, until: number): Promise<void>
  isMarked(id: string): Promise<boolean>
}

/** Pairs of account and network with a success in the last 30 days. */
export class KnownNetworks {
  readonly #now: () => number
  readonly #marks: Marks | undefined
  /** Until when a pair is known here. */
  readonly #known = lastUsed<number>(MOST)
  /** When a pair was written. */
  readonly #written = lastUsed<number>(MOST)
  /** What was written for an account on a day. */
  readonly #daily = lastUsed<{ day: number; count: number }>(MOST)

  /** @param now milliseconds since the epoch @param marks undefined = in memory alone */
  constructor(now: () => number, marks?: Marks) {
    this.#now = now
    this.#marks = marks
  }

  /** Whether the account has logged in from there. @param pair as `namesFor` names it */
  async has(pair: string): Promise<boolean> {
    const now = this.#now()
    if ((this.#known.get(pair) ?? 0) > now) return true
    if (!this.#marks || !(await isMarked(this.#marks, idOf(pair)))) return false
    // Its end is not read: it is looked at again then.
    this.#known.set(pair, now + HOUR)
    return true
  }

  /** The account has logged in from there just now. Nobody waits for the store. */
  note(pair: string): void {
    const now = this.#now()
    const until = now + LASTS
    const before = this.#known.get(pair) ?? 0
    if (before > until || before <= until - JUST_NOW) this.#known.set(pair, until)
    if (!this.#marks || now - (this.#written.get(pair) ?? 0) < DAY || !this.#mayWrite(pair, now)) return
    this.#written.set(pair, now)
    this.#marks.mark(idOf(pair), until).catch(() => this.#written.delete(pair))
  }

  #mayWrite(pair: string, now: number): boolean {
    const account = pair.slice(0, pair.indexOf(':'))
    const day = Math.floor(now / DAY)
    const before = this.#daily.get(account)
    const count = before?.day === day ? before.count : 0
    if (count >= MOST_A_DAY) return false
    this.#daily.set(account, { day, count: count + 1 })
    return true
  }
}

/** The store need not know who logs in from where. */
function idOf(pair: string): string {
  return hash('sha256', pair, 'base64url')
}

async function isMarked(marks: Marks, id: string): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), PATIENCE_MS)
  try {
    return await Promise.race([marks.isMarked(id), late.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
