// A lock between processes that change the same file. The operating system gives it back, however its holder ends.
import { access, constants, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { osReason } from './os-errors.ts'

const PATIENCE = 10_000
const TRY_EVERY = 5

/**
 * Runs an action while nobody else runs one for the same file.
 *
 * Node has no flock. SQLite locks its file (fcntl), also an empty one: what is left of a process that was killed holds nobody up.
 *
 * @param path without links, so that all mean the same file
 * @param patience milliseconds to wait for others
 * @throws Error when they take longer, or nothing can be made in the file's folder
 */
export async function withFileLock<T>(
  path: string,
  action: () => Promise<T>,
  patience = PATIENCE,
): Promise<T> {
  const folder = dirname(path)
  await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw new Error(`cannot change ${path}: its folder ${folder}: ${osReason(error)}`, { cause: error })
  })
  const lock = join(folder, `.${basename(path)}.lock`)
  for (const end = performance.now() + patience; performance.now() < end; await delay(TRY_EVERY)) {
    using held = await take(lock)
    if (!held) continue
    try {
      return await action()
    } finally {
      // While it is still ours: whoever waits sees that the file is another one by then.
      await rm(lock, { force: true })
    }
  }
  throw new Error(`${lock} is held by another process; try again when that has ended`)
}

/** Nothing else opens the file: closing any descriptor of it would give back all its locks of this process. */
async function take(lock: string): Promise<Disposable | undefined> {
  const before = await markOf(lock)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lock, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    // Not when its last holder removed the file in the meantime, or it has only been made.
    if (before !== undefined && (await markOf(lock)) === before) {
      const held = database
      return { [Symbol.dispose]: () => held.close() }
    }
  } catch (error) {
    const { errcode = 0, message } = error as { errcode?: number; message: string }
    const held = before !== undefined && OF_ANOTHER.includes(errcode)
    if (errcode !== BUSY && !held) throw new Error(`cannot make ${lock}: ${message}`, { cause: error })
  }
  database?.close()
  return undefined
}

/** SQLite's codes. */
const BUSY = 5
/** READONLY, CANTOPEN: another user's file, which goes when that process ends. */
const OF_ANOTHER: readonly number[] = [8, 14]

/** Which file a path is; a number alone may be given to another one. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true })
    return [dev, ino, birthtimeNs].join()
  } catch {
    return undefined
  }
}
