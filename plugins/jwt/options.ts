// The options: which issuers are trusted, and what their tokens must say.
import {
  connectionOptions,
  duration,
  expression,
  filePath,
  isPrivate,
  mapOf,
  tlsFiles,
  z,
} from '../../core/plugin.ts'

/** Signatures that are checked with a public key (RFC 7518, RFC 8037). Others (HS*, none) can't be told from forgeries here. */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Issuers whose tokens anybody in the world can get. */
const OPEN_TO_ALL: ReadonlyMap<string, string> = new Map([
  ['https://token.actions.githubusercontent.com', 'claims.repository_owner == "my-organization"'],
  ['https://gitlab.com', 'claims.namespace_path == "my-group"'],
  ['https://accounts.google.com', 'claims.email == "builder@my-project.iam.gserviceaccount.com"'],
])

const algorithm = z
  .string({ error: 'must be the name of an algorithm, such as RS256' })
  .refine((name) => ALGORITHMS.includes(name), {
    error: `is no signature with a public key; write one of ${ALGORITHMS.join(', ')}`,
  })

const url = z.url({
  protocol: /^https?$/,
  error: 'is no URL; write it as https://ci.example.com/.well-known/jwks.json',
})

/** A password in it would stand in the file, and no request may carry one. */
const keysUrl = url.refine((given) => !/^[^/]*\/\/[^/?#]*@/.test(given), {
  error:
    'must have no user name; write it without what stands before the @, and token_file for a bearer token',
})

const text = z.string({ error: 'must be text' }).min(1, 'is empty')

const NO_AUDIENCE =
  'is missing; write what the tokens for this registry name as audience (aud), such as registry.example.com'

const audience = z
  .union([text, z.array(text).min(1, 'names no audience')], {
    error: ({ input }) => (input === undefined ? NO_AUDIENCE : 'must be a text or a list of texts'),
  })
  .transform((given) => [given].flat())

/** Whether somebody is let in, over the claims and the user name that was typed. */
export const condition = expression({ variables: { claims: 'dyn', account: 'string' }, returns: 'bool' })
const overClaims = expression({ variables: ['claims'] })

const issuer = z
  .strictObject({
    issuer: text.describe('The issuer, exactly as its tokens name it (`iss`).'),
    audience: audience.describe('What the tokens must be made for (`aud`): one of these.'),
    jwks_url: keysUrl
      .optional()
      .describe("Where the issuer's public keys are. Default: found out from the issuer (OpenID discovery)."),
    jwks_file: filePath(text)
      .optional()
      .describe("A file with the issuer's public keys (JWKS) instead; read again when it changes."),
    token_file: filePath(text)
      .optional()
      .describe('A file with a bearer token that `jwks_url` asks for; read anew for each request.'),
    algorithms: z
      .array(algorithm)
      .min(1, 'allows no algorithm')
      .default(ALGORITHMS)
      .describe('The signature algorithms that are accepted, all of them with public keys.'),
    clock_tolerance: duration({ max: 300_000 })
      .prefault('30s')
      .describe("How far the issuer's clock may be from ours, at most 5m."),
    max_age: duration({ min: 1_000 })
      .optional()
      .describe('How long ago a token may have been issued (`iat`), whatever its own end is.'),
    once: z
      .boolean({ error: 'must be true or false' })
      .default(false)
      .describe(
        'Whether each token is good for one login, on all nodes: its `jti` is kept in the store until the token ends.',
      ),
    accept: condition
      .optional()
      .describe(
        'CEL over `claims` and `account` (the user name that was typed; empty in a token exchange): who is let in. Default: everyone.',
      ),
    account: overClaims.prefault('claims.sub').describe("CEL over `claims`: the account's name."),
    labels: mapOf(overClaims)
      .prefault({} as never)
      .describe(
        'Label names to CEL over `claims`, each a text or a list of texts. A missing field: no such label.',
      ),
    session_lifetime: duration({ min: 1_000 })
      .optional()
      .describe(
        'How long after the login a refresh token is good. Default: until the token itself ends (`exp`).',
      ),
    tls: tlsFiles.optional().describe('TLS files for https; paths are relative to the configuration.'),
  })
  .superRefine((given, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    const { issuer, jwks_url, jwks_file, token_file, tls, accept } = given
    const example = OPEN_TO_ALL.get(issuer)
    if (example !== undefined && accept === undefined) {
      fault('accept', `is missing: anybody can get a token of this issuer; write such as ${example}`)
    }
    if (jwks_url !== undefined && jwks_file !== undefined) {
      fault('jwks_file', 'stands beside jwks_url; remove one of the two')
    }
    if (jwks_file !== undefined && tls !== undefined) {
      fault('tls', 'is of no use with jwks_file: nothing is asked over the network')
    }
    if (jwks_url === undefined && jwks_file === undefined && !url.safeParse(issuer).success) {
      fault('issuer', 'is no URL, so its keys can not be found out; add jwks_url or jwks_file')
    }
    if (token_file === undefined) return
    if (jwks_url === undefined) {
      fault('token_file', 'needs jwks_url: the token is shown to nobody whom the configuration does not name')
    } else if (!isPrivate(new URL(jwks_url))) {
      fault('token_file', 'needs an https jwks_url: the token would be readable on the way')
    }
  })

export const options = z
  .strictObject({
    issuers: z
      .array(issuer, { error: 'must be a list of issuers' })
      .min(1, 'names no issuer')
      .describe('Whose tokens are accepted. A token of another one is passed on.'),
    refresh_every: duration({ min: 1_000, max: 86_400_000 })
      .prefault('10m')
      .describe('How often the keys of an issuer are read again.'),
    cool_down: duration({ min: 1_000, max: 3_600_000 })
      .prefault('30s')
      .describe(
        'After a token with an unknown key made us read the keys again, no other does for this long.',
      ),
    stale_for: duration({ max: 2_592_000_000 })
      .prefault('24h')
      .describe('How long keys that were read stay in use while the issuer can not be asked.'),
    retries: connectionOptions.retries,
  })
  .superRefine(({ issuers }, context) => {
    const seen = new Set<string>()
    for (const [index, { issuer }] of issuers.entries()) {
      if (seen.has(issuer)) {
        const message = 'stands here twice; write one entry, with a list of audiences and one condition'
        context.addIssue({ code: 'custom', path: ['issuers', index, 'issuer'], message })
      }
      seen.add(issuer)
    }
  })

export type Options = z.output<typeof options>
export type IssuerOptions = Options['issuers'][number]
