// The thread that writes the embedded store: a batch of writes comes in, is committed at once, and then acknowledged.
import { parentPort, workerData } from 'node:worker_threads'
import { damaged, explained, isBusy, openDatabase } from './embedded-file.ts'
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

/** How long another process may keep the file; a write that comes while one waits waits twice as long at most. */
const BUSY_TIMEOUT = 2_500
const BUSY_PAUSE = 1
const PURGE_INTERVAL = 60_000
/** So few at once, with a pause after them, that nobody waits long behind them. */
const PURGE_ROWS = 500
const PURGE_PAUSE = 100

const { path } = workerData as WriterTask
const database = openDatabase(path, BUSY_TIMEOUT)
const { statements, purge } = explained(path, () => ({
  statements: {
    add: database.prepare(STATEMENTS.add),
    use: database.prepare(STATEMENTS.use),
    revoke: database.prepare(STATEMENTS.revoke),
  },
  purge: database.prepare(
    'DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE gone <= ? LIMIT ?)',
  ),
}))
database.exec('PRAGMA busy_timeout = 0')
const pause = new Int32Array(new SharedArrayBuffer(4))
let purged = Number.NEGATIVE_INFINITY

parentPort!.on('message', ({ writes, now }: Batch) => {
  parentPort!.postMessage(commit(writes))
  // After the answer: nobody waits for it.
  if (now - purged < PURGE_INTERVAL) return
  purged = now
  dropGone(now)
})

function commit(writes: readonly Write[]): BatchResult {
  if (writes.length === 0) return { changes: [] }
  try {
    const changes = transaction(
      () => writes.map(({ statement, values }) => Number(statements[statement].run(...values).changes)),
      BUSY_TIMEOUT,
    )
    return { changes }
  } catch (error) {
    const fault = damaged(path, error)
    // The end of this thread: the next one opens what stands there then, such as a good copy of a damaged file.
    if (!isBusy(error)) throw fault
    return { fault: fault.message }
  }
}

/** A few at a time, and only when nobody else writes: it would hold up the writes behind it. */
function dropGone(now: number): void {
  let more: boolean
  try {
    more = Number(transaction(() => purge.run(now, PURGE_ROWS), 0).changes) === PURGE_ROWS
  } catch (error) {
    // Any other fault is told to who writes; this is tried again in a minute.
    more = isBusy(error)
  }
  if (more) setTimeout(dropGone, PURGE_PAUSE, now)
}

/** @param patience milliseconds to wait for other processes */
function transaction<T>(step: () => T, patience: number): T {
  begin(patience)
  try {
    const result = step()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has ended it already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Waits its turn. SQLite's own way looks ten times a second, and starves behind a process that commits all the time. */
function begin(patience: number): void {
  const deadline = performance.now() + patience
  for (;;) {
    try {
      database.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    Atomics.wait(pause, 0, 0, BUSY_PAUSE)
  }
}
