// PostgreSQL, through the package pg.
import pg from 'pg'
import { type Files, type Places, readTlsFiles } from '../../core/plugin.ts'
import type { Driver } from './driver.ts'
import { whyNoConnection } from './network.ts'
import { type ConnectionOptions, serverOf } from './options.ts'
import { resultOf } from './rows.ts'
import { createSessions } from './session.ts'
import type { Tls } from './tls-options.ts'

const CONNECT_TIMEOUT_MS = 5_000
const IDLE_TIMEOUT_MS = 60_000

/** Codes of the server's last words before it closes the connection: shut down by the operator, or after a crash. */
const CLOSING = ['57P01', '57P02', '57P05']

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANINGS = new Map([
  ['28P01', 'the password is refused; correct user and password'],
  ['28000', 'the login is refused; correct user and password, or see pg_hba.conf'],
  ['3D000', 'there is no such database; correct name'],
  ['53300', 'it has too many connections; lower connections, or raise its max_connections'],
  ['57P01', 'it is shutting down'],
  ['57P03', 'it is starting or shutting down'],
  ['42501', 'permission denied; GRANT SELECT on the tables of the query to the user'],
])

/** @throws Error about a TLS file */
export function openPostgres(options: ConnectionOptions, files: Files, places: Places): Driver {
  const server = serverOf(options, 'postgres')
  const { host, port, user, password, name, tls } = server
  const pool = new pg.Pool({
    host,
    port,
    ...(user !== undefined && { user }),
    ...(name !== undefined && { database: name }),
    ...(password && { password: password.reveal() }),
    ...(options.search_path !== undefined && { options: `-c search_path=${options.search_path}` }),
    ssl: tls ? { ...readTlsFiles(tls, files), ...verification(tls) } : false,
    max: options.connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'dockwarden',
  })
  // A connection that is lost while nobody uses it. The pool drops it, and the next question makes another one.
  pool.on('error', () => {})
  const where = `postgres ${host.startsWith('/') ? `socket in ${host}` : `${host}:${port}`}`
  const run = createSessions(
    {
      async connect() {
        const client = await pool.connect()
        // While it is ours, the pool does not listen for errors; the query's own rejection tells them.
        const ignore = () => {}
        client.on('error', ignore)
        const end = (destroy: boolean) => {
          client.off('error', ignore)
          client.release(destroy)
        }
        return { connection: client, release: () => end(false), destroy: () => end(true) }
      },
      isLost: (error) => !(error instanceof pg.DatabaseError) || CLOSING.includes(error.code ?? ''),
    },
    places.open({ name: `connections to ${where}`, size: options.connections }),
  )
  return {
    place: where,
    query(statement, values, signal) {
      const text = statement.text((position) => `$${position}`)
      return run(async (client) => {
        const asked = { text, values: statement.values(values), rowMode: 'array' as const }
        const { fields, rows } = await client.query<unknown[]>(asked)
        return resultOf(
          fields.map((field) => field.name),
          rows,
        )
      }, signal)
    },
    explain(error) {
      if (!(error instanceof pg.DatabaseError)) return CONNECTION.get((error as Error).message)
      return MEANINGS.get(error.code ?? '') ?? `${error.message.slice(0, 200)} (${error.code})`
    },
    unwritable: ['22P05', '22021'],
    close: () => pool.end(),
  }
}

/** What pg says of connections without a code. */
const CONNECTION = new Map([
  ['Connection terminated unexpectedly', whyNoConnection({ code: 'ECONNRESET' })],
  ['Connection terminated due to connection timeout', whyNoConnection({ code: 'ETIMEDOUT' })],
  ['timeout exceeded when trying to connect', whyNoConnection({ code: 'ETIMEDOUT' })],
  ['The server does not support SSL connections', 'it speaks no TLS; set it up there, or remove tls'],
])

function verification({ verify }: Tls): object {
  if (verify === 'full') return { rejectUnauthorized: true }
  if (verify === 'ca') return { rejectUnauthorized: true, checkServerIdentity: () => undefined }
  return { rejectUnauthorized: false }
}
