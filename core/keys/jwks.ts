// The published key set (RFC 7517), for registries and others that verify tokens.
import type { webcrypto } from 'node:crypto'
import type { SigningKey } from './keys.ts'

/** The body of /.well-known/jwks.json. */
export interface KeySet {
  readonly keys: readonly (webcrypto.JsonWebKey & { readonly kid: string })[]
}

/**
 * The public halves of the keys, named as in their tokens.
 *
 * @param keys all that may have signed a token that is still valid, not only the one that signs now
 * @example jwks(keys) // { keys: [{ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }] }
 */
export function jwks(keys: readonly SigningKey[]): KeySet {
  return { keys: keys.map(({ publicJwk, kid, alg }) => ({ ...publicJwk, kid, alg, use: 'sig' })) }
}
