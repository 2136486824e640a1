// The thread that writes the embedded store: a batch of writes comes in, is committed at once, and then acknowledged.
import { parentPort, workerData } from 'node:worker_threads'
import { damaged, openDatabase } from './embedded-file.ts'
import { STATEMENTS, type Write } from './embedded-row.ts'

/** What the thread is started with. */
export interface WriterTask {
  readonly path: string
}

/** Writes that came in together, and the time, in milliseconds since the epoch. */
export interface Batch {
  readonly writes: readonly Write[]
  readonly now: number
}

/** For each write how many rows it changed, or why nothing of the batch was written. */
export type BatchResult = { readonly changes: readonly number[] } | { readonly fault: string }

/** Another process may be writing. */
const BUSY_TIMEOUT = 4_000
const PURGE_INTERVAL = 60_000
/** So few that nobody waits long behind them. */
const PURGE_ROWS = 500

const { path } = workerData as WriterTask
const database = openDatabase(path, BUSY_TIMEOUT)
const statements = {
  add: database.prepare(STATEMENTS.add),
  use: database.prepare(STATEMENTS.use),
  revoke: database.prepare(STATEMENTS.revoke),
}
const purge = database.prepare(
  'DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE gone <= ? LIMIT ?)',
)
let purged = Number.NEGATIVE_INFINITY

parentPort!.on('message', ({ writes, now }: Batch) => {
  parentPort!.postMessage(commit(writes))
  // After the answer: nobody waits for it.
  if (now - purged >= PURGE_INTERVAL) dropGone(now)
})

function commit(writes: readonly Write[]): BatchResult {
  if (writes.length === 0) return { changes: [] }
  try {
    database.exec('BEGIN IMMEDIATE')
    const changes = writes.map(({ statement, values }) =>
      Number(statements[statement].run(...values).changes),
    )
    database.exec('COMMIT')
    return { changes }
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    return { fault: damaged(path, error).message }
  }
}

/** A few at a time; the next batch goes on when there were more. */
function dropGone(now: number): void {
  try {
    if (Number(purge.run(now, PURGE_ROWS).changes) < PURGE_ROWS) purged = now
  } catch {
    // Tried again with the next batch.
  }
}
