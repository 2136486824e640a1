// Where a database is and how to reach it: the options that the three plugins of this folder share.
import { filePath, mapOf, Secret, secret, z } from '../../core/plugin.ts'
import { KINDS, type Kind } from './kinds.ts'
import { type Tls, tls } from './tls-options.ts'
import { isWithoutPassword, readUrl } from './url.ts'

const database = z.enum(KINDS)
const DATABASE = 'postgres, mysql (also MariaDB), or sqlite.'

const partsOfConnection = {
  file: filePath(z.string().min(1))
    .optional()
    .describe('sqlite: the database file, relative to the configuration.'),
  url: secret({ plain: isWithoutPassword })
    .optional()
    .describe(
      'postgres://USER:PASSWORD@HOST:PORT/NAME or mysql://..., instead of the parts; with a password as !env NAME.',
    ),
  host: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Host name or address (default localhost); with a leading / the folder (postgres) or the path (mysql) of a unix socket.',
    ),
  port: z.int().min(1).max(65_535).optional().describe('Default: 5432 for postgres, 3306 for mysql.'),
  user: z.string().min(1).optional().describe('Who logs in to the database; it needs to read only.'),
  password: secret().optional(),
  name: z.string().min(1).optional().describe("The database's name."),
  search_path: z
    .string()
    .regex(/^[^\\\s]+$/, 'must be names with commas between them, without spaces: app,public')
    .optional()
    .describe('postgres: the schemas in which tables are looked for, such as app,public.'),
  tls: z
    .union([z.boolean(), tls], { error: 'must be true, false, or a map with ca, certificate, key, verify' })
    .transform((value): Tls | undefined => {
      if (typeof value === 'object') return value
      return value ? { verify: 'full' } : undefined
    })
    .optional()
    .describe('true, or what to trust and to show; without it the connection is not encrypted.'),
  connections: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'At most this many connections at once; further requests wait. They are kept and used again. Default: 10.',
    ),
}

/** To be spread into a plugin's schema, which `checkConnection` then completes. */
export const connectionOptions = { database: database.describe(DATABASE), ...partsOfConnection }

/** The same for whoever may be without a connection; `checkShared` completes it. */
export const sharedOptions = {
  database: database
    .optional()
    .describe(`${DATABASE} Without it, the database of another instance is asked, on its connections.`),
  ...partsOfConnection,
}

/** Beside the connection, for whoever gives labels. */
export const labelColumns = mapOf(z.string().min(1))
  .default(new Map())
  .describe('Labels from columns of their own: label names to column names.')

/** The connection's part of a plugin's checked options. */
export interface ConnectionOptions {
  readonly database: Kind
  readonly file?: string | undefined
  readonly url?: Secret | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  readonly name?: string | undefined
  readonly search_path?: string | undefined
  readonly tls?: Tls | undefined
  readonly connections: number
}

/** The same as it was written. */
export interface WrittenConnection extends Omit<ConnectionOptions, 'database' | 'connections'> {
  readonly database?: Kind | undefined
  readonly connections?: number | undefined
}

const NETWORK_KEYS = ['url', 'host', 'port', 'user', 'password', 'name', 'search_path', 'tls'] as const
const URL_KEYS = ['host', 'port', 'user', 'name'] as const

/** Also when the schema has found something, so that all problems are told at once. */
export const ALWAYS = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
}

/** What does not fit together in the connection's options. */
export function checkConnection(given: WrittenConnection, context: z.RefinementCtx): void {
  const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  const { database } = given
  if (database === 'sqlite') {
    for (const key of NETWORK_KEYS) {
      if (given[key] !== undefined) issue(key, 'is not for sqlite, which is a file; remove it')
    }
    if (given.file === undefined) issue('file', 'is missing; write the path of the database file')
    else if (given.file === ':memory:') issue('file', 'would be an empty database; write the path of a file')
    return
  }
  if (given.file !== undefined) issue('file', `is for sqlite; write url or host, user, password, name`)
  if (given.search_path !== undefined && database === 'mysql') {
    issue('search_path', 'is for postgres; name the database in the query instead')
  }
  if (given.url !== undefined && database !== undefined) {
    for (const key of URL_KEYS) {
      if (given[key] !== undefined) issue(key, 'stands beside url, which says it too; write one of the two')
    }
    try {
      // Text is a secret that is written out, which has been reported.
      if (given.url instanceof Secret) readUrl(given.url, database)
    } catch (error) {
      issue('url', (error as Error).message)
    }
  } else {
    if (given.user === undefined) issue('user', 'is missing; write who logs in to the database, or url')
    if (given.name === undefined) issue('name', "is missing; write the database's name, or url")
  }
}

/** The same where a connection may be left out as a whole. */
export function checkShared(given: WrittenConnection, context: z.RefinementCtx): void {
  if (given.database !== undefined) {
    checkConnection(given, context)
    return
  }
  for (const key of Object.keys(partsOfConnection) as (keyof typeof partsOfConnection)[]) {
    if (given[key] === undefined) continue
    const message = 'belongs to a connection of its own: write database too, or remove it'
    context.addIssue({ code: 'custom', path: [key], message })
  }
}

/** A database server's address and credentials, wherever they were written. */
export interface Server {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: Secret | undefined
  readonly name: string | undefined
  readonly tls: Tls | undefined
}

const PORTS = { postgres: 5432, mysql: 3306 } as const

/** The server that checked options of postgres or mysql name. */
export function serverOf(options: ConnectionOptions, database: keyof typeof PORTS): Server {
  const from = options.url ? readUrl(options.url, database) : options
  return {
    host: from.host ?? 'localhost',
    port: from.port ?? PORTS[database],
    user: from.user,
    password: options.password ?? from.password,
    name: from.name,
    tls: options.tls ?? from.tls,
  }
}
