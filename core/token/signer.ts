// Signs claims: a compact JWS (RFC 7515), made on the thread pool so that no signature holds up the event loop.
import { constants, type SignKeyObjectInput, sign } from 'node:crypto'
import type { SignatureAlgorithm } from './algorithms.ts'
import type { SigningKey } from './keys.ts'

/** Signs tokens with one key. */
export interface Signer {
  /**
   * @param claims what the token says; encoded as JSON
   * @returns the token in its compact form
   */
  sign(claims: object): Promise<string>
}

interface Scheme {
  /** null: the algorithm hashes by itself. */
  readonly digest: string | null
  readonly options: Omit<SignKeyObjectInput, 'key'>
}

const pkcs1 = (digest: string): Scheme => ({ digest, options: { padding: constants.RSA_PKCS1_PADDING } })
// JWS wants r and s side by side (RFC 7518, 3.4), not OpenSSL's DER.
const ecdsa = (digest: string): Scheme => ({ digest, options: { dsaEncoding: 'ieee-p1363' } })

const SCHEMES: Readonly<Record<SignatureAlgorithm, Scheme>> = {
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

/**
 * Makes the signer for a key.
 *
 * @example const token = await createSigner(key).sign({ iss: 'Auth Service', sub: 'alice' })
 */
export function createSigner(key: SigningKey): Signer {
  const { digest, options } = SCHEMES[key.alg]
  const keyAndOptions = { key: key.privateKey, ...options }
  return {
    sign(claims) {
      const unsigned = `${key.header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return new Promise((resolve, reject) => {
        sign(digest, Buffer.from(unsigned), keyAndOptions, (error, signature) => {
          if (error) reject(error)
          else resolve(`${unsigned}.${signature.toString('base64url')}`)
        })
      })
    },
  }
}
