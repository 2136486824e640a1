// SQLite, through node:sqlite. A lookup takes microseconds and runs on the event loop; waiting for a lock does not.
import { type BigIntStats, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { Files, Places } from '../../core/plugin.ts'
import type { Driver } from './driver.ts'
import type { ConnectionOptions } from './options.ts'
import { resultOf } from './rows.ts'

/** Between two tries while another process holds the lock (ms). */
const RETRY_EVERY = 10

/** Primary result codes. @see https://sqlite.org/rescode.html */
const BUSY = 5
const LOCKED = 6
const MEANINGS = new Map([
  [
    8,
    'the database is read-only, and its log (-wal) needs recovery; open it once with a program that may write',
  ],
  [11, 'the database is damaged; restore it'],
  [14, 'can not be opened; make the file and its folder accessible to the user that runs Dockwarden'],
  [26, 'is no SQLite database; correct file'],
])

interface Opened {
  readonly file: string
  readonly connection: DatabaseSync
  readonly statements: Map<string, StatementSync>
}

/** @throws Error when there is no such file */
export function openSqlite(options: ConnectionOptions, files: Files, places: Places): Driver {
  const path = files.resolve(options.file!)
  const place = `sqlite ${path}`
  try {
    identityOf(path)
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`)
  }
  let opened: Opened | undefined
  // While another process holds the lock, each of them tries again and again.
  const line = places.open({ name: `questions to ${place}`, size: options.connections })

  function connection(): Opened {
    const file = identityOf(path)
    if (opened?.file === file) return opened
    // Another file was moved into its place.
    opened?.connection.close()
    opened = undefined
    opened = {
      file,
      connection: new DatabaseSync(path, { readOnly: true, timeout: 0 }),
      statements: new Map(),
    }
    return opened
  }

  function ask(sql: string, values: readonly string[]) {
    const { connection: database, statements } = connection()
    let statement = statements.get(sql)
    if (!statement) {
      statement = database.prepare(sql)
      statement.setReturnArrays(true)
      statements.set(sql, statement)
    }
    const rows = statement.all(...values) as unknown as unknown[][]
    return resultOf(
      statement.columns().map((column) => column.name),
      rows,
    )
  }

  return {
    place,
    async query(statement, values, signal) {
      const sql = statement.text(() => '?')
      const bound = statement.values(values)
      return await line.run(signal, () => untilUnlocked(() => ask(sql, bound), signal))
    },
    explain: (error) => MEANINGS.get(primary(error)),
    unwritable: [],
    async close() {
      opened?.connection.close()
      opened = undefined
    },
  }
}

async function untilUnlocked<T>(ask: () => T, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    try {
      return ask()
    } catch (error) {
      if (![BUSY, LOCKED].includes(primary(error))) throw error
      await delay(RETRY_EVERY, undefined, { signal })
    }
  }
}

/** The lower byte of an extended result code. */
function primary(error: unknown): number {
  const { errcode = 0 } = error as { errcode?: number }
  return errcode & 0xff
}

/** Which file lies at the path now. */
function identityOf(path: string): string {
  let found: BigIntStats
  try {
    found = statSync(path, { bigint: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? 'there is no such file; correct file, or make the database' : message)
  }
  if (!found.isFile()) throw new Error('is no file; write the path of the database file')
  return `${found.dev}:${found.ino}`
}
