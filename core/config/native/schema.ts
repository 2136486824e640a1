// The native form of the configuration: the host's own sections. Plugin options have schemas of their own.
import { z } from 'zod'
import type { RsaAlgorithm } from '../../keys/algorithms.ts'
import { misplaced } from '../../kit/misplaced.ts'
import { duration, mapOf } from '../../kit/options.ts'
import { corsSchema } from './cors-schema.ts'
import { guardSchema } from './guard-schema.ts'
import { authenticatorSchema, skippableSchema, strictSchema } from './instance-schema.ts'
import { limitsSchema } from './limits-schema.ts'
import { addressSchema, clash, listenSchema, socketSchema } from './listen-schema.ts'
import { listenPlans, orderClashes } from './listeners.ts'
import { metricsSchema } from './metrics-schema.ts'
import { MAX_LIFETIME, MIN_LIFETIME } from './numbers.ts'
import { proxyProtocolSchema } from './proxy-schema.ts'
import { refreshSchema } from './refresh-schema.ts'
import { storeSchema } from './store-schema.ts'
import { network, path } from './texts.ts'
import { tlsSchema, tlsSettingsSchema } from './tls-schema.ts'
import { workersSchema } from './workers-schema.ts'

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256'] as const satisfies readonly RsaAlgorithm[]

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
function checkServer(given: z.output<typeof server>, context: z.RefinementCtx): void {
  const { client_ca: ca, client_crl: crl, client_certificate: proxies, metrics } = given
  const plans = listenPlans(given)
  const issue = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: key.split('.'), message })
  if (given.socket && !plans.some(({ listen }) => 'socket' in listen))
    issue('socket', 'needs listen: unix:/PATH; elsewhere there is no file')
  for (const { at, listen, proxies } of plans)
    if ('port' in listen && proxies?.length === 0)
      issue(
        given.proxy_protocol?.trusted_proxies === proxies
          ? 'proxy_protocol.trusted_proxies'
          : `${at.slice('server.'.length)}.proxy_protocol.trusted_proxies`,
        'must name a network: otherwise nobody may connect',
      )
  for (const [index, { address, socket }] of given.listen.entries.entries())
    if (socket && !('socket' in address))
      issue(`listen.${index}.socket`, 'needs address: unix:/PATH; elsewhere there is no file')
  for (const { at, message } of orderClashes(given)) issue(at.slice('server.'.length), message)
  if (metrics && plans.some(({ listen }) => clash(metrics.listen, listen)))
    issue('metrics.listen', 'is where tokens are asked for; write another port, such as "127.0.0.1:9464"')
  if (ca !== undefined && !plans.some(({ tls }) => tls) && proxies === undefined) {
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

const server = z.strictObject({
  listen: listenSchema.prefault(':5001'),
  socket: socketSchema.describe(
    'Who may connect to the socket file of listen: unix:/PATH. Default: whom the umask lets.',
  ),
  path_prefix: z
    .string()
    .regex(/^(\/\P{Cc}*[^\p{Cc}/])?$/u, {
      error: 'must begin with / and not end with it, such as /registry-auth, and hold no control characters',
    })
    .default('')
    .describe('Put before every path of the server, as text: /my registry, not /my%20registry.'),
  tls: tlsSchema,
  client_ca: path()
    .optional()
    .describe(
      'PEM file: the authorities of client certificates, up to their roots. Clients may then show one.',
    ),
  client_crl: path().optional().describe('PEM file: the revocation lists of all authorities in client_ca.'),
  client_certificate: forwarded.optional(),
  hsts: z.boolean().default(false).describe('Send Strict-Transport-Security.'),
  client_ip: clientIp.optional(),
  proxy_protocol: proxyProtocolSchema,
  cors: corsSchema,
  state_dir: path()
    .optional()
    .describe(
      'Folder for what the server makes itself (keys, tokens, first user). Default: var beside this file. DOCKWARDEN_STATE_DIR overrides it.',
    ),
  store: storeSchema,
  workers: workersSchema,
  limits: limitsSchema,
  guard: guardSchema,
  reload: z
    .enum(['auto', 'signal'])
    .optional()
    .describe(
      "auto: the configuration is read again when its files change. signal: on SIGHUP, and when dockwarden reload asks. Default: signal; auto in docker_auth's form.",
    ),
  metrics: metricsSchema(addressSchema, tlsSettingsSchema),
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

/** A token is handed out again only while it is nearly new. */
const MOST_REUSE = 3_600_000

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
  reuse: duration({ max: MOST_REUSE })
    .prefault('10s')
    .describe(
      'So long after its signature a token is handed out again, to whoever would get the same one. 0: each request gets its own.',
    ),
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
