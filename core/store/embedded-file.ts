// The file of the embedded store: SQLite in WAL mode, which several processes of one machine may use at once.
import { DatabaseSync } from 'node:sqlite'
import { osReason } from '../kit/os-errors.ts'
import { ensureCounts } from './embedded-counts.ts'
import { ENTRY_TABLES } from './embedded-entries.ts'

const VERSION = 1
/** Changes nothing, and is written all the same. */
export const PROBE = `PRAGMA user_version = ${VERSION}`
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
  ${PROBE};
`

/** Not in the schema: files that were made before there were these get them too. Their readers need not know of them. */
const LATER = `
  CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, owner TEXT NOT NULL, gone INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS marks (id TEXT PRIMARY KEY, gone INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS marks_gone ON marks (gone);
  ${ENTRY_TABLES}
`

/**
 * Opens the file to write, and makes the tables that it lacks.
 *
 * @param timeout milliseconds to wait, again and again, for another process that writes
 * @throws StoreFileError
 */
export function openDatabase(path: string, timeout: number): DatabaseSync {
  return opened(path, timeout, (database) => {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    if (versionOf(database) === 0) createTables(database)
    // One that a newer version made is left as it is.
    if (versionOf(database) === VERSION) {
      database.exec(LATER)
      ensureCounts(database)
    }
    return database
  })
}

/**
 * Opens the file to read. It never waits: the event loop does it.
 *
 * @returns undefined while the file has no tables, which its first writer makes
 * @throws StoreFileError
 */
export function openToRead(path: string): DatabaseSync | undefined {
  return opened(path, 0, (database) => {
    // The last to close a file writes what its log holds.
    database.exec('PRAGMA synchronous = FULL')
    if (versionOf(database) !== 0) return database
    database.close()
    return undefined
  })
}

function opened<T extends DatabaseSync | undefined>(
  path: string,
  timeout: number,
  prepare: (database: DatabaseSync) => T,
): T {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout })
    const prepared = prepare(database)
    if (prepared) assertKnown(path, versionOf(prepared))
    return prepared
  } catch (error) {
    if (database?.isOpen) database.close()
    throw damaged(path, error)
  }
}

function assertKnown(path: string, version: number): void {
  if (version === VERSION) return
  throw new StoreFileError(
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

/** Why the file can't be used: it is named, and so is the remedy where there is one. */
export class StoreFileError extends Error {
  /** Whether another process keeps the file locked: it may be free in a moment. */
  readonly busy: boolean

  constructor(message: string, options: { cause?: unknown; busy?: boolean } = {}) {
    super(message, options)
    this.busy = options.busy ?? false
  }
}

/** Runs a step on the file. @throws StoreFileError */
export function explained<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw damaged(path, error)
  }
}

/** What SQLite or the operating system says of a file, with the file's name and the remedy. */
export function damaged(path: string, error: unknown): StoreFileError {
  if (error instanceof StoreFileError) return error
  const remedy = remedyOf(error)
  return new StoreFileError(
    `${path} can't be used: ${osReason(error)}${remedy === undefined ? '' : `; ${remedy}`}`,
    { cause: error, busy: kindOf(error) === BUSY },
  )
}

/** Whether another process keeps the file locked. */
export function isBusy(error: unknown): boolean {
  return error instanceof StoreFileError ? error.busy : kindOf(error) === BUSY
}

function remedyOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code === 'EACCES' ? FORBIDDEN : REMEDIES.get(kindOf(error))
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
