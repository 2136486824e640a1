// Tokens that were signed moments ago. Where another would say the same, the same one is handed out: a hundred nodes that pull one
// image cost one signature. Who asks was authenticated and authorised anew before; only the signature is spared.
import type { Access, Claims } from '../token/claims.ts'
import { MIN_LIFETIME } from '../token/lifetimes.ts'
import type { Leaving } from '../work/cancellation.ts'
import { textHash } from '../work/text-hash.ts'
import { TextRing } from '../work/text-ring.ts'
import { UnderWay } from '../work/under-way.ts'

/** How many bytes are kept, tokens and what names them. */
const MOST = 1_000_000
/** So much of its lifetime must be left of a token. */
const PART_LEFT = 0.9

/** A token, and what another one of the same name does not have: its id and its end. */
export interface Signed extends Pick<Claims, 'jti' | 'exp'> {
  readonly token: string
}

/** A token that was signed, or is being signed. */
interface Made<T> extends Pick<Claims, 'jti' | 'exp'> {
  /** When, in milliseconds since the epoch. */
  readonly at: number
  readonly token: T
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
  readonly #made = new TextRing(MOST)
  readonly #signing = new UnderWay<Made<Promise<string>>>()
  #headerOfAll: string | undefined

  /**
   * @param longest how long after its signature a token is handed out again, in milliseconds
   * @param header that of the tokens that are signed now: algorithm, key id and certificates
   */
  constructor(longest: number, header: () => string | undefined) {
    this.#longest = longest
    this.#header = header
  }

  /** @returns a token that says the same but for its times and its id */
  async token(wanted: Wanted): Promise<Signed> {
    const header = this.#header() ?? ''
    if (header !== this.#headerOfAll) {
      this.#made.clear()
      this.#signing.clear()
    }
    this.#headerOfAll = header
    const { claims, now, leaving } = wanted
    const name = nameOf(wanted)
    const hash = textHash(name)
    const signing = this.#signing.get(name, hash)
    if (signing && this.#isGood(signing, claims, now)) {
      const { jti, exp } = signing
      // Whoever has it signed may go, or get no turn.
      const token = await unlessGone(signing.token, leaving).catch(() => undefined)
      if (token !== undefined) return { token, jti, exp }
    }
    const before = readMade(this.#made.get(name, hash))
    if (before && this.#isGood(before, claims, now)) return before
    const { jti, exp } = claims
    const made = { jti, exp, at: now, token: wanted.sign() }
    this.#signing.set(name, made, hash)
    try {
      const token = await made.token
      // The key may be another one by now.
      if (header === this.#headerOfAll) this.#made.put(name, hash, writtenMade({ jti, exp, at: now, token }))
      return { token, jti, exp }
    } finally {
      this.#signing.delete(name, made, hash)
    }
  }

  #isGood(made: Made<unknown>, claims: Claims, now: number): boolean {
    const seconds = Math.floor(now / 1_000)
    const lifetime = claims.exp - seconds
    const left = made.exp - seconds
    // A clock that was set back would hand out what is not yet good.
    const isYoung = made.at <= now && now - made.at < this.#longest
    return isYoung && left >= Math.max(MIN_LIFETIME / 1_000, PART_LEFT * lifetime)
  }
}

/** As one text: `1767323045000 1767323945 ID TOKEN`. */
function writtenMade({ at, exp, jti, token }: Made<string>): string {
  return `${at} ${exp} ${jti} ${token}`
}

function readMade(text: string | undefined): Made<string> | undefined {
  if (text === undefined) return undefined
  const afterAt = text.indexOf(' ')
  const afterExp = text.indexOf(' ', afterAt + 1)
  const afterId = text.indexOf(' ', afterExp + 1)
  return {
    at: Number(text.slice(0, afterAt)),
    exp: Number(text.slice(afterAt + 1, afterExp)),
    jti: text.slice(afterExp + 1, afterId),
    token: text.slice(afterId + 1),
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
