// The connection strings of the Go drivers that docker_auth uses, taken apart into options of the sql plugins.
import { userInfo } from 'node:os'

/** What a connection string says. */
export interface Dsn {
  readonly options: ReadonlyMap<string, string | number>
  readonly password?: string
  readonly tls?: Readonly<Record<string, string>>
  /** What deserves a warning: parts that have no effect here, or that are dangerous. */
  readonly notes: readonly string[]
}

/** How a certificate is not checked, as a warning. */
export const UNCHECKED = "the database's certificate is not checked, as in docker_auth"

/** Keys of lib/pq that change nothing in what is read. */
const POSTGRES_UNUSED = [
  ...['application_name', 'fallback_application_name', 'connect_timeout', 'client_encoding', 'datestyle'],
  ...['timezone', 'binary_parameters', 'disable_prepared_binary_result', 'sslsni', 'sslmode'],
  ...['host', 'port', 'user', 'password', 'dbname', 'search_path', 'sslrootcert', 'sslcert', 'sslkey'],
]

/** The environment variables that lib/pq reads, and what they stand in for. */
const POSTGRES_VARIABLES = new Map([
  ['PGHOST', 'host'],
  ['PGPORT', 'port'],
  ['PGUSER', 'user'],
  ['PGPASSWORD', 'password'],
  ['PGDATABASE', 'dbname'],
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLROOTCERT', 'sslrootcert'],
  ['PGSSLCERT', 'sslcert'],
  ['PGSSLKEY', 'sslkey'],
])

/**
 * Reads a connection string of lib/pq: `postgres://user:password@host:5432/name?sslmode=disable`, or `host=... user=...`.
 *
 * @param environment where lib/pq finds what the text does not say
 * @throws Error that says what to write, and shows nothing of the text
 * @see https://pkg.go.dev/github.com/lib/pq#hdr-Connection_String_Parameters
 */
export function readPostgresDsn(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Dsn {
  const given = /^postgres(ql)?:\/\//.test(text) ? urlSettings(text) : keywordSettings(text)
  for (const [variable, key] of POSTGRES_VARIABLES) {
    const value = environment[variable]
    if (value && !given.has(key)) given.set(key, value)
  }
  const user = given.get('user') || userInfo().username
  const host = given.get('host') || 'localhost'
  const options = new Map<string, string | number>([
    ['host', host],
    ['port', portOf(given.get('port') || '5432')],
    ['user', user],
    ['name', given.get('dbname') || user],
  ])
  const searchPath = given.get('search_path')?.replaceAll(/\s/g, '')
  if (searchPath) options.set('search_path', searchPath)
  const notes = [...given.keys()]
    .filter((key) => !POSTGRES_UNUSED.includes(key))
    .map((key) => `${JSON.stringify(key)} in it is not used here; remove it`)
  const tls = host.startsWith('/') ? undefined : postgresTls(given)
  if (tls?.verify === 'none') notes.push(`${UNCHECKED}; write sslmode=verify-full`)
  return { options, ...passwordOf(given.get('password')), ...(tls && { tls }), notes }
}

function urlSettings(text: string): Map<string, string> {
  let url: URL
  try {
    // Go takes a login without a host, a URL of the web does not.
    url = new URL(text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?#]|$)/, '$1localhost'))
  } catch {
    throw new Error(
      'is no valid URL; write postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded',
    )
  }
  const parts = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    user: url.username,
    password: url.password,
    dbname: url.pathname.slice(1),
  }
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(parts)) if (value !== '') found.set(key, unescaped(value))
  for (const [key, value] of url.searchParams) found.set(key, value)
  return found
}

/** `key=value` with spaces between; values may stand in single quotes, and a backslash keeps the character after it. */
const KEYWORD =
  /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])(?:[^\s\\]|\\[\s\S])*|))(?=\s|$)/y

function keywordSettings(text: string): Map<string, string> {
  const found = new Map<string, string>()
  let end = 0
  while (text.slice(end).trim() !== '') {
    KEYWORD.lastIndex = end
    const match = KEYWORD.exec(text)
    if (!match) {
      throw new Error(
        "can't be read; write host=HOST user=USER password='PASSWORD' dbname=NAME, or a postgres:// URL",
      )
    }
    found.set(match[1]!, (match[2] ?? match[3]!).replaceAll(/\\([\s\S])/g, '$1'))
    end = KEYWORD.lastIndex
  }
  return found
}

function postgresTls(given: ReadonlyMap<string, string>): Record<string, string> | undefined {
  const mode = given.get('sslmode') || 'require'
  const ca = given.get('sslrootcert')
  const verify = {
    disable: undefined,
    require: ca ? 'ca' : 'none',
    'verify-ca': 'ca',
    'verify-full': 'full',
  }
  if (!Object.hasOwn(verify, mode)) {
    throw new Error(
      `has an sslmode that docker_auth refuses too; write one of ${Object.keys(verify).join(', ')}`,
    )
  }
  const check = verify[mode as keyof typeof verify]
  if (check === undefined) return undefined
  const [certificate, key] = [given.get('sslcert'), given.get('sslkey')]
  return { verify: check, ...(ca && { ca }), ...(certificate && { certificate }), ...(key && { key }) }
}

