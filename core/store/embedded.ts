// Keeps tokens in a file of the state directory, for the processes of one host.
//
// Reads are made here, on the event loop: one costs a few microseconds, less than to ask another thread. Writes wait for the
// disk, and are made on a thread of their own.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../contract/index.ts'
import { makeStateFile, whyNotWritable } from '../services/state.ts'
import { createCalls } from './calls.ts'
import type { TokenFilter, TokenStore } from './contract.ts'
import { explained, openDatabase } from './embedded-file.ts'
import { fromRow, type Row, toAdd, toRevoke, toUse, type Write } from './embedded-row.ts'
import { EmbeddedWriter } from './embedded-writer.ts'

/** Its name in the state directory. */
export const STORE_FILE = 'store.db'
/** SQLite makes it beside the file. */
const LOG_FILE = `${STORE_FILE}-wal`
/** A reader waits only for a process that makes the file just now. */
const BUSY_TIMEOUT = 1_000
const PAGE = 500

/** Says, without making anything, why a store can't be kept in a state directory; undefined when it can. */
export async function whyNoStore(folder: string): Promise<string | undefined> {
  return (await whyNotWritable(folder, STORE_FILE)) ?? (await whyNotWritable(folder, LOG_FILE))
}

/**
 * Opens the store of a state directory. Nothing is made before the first token.
 *
 * @param parts.folder the state directory
 * @example const store = createEmbeddedStore({ folder: '/var/lib/dockwarden', clock: { now: Date.now } })
 */
export function createEmbeddedStore({ folder, clock }: { folder: string; clock: Clock }): TokenStore {
  const path = join(folder, STORE_FILE)
  const writer = new EmbeddedWriter(path, clock)
  let reader: Reader | undefined
  let making: Promise<string> | undefined
  const calls = createCalls(path)

  /** After a failure: the next call opens what stands there then, such as a good copy of a damaged file. */
  function letGo(): void {
    reader?.database.close()
    reader = undefined
    making = undefined
  }

  /** Undefined as long as there is no file: another process may make it. */
  function read<T>(query: (reader: Reader) => T): T | undefined {
    calls.assertOpen()
    if (!reader && !existsSync(path)) return undefined
    const open = reader ?? openReader(path)
    reader = open
    try {
      return explained(path, () => query(open))
    } catch (error) {
      letGo()
      throw error
    }
  }

  async function write(change: Write): Promise<number> {
    try {
      return await writer.write(change)
    } catch (error) {
      letGo()
      throw error
    }
  }

  return {
    add: (token) =>
      calls.make(async () => {
        making ??= makeStateFile(folder, STORE_FILE).catch((error) => {
          making = undefined
          throw error
        })
        await making
        if ((await write(toAdd(token))) === 0) {
          throw new Error(`there is a token with the id ${token.id} already`)
        }
      }),

    async get(id) {
      const row = read(({ get }) => get.get(id)) as Row | undefined
      return row && fromRow(row)
    },

    use: (id, use) =>
      calls.make(async () => {
        if (existsSync(path)) await write(toUse(id, use))
      }),

    revoke: (id, revocation) =>
      calls.make(async () => existsSync(path) && (await write(toRevoke(id, revocation))) === 1),

    async *list(filter) {
      for (let last = ''; ; ) {
        const rows = read(({ database }) => page(database, filter, last)) ?? []
        yield* rows.map(fromRow)
        if (rows.length < PAGE) return
        last = rows.at(-1)!.id
        // A million tokens must not hold up everything else.
        await setImmediate()
      }
    },

    ready: () =>
      calls.make(async () => {
        const fault = await whyNoStore(folder)
        if (fault !== undefined) throw new Error(fault)
        read(({ get }) => get.get(''))
        if (reader) writer.purge()
      }),

    async close() {
      await calls.end()
      await writer.close()
      letGo()
    },
  }
}

interface Reader {
  readonly database: DatabaseSync
  readonly get: StatementSync
}

function openReader(path: string): Reader {
  const database = openDatabase(path, BUSY_TIMEOUT)
  try {
    const get = explained(path, () =>
      database.prepare('SELECT id, token, used, until, session, revoked FROM tokens WHERE id = ?'),
    )
    return { database, get }
  } catch (error) {
    database.close()
    throw error
  }
}

/** From the first id after `last` on. */
function page(database: DatabaseSync, { account, client }: TokenFilter, last: string): Row[] {
  const conditions = ['id > ?']
  const values = [last]
  for (const [column, value] of [
    ['account', account],
    ['client', client],
  ] as const) {
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  return database
    .prepare(
      `SELECT id, token, used, until, session, revoked FROM tokens WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ${PAGE}`,
    )
    .all(...values) as unknown as Row[]
}
