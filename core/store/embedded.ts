// Keeps tokens in a file of the state directory, for the processes of one host.
//
// Reads are made here, on the event loop: one costs a few microseconds, less than to ask another thread. Writes wait for the
// disk, and are made on a thread of their own.
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../contract/index.ts'
import { makeStateFolder, whyNotWritable } from '../services/state.ts'
import type { TokenFilter, TokenStore } from './contract.ts'
import { damaged, openDatabase } from './embedded-file.ts'
import { fromRow, type Row, toAdd, toRevoke, toUse } from './embedded-row.ts'
import { EmbeddedWriter } from './embedded-writer.ts'

const FILE = 'store.db'
/** A reader waits only for a process that makes the file just now. */
const BUSY_TIMEOUT = 1_000
const PAGE = 500

/** Says, without making anything, why a store can't be kept in a state directory; undefined when it can. */
export function whyNoStore(folder: string): Promise<string | undefined> {
  return whyNotWritable(folder, FILE)
}

/**
 * Opens the store of a state directory. Nothing is made before the first token.
 *
 * @param parts.folder the state directory
 * @example const store = createEmbeddedStore({ folder: '/var/lib/dockwarden', clock: { now: Date.now } })
 */
export function createEmbeddedStore({ folder, clock }: { folder: string; clock: Clock }): TokenStore {
  const path = join(folder, FILE)
  const writer = new EmbeddedWriter(path, clock)
  let reader: Reader | undefined
  let making: Promise<void> | undefined

  /** Undefined as long as there is no file: another process may make it. */
  function read<T>(query: (reader: Reader) => T): T | undefined {
    if (!reader && !existsSync(path)) return undefined
    try {
      reader ??= openReader(path)
      return query(reader)
    } catch (error) {
      throw (error as Error).message.startsWith(path) ? error : damaged(path, error)
    }
  }

  return {
    async add(token) {
      making ??= makeFile(folder, path).catch((error) => {
        making = undefined
        throw error
      })
      await making
      if ((await writer.write(toAdd(token))) === 0) {
        throw new Error(`there is a token with the id ${token.id} already`)
      }
    },

    async get(id) {
      const row = read(({ get }) => get.get(id)) as Row | undefined
      return row && fromRow(row)
    },

    async use(id, use) {
      if (existsSync(path)) await writer.write(toUse(id, use))
    },

    async revoke(id, revocation) {
      return existsSync(path) && (await writer.write(toRevoke(id, revocation))) === 1
    },

    async *list(filter) {
      for (let last = ''; ; ) {
        const rows = read(({ database }) => page(database, filter, last)) ?? []
        yield* rows.map(fromRow)
        if (rows.length < PAGE) return
        last = rows.at(-1)!.id
      }
    },

    async ready() {
      const fault = await whyNoStore(folder)
      if (fault !== undefined) throw new Error(fault)
      read(({ get }) => get.get(''))
      if (reader) writer.purge()
    },

    async close() {
      await writer.close()
      reader?.database.close()
      reader = undefined
    },
  }
}

interface Reader {
  readonly database: DatabaseSync
  readonly get: StatementSync
}

function openReader(path: string): Reader {
  const database = openDatabase(path, BUSY_TIMEOUT)
  const get = database.prepare('SELECT id, token, used, until, session, revoked FROM tokens WHERE id = ?')
  return { database, get }
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

/** SQLite gives the files beside it the same mode. */
async function makeFile(folder: string, path: string): Promise<void> {
  await makeStateFolder(folder, FILE)
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
}
