// Which of several certificates a client of TLS gets, by the host name that it asks for (SNI, RFC 6066, section 3).
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls'
import { alternativeNames, distinguishedName } from '../x509/certificate-names.ts'

/** A certificate with its chain, and its key, as PEM texts. */
export interface PemTexts {
  readonly cert: string
  readonly key: string
}

/** How TLS is served: `cert` and `key` are of the certificate for whoever asks for no name, or for one that no certificate has. */
export interface ServedTls extends TlsOptions {
  /** The certificates besides. All else is as for the first. */
  readonly others?: readonly PemTexts[]
}

/** @returns undefined for the first certificate */
export type CertificateChoice = (servername: string) => SecureContext | undefined

/**
 * Makes the choice: the first certificate that has the very name, otherwise the first with a wildcard for it.
 *
 * @example createChoice({ cert, key, others: [{ cert, key }] })('auth.example.com')
 */
export function createChoice({ others = [], ...first }: ServedTls): CertificateChoice {
  if (others.length === 0) return () => undefined
  const contexts = new Map<string, SecureContext | undefined>()
  const add = (cert: string, context: SecureContext | undefined) => {
    for (const name of hostNames(cert)) if (!contexts.has(name)) contexts.set(name, context)
  }
  add(first.cert as string, undefined)
  for (const pair of others) add(pair.cert, createSecureContext({ ...first, ...pair }))
  return (servername) => contexts.get(keyFor(servername, contexts) ?? '')
}

/** The host names of a certificate, in small letters; a wildcard is one. */
export function hostNames(cert: string): string[] {
  const certificate = new X509Certificate(cert)
  // Only where there are no others does the common name count (RFC 6125, 6.4.4).
  const found =
    certificate.subjectAltName === undefined
      ? (distinguishedName(certificate, 'subject').CN ?? [])
      : (alternativeNames(certificate.subjectAltName)?.dns ?? [])
  return found.map((name) => name.toLowerCase())
}

/** Whether a certificate is for a host name. */
export function isForHost(cert: string, host: string): boolean {
  const names = hostNames(cert)
  return keyFor(host, new Map(names.map((name) => [name, name]))) !== undefined
}

/** The name itself, or the wildcard that stands for its first label. */
function keyFor(servername: string, names: ReadonlyMap<string, unknown>): string | undefined {
  const name = servername.toLowerCase().replace(/\.$/, '')
  const wildcard = name.replace(/^[^.]+/, '*')
  return [name, wildcard].find((one) => names.has(one))
}
