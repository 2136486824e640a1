// The configuration of TLS: the key `server.tls`, and `tls` of an entry of `server.listen`.
import { z } from 'zod'
import { acmeSchema } from './acme-schema.ts'
import { path } from './texts.ts'

/** How TLS is spoken, whatever the certificate. */
const manner = {
  min_version: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).optional().describe('Default: TLSv1.2.'),
  cipher_suites: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "OpenSSL names of the TLS 1.2 cipher suites; TLS 1.3's are always on. Default: Mozilla's intermediate list.",
    ),
  curves: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Key exchange groups in order: X25519, prime256v1, ...'),
}

/** A certificate of the operator's. */
export const tlsSettingsSchema = z
  .strictObject({
    certificate: path().describe('PEM file: the certificate, then its chain.'),
    key: path().describe('PEM file: the private key.'),
    ...manner,
  })
  .describe('TLS with a certificate of yours.')

/** The certificate that is served, and how. */
export type TlsSettings = z.output<typeof tlsSettingsSchema>

const acmeTlsSchema = z
  .strictObject({ acme: acmeSchema, ...manner })
  .describe('TLS with a certificate that is ordered.')

/** The certificate that is ordered, and how it is served. */
export type AcmeTls = z.output<typeof acmeTlsSchema>

/** Of the whole server. */
export const tlsSchema = z
  .union([z.literal('auto'), tlsSettingsSchema, acmeTlsSchema], {
    error: ({ input }) =>
      `must be auto, or a map of certificate and key, or of acme${input === false ? '; remove the key for plain HTTP' : ''}`,
  })
  .optional()
  .describe('auto: a self-signed certificate in the state directory. Without this key: plain HTTP.')

/** Of one address. */
export const ownTlsSchema = z
  .union([z.literal(false), z.literal('auto'), tlsSettingsSchema, acmeTlsSchema], {
    error: ({ input }) =>
      `must be false, auto, or a map of certificate and key, or of acme${input === true ? '; without the key it is as in server.tls' : ''}`,
  })
  .optional()
  .describe('TLS at this address. false: plain HTTP. Default: as in server.tls.')
