// Real MariaDB servers for tests: Debian's mariadb-server on loopback ports, each with a folder of its own.
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { type DatabaseServer, folderOf, launch, ownerNamed, runAs, writeAs } from './database-process.ts'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'

export const MARIADB_USER = 'keeper'
export const MARIADB_PASSWORD = "open 'sesame'@/:"

/**
 * Starts a server with an empty database `app`, which MARIADB_USER with MARIADB_PASSWORD may use, over TCP and over the unix
 * socket `server.sock` in its folder. The suite must say `needs('mariadbd')`.
 *
 * @param tls PEM texts: the server then takes TLS too
 * @example
 * const mariadb = await startMariadb()
 * after(() => mariadb.stop())
 */
export async function startMariadb(tls?: { certificate: string; key: string }): Promise<DatabaseServer> {
  const owner = ownerNamed('mysql')
  const folder = await folderOf(owner, 'mariadb')
  const data = join(folder, 'data')
  const socket = join(folder, 'server.sock')
  const small = [
    '--innodb-buffer-pool-size=8M',
    '--innodb-log-file-size=4M',
    '--innodb-flush-log-at-trx-commit=0',
  ]
  await runAs(
    owner,
    findProgram('mariadb-install-db') ?? 'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
      ...small,
    ],
    folder,
  )
  const secure: string[] = []
  if (tls) {
    const files = { 'tls.crt': tls.certificate, 'tls.key': tls.key }
    for (const [name, text] of Object.entries(files)) await writeAs(owner, join(folder, name), text)
    secure.push(`--ssl-cert=${folder}/tls.crt`, `--ssl-key=${folder}/tls.key`)
  }
  const port = await freePort()
  const server = await launch({
    program: findProgram('mariadbd') ?? 'mariadbd',
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      `--pid-file=${folder}/pid`,
      `--tmpdir=${folder}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--max-connections=30',
      ...small,
      ...secure,
    ],
    owner,
    folder,
    port,
    stopSignal: 'SIGTERM',
    async sql(statements) {
      const connection = await createConnection({ socketPath: socket, user: 'root', charset: 'utf8mb4' })
      try {
        let rows: unknown = []
        for (const statement of statements) [rows] = await connection.query(statement)
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
      } finally {
        await connection.end()
      }
    },
  })
  const password = MARIADB_PASSWORD.replaceAll("'", "''")
  await server.sql(
    'CREATE DATABASE app CHARACTER SET utf8mb4',
    `CREATE USER ${MARIADB_USER} IDENTIFIED BY '${password}'`,
    `GRANT ALL ON app.* TO ${MARIADB_USER}`,
  )
  return server
}
