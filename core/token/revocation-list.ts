// What a certificate revocation list (RFC 5280, section 5) says about itself. OpenSSL looks into it for certificates.
//
// Importing this module costs a tenth of a second: do it only when there is a list.
import 'reflect-metadata' // @peculiar/x509 needs it to be there first
import type { X509Certificate } from 'node:crypto'
import { X509Crl, X509Certificate as X509Names } from '@peculiar/x509'

export interface RevocationList {
  /** When the next one is due; undefined when it does not say. */
  readonly nextUpdate: Date | undefined
  /** Whether the authority's name is that of the list's issuer. */
  isOf(authority: X509Certificate): boolean
  /** @param serial in hexadecimal */
  revokes(serial: string): boolean
}

/**
 * @param pem one block of PEM text
 * @throws Error when it is none
 */
export function readRevocationList(pem: string): RevocationList {
  const list = new X509Crl(pem)
  const { nextUpdate, issuerName } = list
  const issuer = Buffer.from(issuerName.toArrayBuffer())
  let revoked: ReadonlySet<bigint> | undefined
  return {
    nextUpdate,
    isOf: ({ raw }) => issuer.equals(Buffer.from(new X509Names(raw).subjectName.toArrayBuffer())),
    revokes(serial) {
      // Long lists take a while, and most servers leave them to OpenSSL.
      revoked ??= new Set(list.entries.map(({ serialNumber }) => BigInt(`0x${serialNumber}`)))
      return revoked.has(BigInt(`0x${serial}`))
    },
  }
}
