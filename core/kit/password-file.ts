// Apache's password file: one `user:hash` a line.
// https://httpd.apache.org/docs/2.4/misc/password_encryptions.html
import { faultOfAccount } from '../contract/account.ts'
import type { Steps } from '../contract/steps.ts'
import { isPasswordHash } from './options.ts'

/** What a password file says. */
export interface PasswordFile {
  /** Hashes by user name; undefined for a user whose hash is of no use, who can not log in. */
  readonly users: ReadonlyMap<string, string | undefined>
  readonly faults: readonly Fault[]
}

/** Something wrong in one line, and the remedy. */
export interface Fault {
  readonly line: number
  readonly message: string
}

const SCHEMES: readonly (readonly [RegExp, string])[] = [
  [/^\$(2[a-z]?|argon2)/, 'a damaged bcrypt or argon2 hash'],
  [/^\$apr1\$/, 'an MD5 hash'],
  [/^\{SHA\}/, 'a SHA-1 hash'],
  [/^\$[56]\$/, 'a SHA crypt hash'],
]

/**
 * Reads the text of a password file as Apache does: empty lines and those that begin with `#` are skipped, what follows a second
 * colon is ignored, and of two lines for one user the first counts.
 *
 * @param unfit why a hash can't be checked on this server; undefined when it can
 * @example atOnce(parsePasswordFile('bob:$2y$05$...')).users.get('bob') // '$2y$05$...'
 */
export function* parsePasswordFile(
  text: string,
  unfit: (hash: string) => string | undefined = () => undefined,
): Steps<PasswordFile> {
  const users = new Map<string, string | undefined>()
  const faults: Fault[] = []
  for (const [index, written] of text.split('\n').entries()) {
    yield 1
    const fault = (message: string) => faults.push({ line: index + 1, message })
    if (isSkipped(written)) continue
    const { user, hash } = userIn(written) ?? {}
    if (user === undefined || hash === undefined) {
      fault('is no user:hash; remove the line')
    } else if (users.has(user)) {
      fault(`names the user ${JSON.stringify(user)} again, the first line counts; remove one of them`)
    } else if (faultOfAccount(user)) {
      users.set(user, undefined)
      fault(`the user name ${faultOfAccount(user)}, which no account can have; write another name`)
    } else if (isPasswordHash(hash)) {
      const why = unfit(hash)
      users.set(user, why === undefined ? hash : undefined)
      if (why !== undefined) fault(`the password hash of ${JSON.stringify(user)} ${why}`)
    } else {
      users.set(user, undefined)
      fault(
        `the user ${JSON.stringify(user)} has ${schemeOf(hash)} and can not log in; dockwarden user passwd gives another password`,
      )
    }
  }
  return { users, faults }
}

function isSkipped(written: string): boolean {
  const entry = written.trim()
  return entry === '' || entry.startsWith('#')
}

/** The user and the hash of a line, and where the hash stands in it. */
interface Entry {
  readonly user: string
  readonly hash: string
  readonly from: number
  readonly to: number
}

/**
 * @param written a line, without the line feed at its end
 * @returns undefined for a line that holds no user
 */
export function userIn(written: string): Entry | undefined {
  const start = written.length - written.trimStart().length
  const colon = written.indexOf(':', start)
  if (isSkipped(written) || colon <= start) return undefined
  const from = colon + 1
  const next = written.indexOf(':', from)
  const to = next === -1 ? Math.max(from, written.trimEnd().length) : next
  return { user: written.slice(start, colon), hash: written.slice(from, to), from, to }
}

function schemeOf(hash: string): string {
  return SCHEMES.find(([pattern]) => pattern.test(hash))?.[1] ?? 'a crypt hash or a plain password'
}
