// The options, shared by the authenticator and the labeler.
import { RE2JS } from 're2js'
import { duration, filePath, mapOf, secret, template, tlsFiles, z } from '../../core/plugin.ts'
import type { Address } from './connection.ts'
import { filterAt, filterTemplate } from './filter.ts'

const URL_ERROR = 'must be such as ldaps://dc1.example.com or ldap://dc1.example.com:389'

const serverUrl = z
  .string({ error: URL_ERROR })
  .transform((text, context): Pick<Address, 'host' | 'port'> & { readonly secure: boolean } => {
    const { protocol, hostname, port, pathname, search, hash, username, password } = URL.parse(text) ?? {}
    const rest = `${pathname === '/' ? '' : pathname}${search}${hash}${username}${password}`
    if ((protocol !== 'ldap:' && protocol !== 'ldaps:') || !hostname || rest !== '') {
      const meant = `${text.endsWith(':389') ? 'ldap' : 'ldaps'}://${text}`
      const hint = /^[\w.-]+(:\d+)?$/.test(text) ? `; write ${meant}` : ''
      context.addIssue({ code: 'custom', message: `${URL_ERROR}${hint}` })
      return z.NEVER
    }
    const secure = protocol === 'ldaps:'
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    return { host, port: port === '' ? (secure ? 636 : 389) : Number(port), secure }
  })

const path = filePath(z.string({ error: 'must be a path' }).min(1, 'is empty; write a path'))

const attribute = z
  .string({ error: 'must be the name of an attribute' })
  .regex(/^[a-z0-9][\w.;-]*$/i, 'is no name of an attribute; write such as memberOf')

const expression = z.string({ error: 'must be text' }).transform((source, context) => {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    const why = (error as Error).message.replace(/^error parsing regexp: /, '')
    context.addIssue({ code: 'custom', message: `is no regular expression in RE2 syntax: ${why}` })
    return z.NEVER
  }
})

const valueRule = {
  match: expression
    .optional()
    .describe(
      'A regular expression (RE2): only what matches is kept, of it the first capture if it has one.',
    ),
  lower_case: z.boolean().default(false).describe('Turn the values into lower case.'),
}

const parseCn = z
  .boolean()
  .default(false)
  .describe('Of a value that is a DN, take its common name (cn); this comes before `match`.')

const label = z.strictObject({
  attribute: attribute.describe('The attribute of the entry that has the values.'),
  parse_cn: parseCn,
  ...valueRule,
})

const groups = z.strictObject({
  base: z.string().describe('Where groups are searched for, at any depth.'),
  filter: filterTemplate(['dn', 'account'])
    .refine(({ variables }) => variables.length > 0, 'finds all groups for everyone; write (member=${dn})')
    .describe('Which groups a member is in; ${dn} is the DN of its entry, ${account} the account.'),
  name: attribute.default('cn').describe("The groups' attribute that becomes the label's values."),
  label: z.string().min(1).default('groups').describe('The name of the label.'),
  nested: z
    .int()
    .min(0)
    .max(20)
    .default(0)
    .describe('How many levels of groups around these groups also count; one more search each.'),
  cache: duration({ min: 1_000, max: 3_600_000 })
    .optional()
    .describe(
      'How long the groups of an account are kept in memory: so long, at most, one that is taken away still counts. Default: they are searched for at each request.',
    ),
  ...valueRule,
})

export const SERVERS = 'ldaps://HOST or ldap://HOST: asked in this order, the next one when one is down.'

export const servers = z
  .array(serverUrl, { error: `must be a list of servers; write [ldaps://dc1.example.com]` })
  .min(1, 'names no server')

/** How the servers are reached. What is left out is as `openDirectory` has it: a labeler must not have it without servers. */
export const connectionShape = {
  starttls: z
    .boolean()
    .optional()
    .describe(
      'With ldap://: encrypt by StartTLS, always. false: passwords may cross the network in the clear.',
    ),
  tls: tlsFiles
    .safeExtend({
      insecure_skip_verify: z
        .boolean()
        .default(false)
        .describe('Take any certificate: whoever is in between can read the passwords.'),
    })
    .optional()
    .describe('How TLS is spoken.'),
  bind_dn: template({ variables: ['account'] })
    .optional()
    .describe(
      'Whom searches are done as; without it, anonymously. With initial_bind_as_user, has ${account}.',
    ),
  bind_password: secret().optional(),
  bind_password_file: path
    .optional()
    .describe('A file with the password, read at each new connection: a new password needs no restart.'),
  connections: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'At most this many connections to a server for searches, and as many for password checks. Default: 8.',
    ),
  server_timeout: duration({ min: 100 })
    .optional()
    .describe(
      "How long a server may take before the next one is asked; the last one has the instance's timeout. Default: 2s.",
    ),
}

