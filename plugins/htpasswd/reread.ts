// A password file that is read again when it has changed, by itself: nobody who logs in waits for the file system.
import { stat } from 'node:fs/promises'
import { type Host, inSlices, type PasswordFile, parsePasswordFile } from '../../core/plugin.ts'

/** How long after the end of one look the next begins (ms). */
const LOOK_EVERY = 1_000

/** A file system that does not answer for so long (ms) is told of. */
const PATIENCE = 10_000

/**
 * An empty file this soon (ms) after its last change is taken for one that is being written. Not longer: an operator who empties
 * the file wants nobody to log in.
 */
const BEING_WRITTEN = 2_000

/** So many lines are reported each by itself. */
const MOST_REPORTS = 10

export type Users = PasswordFile['users']

/** What is known of a password file. */
export interface LiveUsers {
  /** The users of the moment; once the file can't be read, those that it held last. */
  readonly users: Users
  /** Looks whether the file has changed, and reads it again then. It never rejects: the log says what is wrong. */
  look(): Promise<void>
  /** Ends the looks that are made by themselves. A file system that hangs holds up nothing. */
  close(): void
}

/**
 * Opens a password file, and looks at it again from time to time until it is closed.
 *
 * @param path an absolute path
 * @param lookEvery milliseconds from the end of a look to the next
 * @param patience milliseconds after which a look that has not ended is told of
 * @throws Error when the file can't be read now
 */
export async function openPasswordFile(
  path: string,
  host: Pick<Host, 'clock' | 'files' | 'log' | 'passwords' | 'work'>,
  { lookEvery = LOOK_EVERY, patience = PATIENCE } = {},
): Promise<LiveUsers> {
  const { clock, files, log, passwords, work } = host
  let users: Users = new Map()
  let stamp: string | undefined
  let failing = false
  let last = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function read(): Promise<void> {
    // First the stamp, then the content: a write in between is seen at the next look.
    const found = await stampOf(path)
    if (found && found.stamp === stamp) return
    const text = await files.load(path, '#')
    const age = clock.now() - (found?.changedAt ?? 0)
    if (text === '' && users.size > 0 && age >= 0 && age < BEING_WRITTEN) return
    const parsed = await inSlices(parsePasswordFile(text, passwords.announce), work)
    const again = stamp !== undefined
    users = parsed.users
    stamp = found?.stamp
    if (again) log.info({ path, users: users.size }, 'password file read again')
    report(parsed)
  }

  function report({ faults }: PasswordFile): void {
    for (const { line, message } of faults.slice(0, MOST_REPORTS)) {
      log.warn({ path, line }, `${path}:${line}: ${message}`)
    }
    const more = faults.length - MOST_REPORTS
    if (more > 0) log.warn({ path }, `${path}: ${more} more lines are of no use`)
  }

  function fault(message: string): void {
    if (!failing) log.warn({ path }, `${message}; its last content stays in use until it can be read`)
    failing = true
  }

  async function lookOnce(): Promise<void> {
    const slow = setTimeout(() => fault(`${path}: the file system does not answer`), patience).unref()
    try {
      await read()
      failing = false
    } catch (error) {
      fault((error as Error).message)
    } finally {
      clearTimeout(slow)
    }
  }

  /** One after the other: what was read first must not replace what was read later. */
  function look(): Promise<void> {
    last = last.then(lookOnce)
    return last
  }

  function lookLater(): void {
    if (closed) return
    timer = setTimeout(() => void look().then(lookLater), lookEvery).unref()
  }

  try {
    await read()
  } catch (error) {
    const { message } = error as Error
    throw new Error(
      message.startsWith('cannot read')
        ? `${message}; dockwarden user add NAME --file ${path} makes one`
        : message,
    )
  }
  lookLater()

  return {
    get users() {
      return users
    },
    look,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** What changes whenever the file does, also when another one is moved into its place. Undefined when it is missing. */
async function stampOf(path: string): Promise<{ stamp: string; changedAt: number } | undefined> {
  try {
    const { mtimeMs, mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true })
    return { stamp: [mtimeNs, ctimeNs, size, ino].join(), changedAt: Number(mtimeMs) }
  } catch {
    // The reading that follows fails with the reason.
    return undefined
  }
}
