// MySQL and MariaDB, through the package mysql2. Queries are prepared statements: values travel apart from the SQL text.
import { isIP } from 'node:net'
import { createPool, type Pool, type PoolConnection } from 'mysql2'
import { type Files, type Places, readTlsFiles } from '../../core/plugin.ts'
import type { Driver } from './driver.ts'
import { whyNoConnection } from './network.ts'
import { type ConnectionOptions, serverOf } from './options.ts'
import { type Result, resultOf } from './rows.ts'
import { createSessions, type Lease } from './session.ts'
import type { Tls } from './tls-options.ts'

const CONNECT_TIMEOUT_MS = 5_000
const IDLE_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 1_000

/** @see https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference */
const MEANINGS = new Map([
  ['ER_ACCESS_DENIED_ERROR', 'the login is refused; correct user and password'],
  ['ER_DBACCESS_DENIED_ERROR', 'the user may not use this database; correct name, or GRANT SELECT on it'],
  ['ER_BAD_DB_ERROR', 'there is no such database; correct name'],
  ['ER_CON_COUNT_ERROR', 'it has too many connections; lower connections, or raise its max_connections'],
  ['ER_TABLEACCESS_DENIED_ERROR', 'permission denied; GRANT SELECT on the tables of the query to the user'],
  ['ER_SERVER_SHUTDOWN', 'it is shutting down'],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'it speaks no TLS; set it up there, or remove tls'],
])

/** OpenSSL's sentences by their codes, over which mysql2 writes one of its own. */
const TLS_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^self-signed certificate in|^unable to (verify|get)/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/^self-signed certificate/, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/has expired/, 'CERT_HAS_EXPIRED'],
  [/not yet valid/, 'CERT_NOT_YET_VALID'],
  [/altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
]

/** Errors after which the server closes the connection: shut down, or killed by an operator. */
const CLOSING = ['ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED']

/** @throws Error about a TLS file, or TLS that can't be checked */
export function openMysql(options: ConnectionOptions, files: Files, places: Places): Driver {
  const { host, port, user, password, name, tls } = serverOf(options, 'mysql')
  const isSocket = host.startsWith('/')
  // mysql2 would compare the certificate with the name localhost instead.
  if (tls?.verify === 'full' && isIP(host) !== 0) {
    throw new Error(
      `mysql ${host}:${port}: the certificate can't be checked for an address; write its name in host, or tls.verify: ca`,
    )
  }
  const pool = createPool({
    ...(isSocket ? { socketPath: host } : { host, port }),
    ...(user !== undefined && { user }),
    ...(password && { password: password.reveal() }),
    ...(name !== undefined && { database: name }),
    ...(tls && { ssl: { ...readTlsFiles(tls, files), ...verification(tls) } }),
    charset: 'utf8mb4',
    connectionLimit: options.connections,
    maxIdle: options.connections,
    connectTimeout: CONNECT_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
    enableKeepAlive: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  })
  const open = new Set<PoolConnection>()
  pool.on('connection', (connection) => {
    open.add(connection)
    connection.once('end', () => open.delete(connection))
    connection.on('error', () => open.delete(connection))
  })
  const where = `mysql ${isSocket ? `socket ${host}` : `${host}:${port}`}`
  const run = createSessions(
    { connect: () => connect(pool), isLost: (error) => isLost(error as LostError) },
    places.open({ name: `connections to ${where}`, size: options.connections }),
  )
  return {
    place: where,
    query(statement, values, signal) {
      const sql = statement.text(() => '?')
      return run((connection) => execute(connection, sql, statement.values(values)), signal)
    },
    explain(error) {
      const { code = '', message, sqlMessage } = error as Error & { code?: string; sqlMessage?: string }
      return (
        whyNoConnection({ code: codeOf(code, message) }) ??
        MEANINGS.get(code) ??
        (sqlMessage && `${sqlMessage.slice(0, 200)} (${code})`)
      )
    },
    unwritable: ['ER_CANT_AGGREGATE_2COLLATIONS', 'ER_CANNOT_CONVERT_STRING'],
    close: () => close(pool, open),
  }
}

/** The system's or OpenSSL's code of an error of mysql2. */
function codeOf(code: string, message: string): string | undefined {
  if (code === 'PROTOCOL_CONNECTION_LOST') return 'ECONNRESET'
  if (code === 'HANDSHAKE_SSL_ERROR') return TLS_FAULTS.find(([said]) => said.test(message))?.[1]
  return undefined
}

function connect(pool: Pool): Promise<Lease<PoolConnection>> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) return reject(error)
      resolve({
        connection,
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      })
    })
  })
}

function execute(connection: PoolConnection, sql: string, values: string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    connection.execute({ sql, rowsAsArray: true }, values, (error, rows, fields) => {
      if (error) return reject(error)
      resolve(
        resultOf(
          fields.map((field) => field.name),
          rows as unknown[][],
        ),
      )
    })
  })
}

interface LostError {
  readonly code?: string
  readonly fatal?: boolean
}

function isLost({ code = '', fatal }: LostError): boolean {
  return fatal === true || CLOSING.includes(code)
}

/** The pool says goodbye to the server, and would wait without an end for one that hangs. */
async function close(pool: Pool, open: ReadonlySet<PoolConnection>): Promise<void> {
  const ended = new Promise<void>((resolve) => pool.end(() => resolve()))
  const late = setTimeout(() => {
    for (const connection of open) connection.destroy()
  }, CLOSE_TIMEOUT_MS)
  const gone = new Promise<void>((resolve) => setTimeout(resolve, 2 * CLOSE_TIMEOUT_MS).unref())
  await Promise.race([ended, gone])
  clearTimeout(late)
}

function verification({ verify }: Tls): object {
  return { rejectUnauthorized: verify !== 'none', verifyIdentity: verify === 'full' }
}
