// Reads the embedded store's file on the event loop, which it never holds up: while another process keeps the file locked, it
// is tried again now and then, once for all who wait.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { explained, isBusy, openToRead } from './embedded-file.ts'
import type { Row } from './embedded-row.ts'
import type { TokenFilter } from './token-store.ts'

/** How long a read waits for other processes, in milliseconds. */
const PATIENCE_MS = 2_500
const RETRY_MS = 20
/** So long after somebody waited for nothing, nobody else does. */
const FAULT_MS = 1_000
const COLUMNS = 'id, token, used, until, session, revoked'
/** How many rows `page` gives at most. */
export const PAGE = 500

/** The open file. */
export interface OpenReader {
  readonly database: DatabaseSync
  readonly get: StatementSync
}

export class EmbeddedReader {
  readonly #path: string
  #open: OpenReader | undefined
  #opening: Promise<boolean> | undefined
  #fault: { readonly error: unknown; readonly end: number } | undefined

  constructor(path: string) {
    this.#path = path
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /**
   * Reads something from a file that is there.
   *
   * @returns undefined while the file has no tables
   * @throws StoreFileError
   */
  async read<T>(query: (reader: OpenReader) => T): Promise<T | undefined> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const open = this.#open
      if (open) {
        try {
          return explained(this.#path, () => query(open))
        } catch (error) {
          this.letGo()
          if (!isBusy(error) || performance.now() >= deadline) throw error
          await delay(RETRY_MS)
        }
      } else if (!(await this.#opened())) return undefined
    }
  }

  /** Closes the file; the next read opens what stands there then. */
  letGo(): void {
    this.#open?.database.close()
    this.#open = undefined
    this.#fault = undefined
  }

  async #opened(): Promise<boolean> {
    if (this.#fault && performance.now() < this.#fault.end) throw this.#fault.error
    this.#opening ??= this.#openPatiently().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openPatiently(): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        this.#open = openReader(this.#path)
        return this.#open !== undefined
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() >= deadline) {
          this.#fault = { error, end: performance.now() + FAULT_MS }
          throw error
        }
      }
      await delay(RETRY_MS)
    }
  }
}

function openReader(path: string): OpenReader | undefined {
  const database = openToRead(path)
  if (!database) return undefined
  try {
    const get = explained(path, () => database.prepare(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`))
    return { database, get }
  } catch (error) {
    database.close()
    throw error
  }
}

/** When a mark ends; undefined when there is none, also while no writer has made their table. */
export function markEnd({ database }: OpenReader, id: string): number | undefined {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'marks'")
  if (!table.get()) return undefined
  return database.prepare('SELECT gone FROM marks WHERE id = ?').get(id)?.gone as number | undefined
}

/** The rows that fit, from the first id after `last` on. */
export function page({ database }: OpenReader, { account, client }: TokenFilter, last: string): Row[] {
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
    .prepare(`SELECT ${COLUMNS} FROM tokens WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ${PAGE}`)
    .all(...values) as unknown as Row[]
}
