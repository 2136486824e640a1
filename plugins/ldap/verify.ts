// Whether a password is right: the server is asked to bind with it.
import type { Secret } from '../../core/plugin.ts'
import type { Connection } from './connection.ts'
import { activeDirectoryReason, LdapRefusal } from './failures.ts'

/**
 * The results that are about this entry and this password (RFC 4511, appendix A); all others are about the server, and are
 * never taken for a wrong password.
 */
const ABOUT_THE_USER: ReadonlyMap<number, string> = new Map([
  [19, 'the entry is locked after too many wrong passwords'],
  [32, 'the entry is gone'],
  [48, 'the entry has no password'],
  [49, 'the directory says that the password is wrong, or the entry may not log in'],
  [53, 'the directory does not let this entry log in'],
])

/**
 * @param name the DN to bind as, not empty
 * @param password not empty
 * @returns why the bind was refused; undefined when the password is right
 * @throws LdapRefusal when the server refuses for another reason, ServerFailure when it can't be asked
 */
export async function whyWrong(
  connection: Connection,
  name: string,
  password: Secret,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await connection.bind(name, password.reveal(), signal)
    return undefined
  } catch (error) {
    if (!(error instanceof LdapRefusal)) throw error
    const why = activeDirectoryReason(error) ?? ABOUT_THE_USER.get(error.code)
    if (why === undefined) throw error
    return `${why}: ${error.message}`
  }
}