/** Parameters of go-sql-driver/mysql that change nothing in what is read. */
const MYSQL_UNUSED = [
  ...[
    'allowNativePasswords',
    'charset',
    'checkConnLiveness',
    'clientFoundRows',
    'collation',
    'columnsWithAlias',
  ],
  ...['compress', 'connectionAttributes', 'interpolateParams', 'loc', 'maxAllowedPacket', 'multiStatements'],
  ...['parseTime', 'readTimeout', 'rejectReadOnly', 'timeout', 'tls', 'writeTimeout'],
]

const MYSQL_FORM = 'write USER:PASSWORD@tcp(HOST:PORT)/NAME or USER:PASSWORD@unix(PATH)/NAME'

/**
 * Reads a connection string of go-sql-driver/mysql: `user:password@tcp(host:3306)/name?charset=utf8`.
 *
 * @throws Error that says what to write, and shows nothing of the text
 * @see https://github.com/go-sql-driver/mysql#dsn-data-source-name
 */
export function readMysqlDsn(text: string): Dsn {
  // The password may hold anything: what is around it is found from both ends.
  const match =
    /^(?:(?<login>[\s\S]*)@)?(?<address>[^@/]*(?:\([^@]*\))?)\/(?<name>[^/?]*)(?:\?(?<parameters>[^/]*))?$/.exec(
      text,
    )
  if (!match?.groups) throw new Error(`can't be read; ${MYSQL_FORM}`)
  const { login = '', address = '', name = '', parameters = '' } = match.groups
  const [, user = '', password] = /^([^:]*)(?::([\s\S]*))?$/.exec(login)!
  if (user === '') throw new Error(`names no user; ${MYSQL_FORM}`)
  if (name === '') throw new Error(`names no database; ${MYSQL_FORM}`)
  const settings = new URLSearchParams(parameters)
  const notes = [...settings.keys()]
    .filter((key) => !MYSQL_UNUSED.includes(key))
    .map((key) => `${JSON.stringify(key)} in it is not used here; remove it`)
  const tls = mysqlTls(settings.get('tls') ?? 'false', notes)
  const options = new Map<string, string | number>([
    ...mysqlAddress(address),
    ['user', user],
    ['name', unescaped(name)],
  ])
  return { options, ...passwordOf(password), ...(tls && { tls }), notes }
}

function mysqlAddress(address: string): [string, string | number][] {
  const [, network = '', place] = /^([^(]*)(?:\(([\s\S]*)\))?$/.exec(address) ?? []
  if (network === 'unix') return [['host', place || '/tmp/mysql.sock']]
  if (network !== 'tcp' && network !== '')
    throw new Error(`has an address that is neither tcp nor unix; ${MYSQL_FORM}`)
  const [, host = '', port = '3306'] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(place || '127.0.0.1')!
  return [
    ['host', host.replace(/^\[(.*)\]$/, '$1') || 'localhost'],
    ['port', portOf(port)],
  ]
}

function mysqlTls(value: string, notes: string[]): Record<string, string> | undefined {
  if (/^(0|false|FALSE|False)$/.test(value)) return undefined
  if (/^(1|true|TRUE|True)$/.test(value)) return { verify: 'full' }
  const word = value.toLowerCase()
  if (word !== 'skip-verify' && word !== 'preferred') {
    throw new Error('has a tls that docker_auth refuses too; write one of true, false, skip-verify')
  }
  notes.push(`${UNCHECKED}; write tls=true`)
  if (word === 'preferred') {
    notes.push('tls=preferred always encrypts here; if the database speaks no TLS, write tls=false')
  }
  return { verify: 'none' }
}

/**
 * The file that a connection string of mattn/go-sqlite3 names: a path, perhaps with `?parameters`, or a `file:` URI.
 *
 * @throws Error that says what to write
 * @see https://sqlite.org/uri.html
 */
export function readSqliteDsn(text: string): string {
  const [path = '', parameters = ''] = text.split(/\?([\s\S]*)/)
  const inMemory = new URLSearchParams(parameters).get('mode') === 'memory'
  const file = /^file:/.test(path) ? unescaped(path.replace(/^file:(\/\/(localhost)?(?=\/))?/, '')) : path
  if (file === '' || file === ':memory:' || inMemory) {
    throw new Error('is a database that begins empty; write the path of a file')
  }
  return file
}

function passwordOf(password: string | undefined): { password?: string } {
  return password ? { password } : {}
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new Error('has a port that is no number between 1 and 65535; correct it')
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a % that encodes nothing; write %25 for the character itself')
  }
}
