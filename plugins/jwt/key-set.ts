// One set of public keys (JWKS), and how it is read.
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose'
import { ALGORITHMS } from './options.ts'

/** Issuers publish a handful; a token without a key id is tried with all of them. */
const MOST_KEYS = 100
/** Bits of an RSA key that no signature is accepted below (RFC 7518, section 3.3). */
const LEAST_BITS = 2048

/** Finds the key for a token's header among those of one set. */
export type KeySet = ReturnType<typeof createLocalJWKSet>

/**
 * Reads a JWKS (RFC 7517, section 5). One without a key that a signature can be checked with is none: it must not take the
 * place of one that is good.
 *
 * @param place whose it is, for the error
 * @throws Error naming the place; it quotes nothing of the text
 */
export async function parseKeySet(text: string, place: string): Promise<KeySet> {
  let set: KeySet
  let count: number
  try {
    const jwks = JSON.parse(text) as JSONWebKeySet
    set = createLocalJWKSet(jwks)
    count = jwks.keys.length
  } catch {
    throw new Error(`${place}: no set of keys came (JWKS: {"keys": [...]})`)
  }
  if (count > MOST_KEYS) throw new Error(`${place}: a set of more than ${MOST_KEYS} keys came`)
  if (!(await isOfUse(set))) {
    throw new Error(
      `${place}: a set without any public key for signatures came (RSA: of ${LEAST_BITS} bits or more)`,
    )
  }
  return set
}

/** Whether any key of the set is good for any algorithm: the rest may be for encryption, too short, damaged or private. */
async function isOfUse(set: KeySet): Promise<boolean> {
  for (const alg of ALGORITHMS) {
    for await (const { algorithm } of keysFor(alg, set)) {
      if (((algorithm as { modulusLength?: number }).modulusLength ?? LEAST_BITS) >= LEAST_BITS) return true
    }
  }
  return false
}

/** The keys that a token without a key id is tried with. */
async function* keysFor(alg: string, set: KeySet): AsyncGenerator<CryptoKey> {
  try {
    yield await set({ alg })
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) yield* error
  }
}
