// A password file that is read again when it has changed.
import { stat } from 'node:fs/promises'
import { type Host, inSlices } from '../../core/contract/index.ts'
import { type PasswordFile, parseHtpasswd } from './parse.ts'

/** The file is looked at when it is used, at most this often (ms). */
const LOOK_EVERY = 1_000

/**
 * An empty file this soon (ms) after its last change is taken for one that is being written. Not longer: an operator who empties
 * the file wants nobody to log in.
 */
const BEING_WRITTEN = 2_000

/** So many lines are reported each by itself. */
const MOST_REPORTS = 10

export type Users = PasswordFile['users']

/**
 * Opens a password file.
 *
 * @param path an absolute path
 * @returns a function that gives the users of the moment; once the file can't be read, those that it held last
 * @throws Error when the file can't be read now
 */
export async function openPasswordFile(
  path: string,
  host: Pick<Host, 'clock' | 'files' | 'log' | 'passwords' | 'work'>,
): Promise<() => Promise<Users>> {
  const { clock, files, log, passwords, work } = host
  let users: Users = new Map()
  let stamp: string | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  let failing = false

  async function read(): Promise<void> {
    // First the stamp, then the content: a write in between is seen at the next look.
    const found = await stampOf(path)
    if (found && found.stamp === stamp) return
    const text = await files.load(path, '#')
    const age = clock.now() - (found?.changedAt ?? 0)
    if (text === '' && users.size > 0 && age >= 0 && age < BEING_WRITTEN) return
    const parsed = await inSlices(parseHtpasswd(text, passwords.announce), work)
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

  async function look(): Promise<void> {
    try {
      await read()
      failing = false
    } catch (error) {
      if (!failing)
        log.warn({ path }, `${(error as Error).message}; its last content stays in use until it can be read`)
      failing = true
    }
  }

  try {
    await read()
  } catch (error) {
    const { message } = error as Error
    throw new Error(
      message.startsWith('cannot read') ? `${message}; htpasswd -B -c ${path} NAME makes one` : message,
    )
  }
  lookedAt = clock.now()

  return async () => {
    const since = clock.now() - lookedAt
    // A clock that was set back must not stop the looking.
    if (!looking && (since < 0 || since >= LOOK_EVERY)) {
      lookedAt = clock.now()
      looking = look().finally(() => {
        looking = undefined
      })
    }
    await looking
    return users
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
