// Checks a token (RFC 7519) as the best current practice (RFC 8725) has it, and says in words what is wrong with one.
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Place } from '../../core/plugin.ts'
import type { KeySet } from './key-set.ts'
import type { Keys } from './keys.ts'
import type { IssuerOptions } from './options.ts'

/** Kinds of tokens (`typ`) that say who somebody is. What has another name is for something else. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt'])

/** The token is not good. The message goes on from `the token`, and quotes nothing of it. */
export class WrongToken extends Error {
  override name = 'WrongToken'
}

/**
 * The issuer that a text names, if it is a token at all. Nothing of it is verified yet: it only says whose keys to take.
 *
 * @returns undefined for all that is no compact JWS with a JSON object in it
 */
export function claimedIssuer(text: string): string | undefined {
  if (text.split('.').length !== 3) return undefined
  try {
    const { iss } = decodeJwt(text)
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

/**
 * Checks what a token says: signature, issuer, audience, times, type. Of its header only `alg`, `kid`, `typ` and `crit` are
 * looked at: keys that it brings (`jwk`, `x5c`) or points at (`jku`, `x5u`) are nobody's.
 *
 * @param place where signatures are checked
 * @param now milliseconds since the epoch
 * @returns its claims
 * @throws WrongToken when it is not good; Error when that can't be found out; Busy
 */
export async function verifyToken(
  text: string,
  options: IssuerOptions,
  keys: Keys,
  place: Place,
  now: number,
  signal: AbortSignal,
): Promise<JWTPayload> {
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: options.algorithms,
    requiredClaims: ['exp'],
    clockTolerance: options.clock_tolerance / 1_000,
    currentDate: new Date(now),
    ...(options.max_age !== undefined && { maxTokenAge: options.max_age / 1_000 }),
  }
  const verifiedWith = (set: KeySet) => place.run(signal, () => verifyWith(set, text, rules))
  const { set, newer } = await keys.now(signal)
  let result = await verifiedWith(set)
  if (isOfOtherKey(result, text)) {
    const others = await newer(issuedBy(text, options))
    if (others) result = await verifiedWith(others)
  }
  if (result instanceof Error) throw inWords(result, options)
  return result
}

async function verifyWith(set: KeySet, text: string, rules: JWTVerifyOptions): Promise<JWTPayload | Error> {
  try {
    const { payload, protectedHeader } = await jwtVerify(text, set, rules).catch((error) => {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return tryEach(error, text, rules)
      throw error
    })
    return isOfIdentity(protectedHeader.typ)
      ? payload
      : new WrongToken('is of a type (typ) that is for something else')
  } catch (error) {
    return error as Error
  }
}

/** @param type anything that JSON can hold: nobody has looked at it yet */
function isOfIdentity(type: unknown = 'jwt'): boolean {
  return typeof type === 'string' && TYPES.has(type.toLowerCase().replace(/^application\//, ''))
}

/** Each may be the key of a token that names none. Some may be of no use: too short, damaged. */
async function tryEach(candidates: errors.JWKSMultipleMatchingKeys, text: string, rules: JWTVerifyOptions) {
  for await (const key of candidates) {
    try {
      return await jwtVerify(text, key, rules)
    } catch (error) {
      const isOfAnother = error instanceof errors.JWSSignatureVerificationFailed
      if (!isOfAnother && error instanceof errors.JOSEError) throw error
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}

/** Whether it may be signed with a key that the issuer has published since: an unknown one, or one without a name. */
function isOfOtherKey(result: JWTPayload | Error, text: string): boolean {
  if (result instanceof errors.JWKSNoMatchingKey) return true
  if (!(result instanceof errors.JWSSignatureVerificationFailed)) return false
  return decodeProtectedHeader(text).kid === undefined
}

/**
 * When a token was issued at the latest (ms), by its own word: it can lie, but to nobody's harm than its own.
 *
 * @returns Infinity when it does not say so
 */
function issuedBy(text: string, { clock_tolerance }: IssuerOptions): number {
  const { iat } = decodeJwt(text)
  // It is cut to whole seconds.
  return typeof iat === 'number' ? (iat + 1) * 1_000 + clock_tolerance : Number.POSITIVE_INFINITY
}

const REASONS: ReadonlyMap<string, string> = new Map([
  [errors.JWKSNoMatchingKey.code, 'is signed with a key (kid) that the issuer does not publish'],
  [errors.JWSSignatureVerificationFailed.code, 'has a wrong signature'],
  [errors.JWSInvalid.code, 'is malformed'],
  [errors.JWTInvalid.code, 'is malformed'],
  [errors.JOSENotSupported.code, 'needs what is not supported (crit, or the type of key)'],
])

/** jose's own messages can quote the header, and so the token. */
function inWords(error: Error, { issuer, audience, algorithms }: IssuerOptions): Error {
  if (error instanceof WrongToken) return error
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new WrongToken(`has an algorithm (alg) that is none of ${algorithms.join(', ')}`)
  }
  if (error instanceof errors.JWTExpired) {
    return new WrongToken(error.claim === 'iat' ? 'is older than max_age' : 'has expired (exp)')
  }
  if (error instanceof errors.JWTClaimValidationFailed) return new WrongToken(claimFault(error, audience))
  const reason = error instanceof errors.JOSEError ? REASONS.get(error.code) : undefined
  if (reason !== undefined) return new WrongToken(reason)
  // A key that is too short, damaged or private.
  return new Error(`a key of the issuer ${issuer} is of no use; the issuer must publish another one`)
}

function claimFault({ claim, reason }: errors.JWTClaimValidationFailed, audience: readonly string[]): string {
  if (reason === 'missing') return `has no ${claim}`
  if (reason === 'invalid') return `has an ${claim} that is no number`
  if (claim === 'aud') return `is for another audience (aud) than ${audience.join(' or ')}`
  if (claim === 'nbf') return 'is not good yet (nbf); compare the clocks'
  if (claim === 'iat') return 'was issued in the future (iat); compare the clocks'
  return `has another ${claim} than it should`
}
