// Real PostgreSQL servers for tests: Debian's postgresql on loopback ports, each with a folder of its own.
import { dirname, join } from 'node:path'
import pg from 'pg'
import { type DatabaseServer, folderOf, launch, ownerNamed, runAs, writeAs } from './database-process.ts'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'

export const POSTGRES_USER = 'keeper'
export const POSTGRES_PASSWORD = "open 'sesame'@/:"

/**
 * Starts a server with an empty database `postgres`, whose owner logs in as POSTGRES_USER with POSTGRES_PASSWORD, over TCP and over
 * the unix socket. The suite must say `needs('postgres')`.
 *
 * @param tls PEM texts: the server then takes TLS too
 * @example
 * const postgres = await startPostgres()
 * after(() => postgres.stop())
 */
export async function startPostgres(tls?: { certificate: string; key: string }): Promise<DatabaseServer> {
  const owner = ownerNamed('postgres')
  const program = findProgram('postgres') ?? 'postgres'
  const folder = await folderOf(owner, 'postgres')
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  await writeAs(owner, passwordFile, POSTGRES_PASSWORD)
  const initdb = findProgram('initdb') ?? join(dirname(program), 'initdb')
  const form = ['--no-sync', '--no-locale', '--encoding=UTF8', '--auth=scram-sha-256']
  await runAs(
    owner,
    initdb,
    [...form, `--username=${POSTGRES_USER}`, `--pwfile=${passwordFile}`, data],
    folder,
  )
  const settings = [
    'fsync=off',
    'max_connections=30',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
  ]
  if (tls) {
    const files = { 'tls.crt': tls.certificate, 'tls.key': tls.key }
    for (const [name, text] of Object.entries(files)) await writeAs(owner, join(folder, name), text)
    settings.push('ssl=on', `ssl_cert_file=${folder}/tls.crt`, `ssl_key_file=${folder}/tls.key`)
  }
  const port = await freePort()
  return launch({
    program,
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    owner,
    folder,
    port,
    // A fast shutdown: it does not wait for the clients.
    stopSignal: 'SIGINT',
    async sql(statements) {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: POSTGRES_USER,
        password: POSTGRES_PASSWORD,
        database: 'postgres',
      })
      client.on('error', () => {})
      try {
        await client.connect()
        let rows: Record<string, unknown>[] = []
        for (const statement of statements) rows = (await client.query(statement)).rows
        return rows
      } finally {
        await client.end().catch(() => {})
      }
    },
  })
}
