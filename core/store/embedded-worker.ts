// The thread that writes the embedded store: a batch of writes comes in, is committed at once, and then acknowledged.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { type Counts, prepareCounts } from './embedded-counts.ts'
import { type EntryWrite, prepareEntries, type WriteEntry } from './embedded-entries.ts'
import { damaged, isBusy, openDatabase } from './embedded-file.ts'
import { NO_ROOM, STATEMENTS, type Write } from './embedded-row.ts'

/** What the thread is started with. */
export interface WriterTask {
  readonly path: string
}

/** Writes that came in together; the time, in milliseconds since the epoch; how many milliseconds others may keep the file. */
export interface Batch {
  readonly writes: readonly (Write | EntryWrite)[]
  readonly now: number
  readonly patience: number
}

/** What the thread is told: to write, or that the file is another one now, and to end. */
export type WriterMessage = Batch | 'end'

/** For each write how many rows it changed (or NO_ROOM; of an entry what became of it), or who kept the file locked: then nothing of the batch was written. */
export type BatchResult = { readonly changes: readonly number[] } | { readonly busy: string }

const BUSY_PAUSE_MS = 1
const OPEN_PAUSE_MS = 20
const PURGE_INTERVAL = 60_000
/** So few at once, with a pause after them, that nobody waits long behind them. */
const PURGE_ROWS = 500
const PURGE_PAUSE = 100

interface OpenWriter {
  readonly database: DatabaseSync
  readonly statements: Readonly<Record<Write['statement'], StatementSync>>
  readonly undoAdd: StatementSync
  readonly counts: Counts
  readonly writeEntry: WriteEntry
  readonly purges: readonly StatementSync[]
}

const { path } = workerData as WriterTask
const pause = new Int32Array(new SharedArrayBuffer(4))
let opened: OpenWriter | undefined
let purged = Number.NEGATIVE_INFINITY

parentPort!.on('message', (message: WriterMessage) => {
  if (message === 'end') return end()
  const { now, patience } = message
  parentPort!.postMessage(commit(message, performance.now() + patience))
  // After the answer: nobody waits for it.
  if (!opened || now - purged < PURGE_INTERVAL) return
  purged = now
  dropGone(opened, now)
})

function open(): OpenWriter {
  const database = openDatabase(path, 0)
  return {
    database,
    statements: {
      add: database.prepare(STATEMENTS.add),
      use: database.prepare(STATEMENTS.use),
      revoke: database.prepare(STATEMENTS.revoke),
      lease: database.prepare(STATEMENTS.lease),
      mark: database.prepare(STATEMENTS.mark),
      release: database.prepare(STATEMENTS.release),
      probe: database.prepare(STATEMENTS.probe),
    },
    undoAdd: database.prepare('DELETE FROM tokens WHERE id = ?'),
    counts: prepareCounts(database),
    writeEntry: prepareEntries(database),
    purges: ['tokens', 'leases', 'marks', 'entries'].map((table) =>
      database.prepare(
        `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE gone <= ? LIMIT ?)`,
      ),
    ),
  }
}

/** What the file's log still holds goes into the file, wherever that is now. */
function end(): void {
  try {
    opened?.database.exec('PRAGMA wal_checkpoint')
  } catch {
    // It may be let go because it is damaged.
  }
  process.exit()
}

/** @param deadline of the wait for other processes, as performance.now() */
function commit({ writes, now }: Batch, deadline: number): BatchResult {
  try {
    opened ??= patiently(open, deadline, OPEN_PAUSE_MS)
    const writer = opened
    return {
      changes: transaction(writer.database, () => writes.map((each) => made(writer, each, now)), deadline),
    }
  } catch (error) {
    const fault = damaged(path, error)
    // The end of this thread: the next one opens what stands there then, such as a good copy of a damaged file.
    if (!fault.busy) throw fault
    return { busy: fault.message }
  }
}

/** @returns how many rows it changed, or NO_ROOM; of an entry the place in KEPT */
function made(writer: OpenWriter, write: Write | EntryWrite, now: number): number {
  const { statements, undoAdd, counts, writeEntry } = writer
  if (!('statement' in write)) return writeEntry(write, now)
  const { statement, values, room } = write
  const changes = Number(statements[statement].run(...values).changes)
  if (changes === 0 || !room || counts.makeRoom(room.id, room.account, room.bound)) return changes
  undoAdd.run(room.id)
  return NO_ROOM
}

/** A few at a time, and only when nobody else writes: it would hold up the writes behind it. */
function dropGone(writer: OpenWriter, now: number): void {
  let more: boolean
  try {
    const dropped = transaction(
      writer.database,
      () => writer.purges.map((purge) => Number(purge.run(now, PURGE_ROWS).changes)),
      0,
    )
    more = dropped.includes(PURGE_ROWS)
  } catch (error) {
    // Any other fault is told to who writes; this is tried again in a minute.
    more = isBusy(error)
  }
  if (more) setTimeout(dropGone, PURGE_PAUSE, writer, now)
}

function transaction<T>(database: DatabaseSync, step: () => T, deadline: number): T {
  // SQLite's own way to wait looks ten times a second, and starves behind a process that commits all the time.
  patiently(() => database.exec('BEGIN IMMEDIATE'), deadline, BUSY_PAUSE_MS)
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

/** Tries a step again and again while another process keeps the file locked. */
function patiently<T>(step: () => T, deadline: number, interval: number): T {
  for (;;) {
    try {
      return step()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    Atomics.wait(pause, 0, 0, interval)
  }
}
