// The configuration of a certificate that the server gets by ACME (RFC 8555): the key `tls.acme`.
import { isIP } from 'node:net'
import { z } from 'zod'
import { secret } from '../../kit/options.ts'
import { path } from './texts.ts'

/** Let's Encrypt. */
const DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory'
const LABEL = /^(?!-)[a-z\d-]{1,63}(?<!-)$/

/** Why no certificate can be had for a name; undefined when one can. */
function whyNoName(name: string): string | undefined {
  const text = JSON.stringify(name)
  if (name.startsWith('*.'))
    return `${text}: a certificate for all names of a domain needs a record in its DNS, which is not done here; write each name`
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0)
    return `${text} is an address; write the name that clients use`
  if (name.length > 253 || !name.split('.').every((label) => LABEL.test(label)))
    return `${text} is no name of the DNS; write one such as registry.example.com`
  return undefined
}

const domain = z
  .string()
  .transform((name) => name.toLowerCase().replace(/\.$/, ''))
  .superRefine((name, context) => {
    const why = whyNoName(name)
    if (why !== undefined) context.addIssue({ code: 'custom', message: why })
  })

const directory = z
  .string()
  .refine((text) => ['https:', 'http:'].includes(URL.parse(text)?.protocol ?? ''), {
    error: "is no URL; write that of the ACME server's directory, https://HOST/directory",
  })
  .default(DIRECTORY)

/** How a certificate is had. */
export const acmeSchema = z
  .strictObject({
    directory: directory.describe("The URL of the ACME server's directory. Default: Let's Encrypt."),
    email: z
      .string()
      .regex(/^[^\s@]+@[^\s@]+$/, { error: 'is no address; write one such as admin@example.com' })
      .optional()
      .describe('Whom the ACME server may write to.'),
    domains: z
      .array(domain)
      .min(1, { error: 'must name at least one; write the name by which clients reach this server' })
      .transform((names) => [...new Set(names)])
      .describe('The names of the certificate.'),
    challenge: z
      .enum(['tls-alpn-01', 'http-01'])
      .default('tls-alpn-01')
      .describe(
        'How the names are proved: in a TLS handshake on port 443, or by a file that is asked for on port 80.',
      ),
    folder: path()
      .optional()
      .describe('Where the account and the certificate are kept. Default: acme in the state directory.'),
    ca: path()
      .optional()
      .describe("PEM file: the authorities of the ACME server's own certificate. Default: the system's."),
    external_account: z
      .strictObject({
        kid: z.string().min(1).describe('The key identifier that you were given.'),
        hmac_key: secret().describe('The key beside it, base64url, as !env NAME or !file PATH.'),
      })
      .optional()
      .describe(
        'An account that you have there already, for servers that want one (external account binding).',
      ),
  })
  .describe(
    'A certificate that the server orders, and renews, at an ACME server. Its terms of service are agreed to.',
  )

/** What stands in `tls.acme`. */
export type AcmeSection = z.output<typeof acmeSchema>
