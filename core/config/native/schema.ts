// The native form of the configuration: the host's own sections. Plugin options have schemas of their own.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { RsaAlgorithm } from '../../keys/algorithms.ts'
import { misplaced } from '../../kit/misplaced.ts'
import { duration, mapOf } from '../../kit/options.ts'
import { corsSchema } from './cors-schema.ts'
import { guardSchema } from './guard-schema.ts'
import { authenticatorSchema, skippableSchema, strictSchema } from './instance-schema.ts'
import { limitsSchema } from './limits-schema.ts'
import { clash, metricsSchema } from './metrics-schema.ts'
import { MAX_LIFETIME, MIN_LIFETIME } from './numbers.ts'
import { refreshSchema } from './refresh-schema.ts'
import { storeSchema } from './store-schema.ts'

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256'] as const satisfies readonly RsaAlgorithm[]

const path = () => z.string().min(1, { error: 'must not be empty; write a path' })

/** Where the server listens: a TCP host and port, or the path of a unix socket. */
export type Listen = { readonly host?: string; readonly port: number } | { readonly socket: string }

const listen = z
  .string()
  .transform((text, context): Listen => {
    const parsed = parseListen(text)
    if (parsed) return parsed
    context.addIssue({
      code: 'custom',
      message: `${JSON.stringify(text)} is no address; write ${listenHint(text)}`,
    })
    return z.NEVER
  })
  .describe('The address to listen on: ":5001", "HOST:PORT" or "unix:/PATH".')

/** The address that is meant, where a port or a host stands alone, or a URL. */
function listenHint(text: string): string {
  const plain = text.replace(/^[a-z]+:\/\//, '').replace(/\/$/, '')
  const meant = [`:${plain}`, plain, `${plain}:5001`, `[${plain}]:5001`].find((one) => parseListen(one))
  return meant === undefined
    ? '":5001", "127.0.0.1:5001", "[::1]:5001" or "unix:/run/dockwarden.sock"'
    : JSON.stringify(meant)
}

/**
 * Reads a listen address.
 *
 * @returns undefined when the text is none
 * @example parseListen('[::1]:5001') // { host: '::1', port: 5001 }
 */
export function parseListen(text: string): Listen | undefined {
  if (text.startsWith('unix:')) return text.length > 5 ? { socket: text.slice(5) } : undefined
  const found = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  if (!found) return undefined
  const [, v6, name, digits] = found
  const port = Number(digits)
  if (port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined
  const host = v6 ?? name
  return host ? { host, port } : { port }
}

const network = z.string().refine((text) => ipaddr.isValidCIDR(text) || isIP(text) !== 0, {
  error: 'is neither an address nor a network; write 10.0.0.0/8 or 192.0.2.1',
})

const tls = z
  .strictObject({
    certificate: path().describe('PEM file: the certificate, then its chain.'),
    key: path().describe('PEM file: the private key.'),
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
  })
  .describe('TLS with a certificate of yours.')

const header = (example: string) =>
  z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, {
      error: 'is no name of a header (RFC 9110, 5.6.2); write one without blanks, commas and colons',
    })
    .describe(`The header that holds ${example}.`)

const clientIp = z
  .strictObject({
    header: header('the client address, such as X-Forwarded-For'),
    trusted_proxies: z
      .array(network)
      .min(1)
      .optional()
      .describe(
        'Networks of your proxies: the client is the last address in the header that is not one of them. An entry that can not be read is no address.',
      ),
    position: z
      .int()
      .optional()
      .describe('Place of the client in the header: 0 the first, -1 the last. Believes any peer.'),
  })
  .refine((value) => (value.trusted_proxies === undefined) !== (value.position === undefined), {
    error: 'needs either trusted_proxies (safer) or position',
  })
  .refine((value) => value.position !== undefined || value.header.toLowerCase() !== 'forwarded', {
    path: ['header'],
    error: 'Forwarded (RFC 7239) is not read here; let the proxy set X-Forwarded-For, and name that',
  })
  .describe("Take the client's address from a header that your proxy sets.")

const forwarded = z
  .strictObject({
    header: header('the client certificate, such as Client-Cert, as RFC 9440 or as nginx writes it'),
    trusted_proxies: z
      .array(network)
      .min(1)
      .describe('Networks of your proxies. Requests from elsewhere show their certificate themselves.'),
  })
  .describe('Take the client certificate from a header that your proxy sets. Needs client_ca.')

/** What keys need of each other. */
function checkServer(
  {
    listen,
    socket,
    tls,
    client_ca: ca,
    client_crl: crl,
    client_certificate: proxies,
    metrics,
  }: z.output<typeof server>,
  context: z.RefinementCtx,
): void {
  const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  if (socket && !('socket' in listen)) issue('socket', 'needs listen: unix:/PATH; elsewhere there is no file')
  if (metrics && 'port' in listen && clash(metrics.listen, listen)) {
    const message = 'is where tokens are asked for; write another port, such as "127.0.0.1:9464"'
    context.addIssue({ code: 'custom', path: ['metrics', 'listen'], message })
  }
  if (ca !== undefined && tls === undefined && proxies === undefined) {
    issue(
      'client_ca',
      'needs tls, or client_certificate behind a proxy: without TLS no client shows a certificate',
    )
  }
  if (ca !== undefined) return
  if (crl !== undefined) issue('client_crl', 'needs client_ca, the authorities whose lists these are')
  if (proxies !== undefined) {
    issue('client_certificate', 'needs client_ca: what a proxy passes on is verified here, too')
  }
}

const socket = z
  .strictObject({
    mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, { error: 'is no mode; write such as "0660": who may connect may also write' })
      .default('0660')
      .transform((text) => Number.parseInt(text, 8))
      .describe(
        'The mode of the socket file, octal: "0660" (the default), "0666" for everybody on this machine.',
      ),
    group: z
      .string()
      .min(1)
      .optional()
      .describe('The group of the socket file, by name or number, such as that of your proxy: nginx.'),
  })
  .describe('Who may connect to the socket file of listen: unix:/PATH. Default: whom the umask lets.')

