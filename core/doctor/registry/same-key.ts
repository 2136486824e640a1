// Whether two public keys are one, whatever they are called.
import type { webcrypto } from 'node:crypto'

/** What a public key is, and not its id or its use (RFC 7517, RFC 7518). */
export const NUMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const

/** @param one of a stranger, which may be anything */
export function isSameKey(one: webcrypto.JsonWebKey | null, other: webcrypto.JsonWebKey): boolean {
  return one !== null && typeof one === 'object' && NUMBERS.every((name) => one[name] === other[name])
}
