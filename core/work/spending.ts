// What networks and accounts have cost lately, and when each had its last turn.
import { lastUsed } from '../contract/last-used.ts'

/** What was spent counts half after this time, in milliseconds. */
const HALF_LIFE = 30_000
/** How many are known; beyond it, those that were not seen for longest are forgotten. */
const MOST_KNOWN = 20_000
/** After so many half-lives figures grow too large for a number: they are written down anew. */
const MOST_HALF_LIVES = 200

interface Account {
  /** In units of the time of `#since`: what is spent later weighs more, and nothing has to be counted down. */
  readonly weight: number
  readonly turn: number
}

const NOTHING: Account = { weight: 0, turn: 0 }

/** What everybody of one kind has spent. */
export class Spending {
  readonly #known = lastUsed<Account>(MOST_KNOWN)
  #since = 0

  /** How much somebody has spent, to be compared with others: the figures of different times compare too. */
  of(who: string): number {
    return (this.#known.get(who) ?? NOTHING).weight
  }

  /** The number of the last turn; 0 for who had none. */
  turnOf(who: string): number {
    return (this.#known.get(who) ?? NOTHING).turn
  }

  /**
   * @param units may be negative: what was spent for nothing wrong is given back
   * @param at when it was spent, in milliseconds
   */
  spend(who: string, units: number, at: number): void {
    const { weight, turn } = this.#known.get(who) ?? NOTHING
    const spent = units * 2 ** ((at - this.#since) / HALF_LIFE)
    this.#known.set(who, { weight: Math.max(0, weight + spent), turn })
  }

  /** It is the turn of this one. */
  take(who: string, turn: number): void {
    this.#known.set(who, { ...(this.#known.get(who) ?? NOTHING), turn })
  }

  /** Writes the figures down anew, when they have grown large. Those that were taken before do not compare with later ones. */
  renew(now: number): void {
    const halfLives = (now - this.#since) / HALF_LIFE
    if (halfLives < MOST_HALF_LIVES) return
    for (const [who, { weight, turn }] of this.#known.entries())
      this.#known.set(who, { weight: weight * 0.5 ** halfLives, turn })
    this.#since = now
  }
}