const server = z.strictObject({
  listen: listen.prefault(':5001'),
  socket: socket.optional(),
  path_prefix: z
    .string()
    .regex(/^(\/\P{Cc}*[^\p{Cc}/])?$/u, {
      error: 'must begin with / and not end with it, such as /registry-auth, and hold no control characters',
    })
    .default('')
    .describe('Put before every path of the server, as text: /my registry, not /my%20registry.'),
  tls: z
    .union([z.literal('auto'), tls], {
      error: ({ input }) =>
        `must be auto, or a map of certificate and key${input === false ? '; remove the key for plain HTTP' : ''}`,
    })
    .optional()
    .describe('auto: a self-signed certificate in the state directory. Without this key: plain HTTP.'),
  client_ca: path()
    .optional()
    .describe(
      'PEM file: the authorities of client certificates, up to their roots. Clients may then show one.',
    ),
  client_crl: path().optional().describe('PEM file: the revocation lists of all authorities in client_ca.'),
  client_certificate: forwarded.optional(),
  hsts: z.boolean().default(false).describe('Send Strict-Transport-Security.'),
  client_ip: clientIp.optional(),
  cors: corsSchema,
  state_dir: path()
    .optional()
    .describe(
      'Folder for what the server makes itself (keys, tokens, first user). Default: var beside this file. DOCKWARDEN_STATE_DIR overrides it.',
    ),
  store: storeSchema,
  limits: limitsSchema,
  guard: guardSchema,
  metrics: metricsSchema(listen, tls),
})

const key = z.strictObject({
  certificate: path().optional().describe('PEM file: the certificate of the key, then its chain.'),
  key: path().describe('PEM file: the private key.'),
  algorithm: z
    .enum(RSA_ALGORITHMS)
    .optional()
    .describe('For RSA keys; other keys know only one. Default: RS256.'),
})

const lifetime = () => duration({ min: MIN_LIFETIME, max: MAX_LIFETIME })

const expirationFor = () =>
  mapOf(lifetime()).describe(
    'How long a token is good that holds an action, in place of expiration; the longest counts: { push: 1h, pull: 5m }.',
  )

const service = z.union(
  [
    z.string(),
    z.strictObject({
      name: z.string().describe("The registry's auth.token.service."),
      expiration: lifetime().optional().describe('As token.expiration, for this service.'),
      expiration_for: expirationFor().optional(),
    }),
  ],
  { error: 'must be a name, or a map of name, expiration and expiration_for' },
)

const token = z.strictObject({
  issuer: z.string().min(1).default('Dockwarden').describe("Must equal the registry's auth.token.issuer."),
  expiration: lifetime().prefault(900).describe('How long a token is good: seconds, or 15m. At least 60.'),
  expiration_for: expirationFor().prefault({}),
  services: z
    .array(service)
    .min(1, { error: 'must name a service; without this key tokens are made for all' })
    .optional()
    .describe('The only services that tokens are made for; an entry may have lifetimes of its own.'),
  refresh: refreshSchema,
  keys: z
    .array(key)
    .min(1)
    .optional()
    .describe('The first key signs, all are published. Default: a key of its own in the state directory.'),
  key_id: z
    .enum(['libtrust', 'thumbprint'])
    .default('libtrust')
    .describe('kid: libtrust for registry v2, thumbprint (RFC 7638) for v3 without x5c.'),
  x5c: z
    .boolean()
    .default(true)
    .describe('Send the certificate in the token. Set false for a v3 registry that has only jwks.'),
})

const log = misplaced(
  z.strictObject({
    labels: z
      .boolean()
      .default(true)
      .describe('Labels stand in the audit line of each request, at most 2 KB. false: they do not.'),
  }),
  { level: 'give the level to the command: serve --log-level debug' },
)
  .prefault({})
  .describe('What is logged.')

/** The whole file, without the plugins' options. */
export const nativeSchema = z.strictObject({
  server: server.superRefine(checkServer).prefault({}).describe('The HTTP server.'),
  token: token.prefault({}).describe('The tokens.'),
  log,
  authenticators: z.array(authenticatorSchema).describe('Who is it? Asked in this order.'),
  labelers: z.array(skippableSchema).default([]).describe('Add labels to the accepted account.'),
  authorizers: z.array(strictSchema).describe('What may it do? Asked in this order, for each resource.'),
})

/** The native form after validation. */
export type NativeConfig = z.output<typeof nativeSchema>
export type InstanceConfig = NativeConfig['authenticators'][number]
