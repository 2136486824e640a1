// The two ways in which a registry names a public key: libtrust's fingerprint and RFC 7638's thumbprint.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const FINGERPRINT_BYTES = 30

/**
 * The key's libtrust fingerprint, the `kid` that Distribution v2 looks up: the first 30 bytes of the SHA-256 of the DER
 * SubjectPublicKeyInfo, in base32, in twelve groups of four.
 *
 * @param publicKey RSA or EC (v2 knows no other)
 * @example libtrustKeyId(key) // 'VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5'
 * @see https://github.com/docker/libtrust
 */
export function libtrustKeyId(publicKey: KeyObject): string {
  const digest = createHash('sha256').update(subjectPublicKeyInfo(publicKey)).digest()
  // 240 bits are 48 digits of base 32 exactly, so that the number's own notation only lacks the alphabet.
  const number = BigInt(`0x${digest.toString('hex', 0, FINGERPRINT_BYTES)}`)
  const digits = number.toString(32).padStart((FINGERPRINT_BYTES * 8) / 5, '0')
  const text = digits.replace(/./g, (digit) => BASE32[Number.parseInt(digit, 32)]!)
  return text.match(/.{4}/g)!.join(':')
}

/** The DER form as Go writes it: a point that a file holds compressed is written in full. */
function subjectPublicKeyInfo(publicKey: KeyObject): Buffer {
  const plain = createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' })
  return plain.export({ type: 'spki', format: 'der' })
}

/**
 * The key's RFC 7638 thumbprint with SHA-256, in base64url: the `kid` of Distribution v3 and of JWKS files.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 */
export function thumbprint(publicKey: KeyObject): Promise<string> {
  return calculateJwkThumbprint(
    publicKey.export({ format: 'jwk' }) as Parameters<typeof calculateJwkThumbprint>[0],
  )
}
