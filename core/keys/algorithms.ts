// Which signature algorithm (RFC 7518, RFC 8037) a private key signs with.
import type { KeyObject } from 'node:crypto'

/** The algorithms that an RSA key can be told to use. */
export type RsaAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256'

/** The value of a token's `alg` header. */
export type SignatureAlgorithm = RsaAlgorithm | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'

const CURVES: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
])

// Go's crypto/rsa, which every registry verifies with, refuses shorter ones.
const MINIMUM_RSA_BITS = 1024

/**
 * The algorithm for a key: given by the curve, or for RSA the wanted one (RS256 by default).
 *
 * @param key a private key
 * @param wanted what the configuration asks for
 * @throws Error when the key's type can't sign tokens or doesn't fit the wanted algorithm
 */
export function algorithmFor(key: KeyObject, wanted: RsaAlgorithm | undefined): SignatureAlgorithm {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < MINIMUM_RSA_BITS) {
      throw new Error(`an RSA key of ${modulusLength} bits is too short for any registry; use at least 2048`)
    }
    return wanted ?? 'RS256'
  }
  const algorithm = key.asymmetricKeyType === 'ed25519' ? 'EdDSA' : CURVES.get(namedCurve ?? '')
  if (!algorithm) {
    const type = [key.asymmetricKeyType, namedCurve].filter(Boolean).join(' ')
    throw new Error(
      `a key of type ${type} can't sign tokens; use RSA (2048 bits or more), EC P-256, P-384, P-521, or Ed25519`,
    )
  }
  if (wanted) {
    throw new Error(
      `algorithm ${wanted} needs an RSA key, but this one signs with ${algorithm}; remove "algorithm"`,
    )
  }
  return algorithm
}
