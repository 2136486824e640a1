// The configuration of TLS: the key `server.tls`, and `tls` of an entry of `server.listen`.
import { z } from 'zod'
import { acmeSchema } from './acme-schema.ts'
import { path } from './texts.ts'

const pair = {
  certificate: path().describe('PEM file: the certificate, then its chain.'),
  key: path().describe('PEM file: the private key.'),
}
const suites = {
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

/** One certificate of the operator's. */
export const tlsSettingsSchema = z
  .strictObject({ ...pair, ...suites })
  .describe('TLS with a certificate of yours.')

/** The files of a certificate, and where they stand below their section: `''`, or such as `.certificates.0`. */
export interface CertificateFiles {
  readonly at: string
  readonly certificate: string
  readonly key: string
}

/** What is offered to clients besides certificates. */
export type TlsSuites = Omit<z.output<typeof tlsSettingsSchema>, 'certificate' | 'key'>

/** Certificates, the default one first, and how they are served. */
export interface TlsSettings extends TlsSuites {
  readonly pairs: readonly CertificateFiles[]
}

/** Certificates of the operator's. */
const served = z
  .strictObject({
    certificate: pair.certificate.optional(),
    key: pair.key.optional(),
    certificates: z
      .array(z.strictObject(pair))
      .min(1, { error: 'must name a certificate and its key' })
      .optional()
      .describe(
        'In the place of certificate and key: several, of which each client gets the one for the name that it asks for, and otherwise the first.',
      ),
    ...suites,
  })
  .transform(({ certificate, key, certificates, ...rest }, context): TlsSettings => {
    const issue = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (certificates && (certificate !== undefined || key !== undefined))
      issue('certificates', 'stands beside certificate and key; write those as the first of the list')
    if (!certificates && certificate === undefined)
      issue('certificate', 'is missing; write the path of a PEM file')
    if (!certificates && key === undefined) issue('key', 'is missing; write the path of a PEM file')
    return {
      ...rest,
      pairs: (certificates ?? [{ certificate: certificate!, key: key! }]).map((one, index) => ({
        at: certificates ? `.certificates.${index}` : '',
        ...one,
      })),
    }
  })
  .describe('TLS with certificates of yours.')

const acmeTlsSchema = z
  .strictObject({ acme: acmeSchema, ...suites })
  .describe('TLS with a certificate that is ordered.')

/** The certificate that is ordered, and how it is served. */
export type AcmeTls = z.output<typeof acmeTlsSchema>

/** Of the whole server. */
export const tlsSchema = z
  .union([z.literal('auto'), served, acmeTlsSchema], {
    error: ({ input }) =>
      `must be auto, or a map of certificate and key, or of acme${input === false ? '; remove the key for plain HTTP' : ''}`,
  })
  .optional()
  .describe('auto: a self-signed certificate in the state directory. Without this key: plain HTTP.')

/** Of one address. */
export const ownTlsSchema = z
  .union([z.literal(false), z.literal('auto'), served, acmeTlsSchema], {
    error: ({ input }) =>
      `must be false, auto, or a map of certificate and key, or of acme${input === true ? '; without the key it is as in server.tls' : ''}`,
  })
  .optional()
  .describe('TLS at this address. false: plain HTTP. Default: as in server.tls.')
