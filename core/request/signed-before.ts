// Tokens that were signed moments ago. Where another would say the same, the same one is handed out: a hundred nodes that pull one
// image cost one signature. Who asks was authenticated and authorised anew before; only the signature is spared.
import type { Access, Claims } from '../token/claims.ts'
import { MIN_LIFETIME } from '../token/lifetimes.ts'
import type { Leaving } from '../work/cancellation.ts'
import { Generations } from '../work/generations.ts'

/** How many characters are kept, tokens and what names them. */
const MOST = 1_000_000
/** So much of its lifetime must be left of a token. */
const PART_LEFT = 0.9

/** A token, and what another one of the same name does not have: its id and its end. */
export interface Signed extends Pick<Claims, 'jti' | 'exp'> {
  readonly token: string
}

// No more than is needed: each is kept for seconds, and most are never asked for.
interface Made extends Pick<Claims, 'jti' | 'exp'> {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** While it is being signed, and after. */
  token: Promise<string> | string
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
  readonly #made: Generations<Made>
  #headerOfAll: string | undefined

  /**
   * @param longest how long after its signature a token is handed out again, in milliseconds
   * @param header that of the tokens that are signed now: algorithm, key id and certificates
   */
  constructor(longest: number, header: () => string | undefined) {
    this.#longest = longest
    this.#header = header
    this.#made = new Generations({ most: MOST, longest })
  }

  /** @returns a token that says the same but for its times and its id */
  async token(wanted: Wanted): Promise<Signed> {
    const header = this.#header() ?? ''
    if (header !== this.#headerOfAll) this.#made.clear()
    this.#headerOfAll = header
    const { claims, now, leaving } = wanted
    const name = nameOf(wanted)
    const before = this.#made.get(name)
    if (before && this.#isGood(before, claims, now)) {
      // Whoever had it signed may have gone, or got no turn.
      const token =
        typeof before.token === 'string'
          ? before.token
          : await unlessGone(before.token, leaving).catch(() => undefined)
      if (token !== undefined) return { token, jti: before.jti, exp: before.exp }
    }
    const { jti, exp } = claims
    const made: Made = { jti, exp, at: now, token: wanted.sign() }
    // About as many characters as it keeps.
    this.#made.put(name, made, header.length + 3 * name.length, now)
    try {
      made.token = await made.token
      return { token: made.token, jti, exp }
    } catch (error) {
      this.#made.drop(name, made)
      throw error
    }
  }

  #isGood(made: Made, claims: Claims, now: number): boolean {
    const seconds = Math.floor(now / 1_000)
    const lifetime = claims.exp - seconds
    const left = made.exp - seconds
    // A clock that was set back would hand out what is not yet good.
    const isYoung = made.at <= now && now - made.at < this.#longest
    return isYoung && left >= Math.max(MIN_LIFETIME / 1_000, PART_LEFT * lifetime)
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
  const parts: (string | number | null | undefined)[] = [iss, sub, aud, bound]
  for (const { type, name, actions } of inOrder(access)) parts.push(null, type, name, ...actions)
  return JSON.stringify(parts)
}

function inOrder(access: readonly Access[]): readonly Access[] {
  if (access.length < 2) return access
  const resource = ({ type, name }: Access) => `${type}:${name}`
  return access.toSorted((one, other) => (resource(one) < resource(other) ? -1 : 1))
}
