// One set of public keys (JWKS), and how it is read.
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'

/** Issuers publish a handful; a token without a key id is tried with all of them. */
const MOST_KEYS = 100

/** Finds the key for a token's header among those of one set. */
export type KeySet = ReturnType<typeof createLocalJWKSet>

/**
 * Reads a JWKS (RFC 7517, section 5).
 *
 * @param place whose it is, for the error
 * @throws Error naming the place; it quotes nothing of the text
 */
export function parseKeySet(text: string, place: string): KeySet {
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
  return set
}
