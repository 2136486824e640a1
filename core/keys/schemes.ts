// How each signature algorithm is asked of node:crypto (RFC 7518, section 3; RFC 8037 for EdDSA).
import { constants, type SignKeyObjectInput } from 'node:crypto'
import type { SignatureAlgorithm } from './algorithms.ts'

export interface Scheme {
  /** null: the algorithm hashes by itself. */
  readonly digest: string | null
  readonly options: Omit<SignKeyObjectInput, 'key'>
}

const pkcs1 = (digest: string): Scheme => ({ digest, options: { padding: constants.RSA_PKCS1_PADDING } })
// JWS wants r and s side by side (RFC 7518, 3.4), not OpenSSL's DER.
const ecdsa = (digest: string): Scheme => ({ digest, options: { dsaEncoding: 'ieee-p1363' } })

export const SCHEMES: Readonly<Record<SignatureAlgorithm, Scheme>> = {
  RS256: pkcs1('sha256'),
  RS384: pkcs1('sha384'),
  RS512: pkcs1('sha512'),
  PS256: {
    digest: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  ES256: ecdsa('sha256'),
  ES384: ecdsa('sha384'),
  ES512: ecdsa('sha512'),
  EdDSA: { digest: null, options: {} },
}
