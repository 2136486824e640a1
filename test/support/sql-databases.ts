// The three databases for tests of the sql plugins: real servers, with docker_auth's tables as xorm makes them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Secret } from '../../core/plugin.ts'
import { MARIADB_PASSWORD, MARIADB_USER, startMariadb } from './mariadb.ts'
import { POSTGRES_PASSWORD, POSTGRES_USER, startPostgres } from './postgres.ts'

/** `correct horse`, with bcrypt at its lowest cost. */
export const CORRECT_HORSE = '$2y$04$NXSr.hThZFRpzQm0u2m2uO0THr4.nLEm1yTx8/St3DR6lOOx9hhIi'

/** A database that a test can fill and ask. */
export interface TestDatabase {
  /** The connection's options of the plugins. */
  readonly options: object
  /** Runs SQL with all rights, each statement for itself. */
  sql(...statements: string[]): Promise<unknown>
  stop(): Promise<void>
}

export interface DatabaseKind {
  readonly name: 'postgres' | 'mysql' | 'sqlite'
  /** For `needs`. */
  readonly programs: readonly string[]
  start(): Promise<TestDatabase>
}

export const DATABASES: readonly DatabaseKind[] = [
  {
    name: 'postgres',
    programs: ['postgres'],
    async start() {
      const server = await startPostgres()
      await server.sql(
        `CREATE TABLE xorm_user (id BIGSERIAL PRIMARY KEY NOT NULL, username VARCHAR(128) NOT NULL,
          password_hash VARCHAR(128) NOT NULL, labels JSON NULL)`,
        'CREATE TABLE xorm_acl_entry (acl_entry JSON NULL, seq BIGINT NULL)',
      )
      return { ...server, options: postgresOptions(server.port) }
    },
  },
  {
    name: 'mysql',
    programs: ['mariadbd'],
    async start() {
      const server = await startMariadb()
      const sql = (...statements: string[]) => server.sql('USE app', ...statements)
      await sql(
        `CREATE TABLE xorm_user (id BIGINT(20) PRIMARY KEY AUTO_INCREMENT NOT NULL, username VARCHAR(128) NOT NULL,
          password_hash VARCHAR(128) NOT NULL, labels JSON NULL)`,
        'CREATE TABLE xorm_acl_entry (acl_entry JSON NULL, seq BIGINT(20) NULL)',
      )
      return { ...server, sql, options: mysqlOptions(server.port) }
    },
  },
  { name: 'sqlite', programs: [], start: startSqlite },
]

export function postgresOptions(port: number) {
  const password = new Secret(POSTGRES_PASSWORD)
  return { database: 'postgres', host: '127.0.0.1', port, user: POSTGRES_USER, password, name: 'postgres' }
}

export function mysqlOptions(port: number) {
  const password = new Secret(MARIADB_PASSWORD)
  return { database: 'mysql', host: '127.0.0.1', port, user: MARIADB_USER, password, name: 'app' }
}

export async function startSqlite(): Promise<TestDatabase & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-sqlite-'))
  const file = join(folder, 'users.db')
  const database = new DatabaseSync(file)
  const sql = async (...statements: string[]) => {
    for (const statement of statements) database.exec(statement)
  }
  await sql(
    `CREATE TABLE xorm_user (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, username TEXT NOT NULL,
      password_hash TEXT NOT NULL, labels TEXT NULL)`,
    'CREATE TABLE xorm_acl_entry (acl_entry TEXT NULL, seq INTEGER NULL)',
  )
  return {
    file,
    options: { database: 'sqlite', file },
    sql,
    async stop() {
      database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
