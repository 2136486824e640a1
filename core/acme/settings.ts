// What a certificate is ordered by: the section `acme` of TLS, with its files read.

export type ChallengeType = 'tls-alpn-01' | 'http-01'

export interface AcmeSettings {
  /** The URL of the server's directory (RFC 8555, 7.1.1). */
  readonly directory: string
  /** Whom the server may write to. */
  readonly email?: string | undefined
  /** The names of the certificate; the first one names its file. */
  readonly domains: readonly string[]
  /** Where the account's key and the certificate are kept, an absolute path. */
  readonly folder: string
  readonly challenge: ChallengeType
  /** PEM: the authorities of the ACME server's own certificate; the system's when left out. */
  readonly ca?: string | undefined
  /** An account elsewhere that the one here belongs to (RFC 8555, 7.3.4). */
  readonly externalAccount?: { readonly kid: string; readonly hmacKey: string } | undefined
}