/** How an account's entry is found, and what it tells. */
export const lookupShape = {
  base: template({ variables: ['account'] }).describe('Where accounts are searched for, at any depth.'),
  filter: filterTemplate(['account']).describe('What finds the entry of an account: (uid=${account})'),
  disabled: filterAt()
    .optional()
    .describe(
      'A filter that disabled entries match: they are rejected, also when a refresh token is used. ${now:filetime} and ${now:generalized} are the time, ${now-30m:filetime} is half an hour ago.',
    ),
  labels: mapOf(label).prefault({}).describe("Label names to what of the entry's attributes they hold."),
  groups: groups.optional().describe('A search for the groups of an account, for servers without memberOf.'),
}

/** The attribute that says what an account is really called. */
export const accountAttribute = attribute
  .optional()
  .describe(
    'The attribute with the name to go by: uid finds ANN as ann, and rules then see ann. `filter` must find it too.',
  )

/** Names that carry the domain of the account. */
export const stripDomain = z
  .boolean()
  .default(false)
  .describe('Take CORP\\ann for ann, whatever the domain: for a directory that has one.')

/** What says that there is another password. */
export const credentialAttributes = z
  .array(attribute, { error: 'must be a list of attributes; write [pwdChangedTime]' })
  .optional()
  .describe(
    'Attributes that change with the password, in place of the usual ones: then refresh tokens end. A time ends them when it is later.',
  )

export interface ConnectionOptions extends z.output<z.ZodObject<typeof connectionShape>> {
  readonly servers: z.output<typeof servers>
}
export type LookupOptions = z.output<z.ZodObject<typeof lookupShape>>

/** What the schema of one option alone can't say. */
export function checkTogether(
  options: ConnectionOptions & LookupOptions & { readonly initial_bind_as_user?: boolean | undefined },
  context: z.RefinementCtx,
): void {
  checkConnection(options, context)
  const same = faultOfLookup(options)
  if (same) context.addIssue({ code: 'custom', path: ['filter'], message: same })
}

/** The same for an instance that may take the directory of another one. */
export function checkLabeler(
  { servers, base, filter, ...options }: Partial<ConnectionOptions & LookupOptions>,
  context: z.RefinementCtx,
): void {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  if (servers) checkConnection({ ...options, servers }, context)
  for (const key of Object.keys(connectionShape) as (keyof typeof connectionShape)[]) {
    if (!servers && options[key] !== undefined)
      refuse(key, 'belongs to a connection of its own: write servers too, or remove it')
  }
  if (servers && !base) refuse('base', 'is missing; write where accounts are searched for')
  if (servers && !filter)
    refuse('filter', 'is missing; write what finds an account, such as (uid=${account})')
  const same = base && filter && faultOfLookup({ base, filter })
  if (same) refuse('filter', same)
}

/** Why accounts can't be told apart. */
export function faultOfLookup({ base, filter }: Pick<LookupOptions, 'base' | 'filter'>): string | undefined {
  return [filter, base].some(({ variables }) => variables.includes('account'))
    ? undefined
    : 'finds the same entry for everyone; write (uid=${account})'
}

function checkConnection(
  options: ConnectionOptions & { readonly initial_bind_as_user?: boolean | undefined },
  context: z.RefinementCtx,
): void {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  const { bind_dn: dn, bind_password: password, bind_password_file: file } = options
  const passwords = [password, file].filter((one) => one !== undefined).length
  if (options.initial_bind_as_user) {
    if (!dn?.variables.includes('account'))
      refuse('bind_dn', 'must say who ${account} is: cn=${account},ou=people')
    if (passwords > 0) refuse('initial_bind_as_user', 'needs no password of its own; remove bind_password')
  } else if (dn?.variables.includes('account')) {
    refuse('bind_dn', 'has ${account}, which needs initial_bind_as_user: true')
  } else if (dn && passwords === 0) {
    refuse('bind_dn', 'has no password; write bind_password or bind_password_file')
  } else if (!dn && passwords > 0) {
    refuse('bind_password', 'is for nobody; write bind_dn')
  } else if (passwords > 1) {
    refuse('bind_password_file', 'stands beside bind_password; remove one of the two')
  }
  if (options.starttls && options.servers.some(({ secure }) => secure)) {
    refuse('starttls', 'is for ldap://; ldaps:// is encrypted from the start')
  }
}
