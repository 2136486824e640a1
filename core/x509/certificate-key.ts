// Whether the key in a certificate is one that TLS clients sign with.
import type { KeyObject, X509Certificate } from 'node:crypto'

const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const TYPES = /^(rsa|rsa-pss|ed25519|ed448|ml-dsa-\d+)$/

/**
 * On most other curves no handshake comes to an end, and Node crashes when it is asked for the names in such a certificate
 * (`toLegacyObject`, for a curve that NIST has not named).
 */
export function hasUsableKey(certificate: X509Certificate): boolean {
  let key: KeyObject
  try {
    key = certificate.publicKey
  } catch {
    // It is of a kind that Node doesn't know, or damaged.
    return false
  }
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key
  return type === 'ec' ? CURVES.has(details?.namedCurve) : TYPES.test(type)
}
