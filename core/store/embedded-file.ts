// The file of the embedded store: SQLite in WAL mode, which several processes of one host may use at once.
import { DatabaseSync } from 'node:sqlite'

const VERSION = 1
/** `gone`: when the entry goes away. */
const SCHEMA = `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    client TEXT,
    token TEXT NOT NULL,
    used INTEGER,
    until INTEGER,
    session TEXT,
    revoked TEXT,
    gone INTEGER
  ) STRICT;
  CREATE INDEX tokens_account ON tokens (account, id);
  CREATE INDEX tokens_client ON tokens (client, id) WHERE client IS NOT NULL;
  CREATE INDEX tokens_gone ON tokens (gone) WHERE gone IS NOT NULL;
  PRAGMA user_version = ${VERSION};
`

/**
 * Opens the file, and makes its tables when it is new.
 *
 * @param timeout milliseconds to wait for another process that writes
 * @throws Error that names the file and the remedy
 */
export function openDatabase(path: string, timeout: number): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout })
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    if (versionOf(database) === 0) createTables(database)
  } catch (error) {
    database?.close()
    throw damaged(path, error)
  }
  const version = versionOf(database)
  if (version === VERSION) return database
  database.close()
  throw new Error(
    `${path} was made by a newer version of Dockwarden (its format is ${version}, this one knows ${VERSION}); run that version, or move the file away: its tokens are lost then`,
  )
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()!.user_version)
}

/** Two processes may find the file new at once: one makes the tables, the other finds them. */
function createTables(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  if (versionOf(database) === 0) database.exec(SCHEMA)
  database.exec('COMMIT')
}

/** Runs a step on the file; its failure names the file and, where there is one, the remedy. */
export function explained<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw damaged(path, error)
  }
}

/** What SQLite says of a file, with the file's name. */
export function damaged(path: string, error: unknown): Error {
  const remedy = REMEDIES.get(kindOf(error))
  return new Error(
    `${path} can't be used: ${(error as Error).message}${remedy === undefined ? '' : `; ${remedy}`}`,
    { cause: error },
  )
}

/** Whether another process keeps the file locked. */
export function isBusy(error: unknown): boolean {
  return kindOf(error) === BUSY
}

/** SQLite's result code: the low byte; the others are details. */
function kindOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

const BUSY = 5
const READONLY = 8
const IO = 10
const CORRUPT = 11
const FULL = 13
const CANT_OPEN = 14
const NOT_A_DATABASE = 26

const FORBIDDEN = 'let the user that runs Dockwarden write it and its folder'
const LOST = 'put back a good copy, or move the file away: its tokens are lost then'
const REMEDIES: ReadonlyMap<number, string> = new Map([
  [BUSY, 'another process keeps it locked; end that one'],
  [READONLY, FORBIDDEN],
  [IO, 'look at its disk'],
  [CORRUPT, LOST],
  [FULL, 'make room on its disk'],
  [CANT_OPEN, FORBIDDEN],
  [NOT_A_DATABASE, LOST],
])
