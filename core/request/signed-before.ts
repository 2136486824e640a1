// Tokens that were signed moments ago. Where another would say the same, the same one is handed out: a hundred nodes that pull one
// image cost one signature. Who asks was authenticated and authorised anew before; only the signature is spared.
import type { Claims } from '../token/claims.ts'
import { MIN_LIFETIME } from '../token/lifetimes.ts'
import type { Leaving } from '../work/cancellation.ts'

/** How many characters are kept, tokens and what names them. Whatever was signed first goes first. */
const MOST = 4_000_000
/** So much of its lifetime must be left of a token. */
const PART_LEFT = 0.9

/** A token, and what it says. */
export interface Signed {
  readonly token: string
  readonly claims: Claims
}

interface Made {
  readonly claims: Claims
  /** Milliseconds since the epoch. */
  readonly at: number
  /** While it is being signed, and after. */
  token: Promise<string> | string
  /** About how many characters it keeps. */
  readonly size: number
}

/** Which token is wanted, and how one is made. */
export interface Wanted {
  readonly claims: Claims
  /** When the token ends that the client came with, if that is why this one ends: milliseconds since the epoch. */
  readonly bound: number | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Tells when nobody waits for it any more. */
  readonly leaving: Leaving
  /** Signs the claims. */
  sign(): Promise<string>
}

/** The tokens of one configuration. Those of an earlier key are forgotten when another one signs. */
export class SignedBefore {
  readonly #longest: number
  readonly #header: () => string | undefined
  /** In the order in which they were signed. */
  readonly #made = new Map<string, Made>()
  #size = 0
  #headerOfAll: string | undefined

  /**
   * @param longest how long after its signature a token is handed out again, in milliseconds
   * @param header that of the tokens that are signed now: algorithm, key id and certificates
   */
  constructor(longest: number, header: () => string | undefined) {
    this.#longest = longest
    this.#header = header
  }

  /** @returns a token that says the same but for its times and its id; its claims are those that it has */
  async token(wanted: Wanted): Promise<Signed> {
    const header = this.#header() ?? ''
    if (header !== this.#headerOfAll) this.#forgetAll(header)
    const { claims, now, leaving } = wanted
    const name = nameOf(wanted)
    const before = this.#made.get(name)
    if (before && this.#isGood(before, claims, now)) {
      // Whoever had it signed may have gone, or got no turn.
      const token =
        typeof before.token === 'string'
          ? before.token
          : await unlessGone(before.token, leaving).catch(() => undefined)
      if (token !== undefined) return { token, claims: before.claims }
    }
    const size = header.length + 3 * name.length
    const made: Made = { claims, at: now, token: wanted.sign(), size }
    this.#keep(name, made)
    try {
      made.token = await made.token
      return { token: made.token, claims }
    } catch (error) {
      if (this.#made.get(name) === made) this.#forget(name, made)
      throw error
    }
  }

  #isGood(made: Made, claims: Claims, now: number): boolean {
    const seconds = Math.floor(now / 1_000)
    const lifetime = claims.exp - seconds
    const left = made.claims.exp - seconds
    // A clock that was set back would hand out what is not yet good.
    const isYoung = made.at <= now && now - made.at < this.#longest
    return isYoung && left >= Math.max(MIN_LIFETIME / 1_000, PART_LEFT * lifetime)
  }

  #keep(name: string, made: Made): void {
    const former = this.#made.get(name)
    if (former) this.#forget(name, former)
    this.#made.set(name, made)
    this.#size += made.size
    for (const [oldest, { at, size }] of this.#made) {
      if (this.#size <= MOST && made.at - at < this.#longest) return
      this.#forget(oldest, { size })
    }
  }

  #forget(name: string, { size }: Pick<Made, 'size'>): void {
    this.#made.delete(name)
    this.#size -= size
  }

  #forgetAll(header: string): void {
    this.#headerOfAll = header
    this.#made.clear()
    this.#size = 0
  }
}

/** What others wait for too. @throws why whoever waits has gone */
function unlessGone<T>(work: Promise<T>, leaving: Leaving): Promise<T> {
  return new Promise((resolve, reject) => {
    const stay = leaving.whenCancelled(reject)
    work.then(resolve, reject).finally(stay)
  })
}

/** All that goes into a token besides its times, its id and the header. In which order resources stand means nothing. */
function nameOf({ claims: { iss, sub, aud, access }, bound }: Wanted): string {
  const entries = access.map((entry) => JSON.stringify(entry)).sort()
  return `${JSON.stringify([iss, sub, aud, bound])}${entries.join()}`
}
