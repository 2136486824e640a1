// The names in a certificate, as OpenSSL reads them, in a form that no name can forge: each value stands for itself.

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { CertificateAlternativeNames, CertificateName } from '../plugin.ts'

/**
 * The subject or the issuer. Node gives them attribute by attribute, so that a value `x, CN=admin` is one value.
 *
 * @example distinguishedName(certificate, 'subject') // { CN: ['ci'], OU: ['build', 'europe'] }
 */
export function distinguishedName(
  certificate: X509Certificate,
  which: 'subject' | 'issuer',
): CertificateName {
  const name: Record<string, readonly string[]> = Object.create(null)
  const given = certificate.toLegacyObject()[which] as unknown as
    | Record<string, string | string[]>
    | undefined
  for (const [attribute, values] of Object.entries(given ?? {})) {
    name[attribute] = typeof values === 'string' ? [values] : values
  }
  return name
}

/** One name: its kind, and its value as it is or, where it could be mistaken, as a JSON text. */
const ENTRY = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)/y

const KINDS: ReadonlyMap<string, keyof CertificateAlternativeNames> = new Map([
  ['DNS', 'dns'],
  ['email', 'email'],
  ['URI', 'uri'],
  ['IP Address', 'ip'],
])

/**
 * The subject alternative names. Names of other kinds are left out.
 *
 * @param text what X509Certificate gives as `subjectAltName`: Node writes a value that holds a comma, a quote or an
 *   unprintable character as JSON, so that the entries can be told apart
 * @returns undefined when the text is not of that form
 * @see https://nodejs.org/api/crypto.html#x509subjectaltname
 * @example alternativeNames('DNS:a.example, URI:"x\\u002c DNS:b"') // { dns: ['a.example'], uri: ['x, DNS:b'], ... }
 */
export function alternativeNames(text: string | undefined): CertificateAlternativeNames | undefined {
  const names = { dns: [], email: [], uri: [], ip: [] } as Record<keyof CertificateAlternativeNames, string[]>
  let end = 0
  while (text !== undefined && end < text.length) {
    ENTRY.lastIndex = end
    const found = ENTRY.exec(text)
    if (!found) return undefined
    end = ENTRY.lastIndex
    const kind = KINDS.get(found[1]!)
    if (!kind) continue
    const value = found[2]!.startsWith('"') ? (JSON.parse(found[2]!) as string) : found[2]!
    if (kind !== 'ip') names[kind].push(value)
    else if (isIP(value) !== 0) names.ip.push(usualSpelling(value))
  }
  return names
}

/** OpenSSL does not shorten IPv6. */
function usualSpelling(ip: string): string {
  return isIP(ip) === 6 ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip
}
