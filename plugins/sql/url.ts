// A database's URL, as platforms hand it out: postgres://user:password@host:5432/name?sslmode=require.
import { Secret } from '../../core/plugin.ts'
import type { Kind } from './kinds.ts'
import type { Tls } from './tls-options.ts'

/** What a URL can say. */
export interface UrlParts {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: Secret | undefined
  readonly name: string | undefined
  readonly tls: Tls | undefined
}

const SCHEMES = {
  postgres: ['postgres:', 'postgresql:'],
  mysql: ['mysql:', 'mariadb:'],
  sqlite: [] as string[],
}

/** libpq's words; `require` encrypts without checking anything. */
const SSL_MODES = new Map<string, Tls | undefined>([
  ['disable', undefined],
  ['require', { verify: 'none' }],
  ['verify-ca', { verify: 'ca' }],
  ['verify-full', { verify: 'full' }],
])

/** Whether a URL holds no password, so that it can stand in the configuration. */
export function isWithoutPassword(url: string): boolean {
  return URL.parse(url)?.password === ''
}

/**
 * Takes a URL apart.
 *
 * @throws Error that says what to write instead, and shows nothing of the URL
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readUrl(url: Secret, database: Kind): UrlParts {
  const schemes = SCHEMES[database]
  const form = `${schemes[0]}//USER:PASSWORD@HOST:PORT/NAME`
  let parsed: URL
  try {
    parsed = new URL(url.reveal())
  } catch {
    throw new Error(`is no valid URL; write ${form}, with special characters of the password percent-encoded`)
  }
  if (!schemes.includes(parsed.protocol)) throw new Error(`must begin with ${schemes[0]}//; write ${form}`)
  return {
    host: decoded(parsed.hostname)?.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? undefined : Number(parsed.port),
    user: decoded(parsed.username),
    password: parsed.password === '' ? undefined : new Secret(decoded(parsed.password)!),
    name: decoded(parsed.pathname.slice(1)),
    tls: tlsOf(parsed.searchParams, database),
  }
}

function tlsOf(parameters: URLSearchParams, database: Kind): Tls | undefined {
  for (const key of parameters.keys()) {
    if (database !== 'postgres' || key !== 'sslmode') {
      throw new Error(
        'has a parameter after the ? that is not known here; remove it, and write tls: for encryption',
      )
    }
  }
  const mode = parameters.get('sslmode') ?? 'disable'
  if (!SSL_MODES.has(mode))
    throw new Error(`has an unknown sslmode; write one of ${[...SSL_MODES.keys()].join(', ')}`)
  return SSL_MODES.get(mode)
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Error('has a % that encodes nothing; write %25 for the character itself')
  }
}
