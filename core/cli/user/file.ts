// A password file as the server reads it, and changes to it that the server will read as they were meant.
import { resolve } from 'node:path'
import { changeFile } from '../../kit/change-file.ts'
import { withHash, withoutUser } from '../../kit/password-file-edit.ts'
import { decodeBesideComments } from '../../kit/text-files.ts'
import { atOnce, type PasswordFile, parsePasswordFile } from '../../plugin.ts'
import { createFiles } from '../../services/files.ts'

/** The users of a file, as far as a change of one of them goes. */
export type Users = PasswordFile['users']

/**
 * @returns undefined when there is no file, and none is needed
 * @throws Error when it can't be read
 */
export async function readPasswordFile(path: string): Promise<PasswordFile> {
  return parsed(await createFiles('.').load(resolve(path), '#'))
}

/**
 * Gives a user a hash, or takes the user away.
 *
 * @param hash undefined: remove the user
 * @param mayChange looks at the users of the moment, while nobody else changes them
 * @returns whether it was done
 * @throws Error when the file can't be changed, or the server would not read what was written
 */
export async function writeUser(
  path: string,
  user: string,
  hash: string | undefined,
  mayChange: (users: Users) => boolean,
): Promise<boolean> {
  return await changeFile(resolve(path), (former = Buffer.of()) => {
    const before = read(path, former)
    if (!mayChange(before)) return undefined
    const bytes = hash === undefined ? withoutUser(former, user) : withHash(former, user, hash)
    assertOnly(user, hash, before, read(path, bytes))
    return bytes
  })
}

function read(path: string, bytes: Buffer): Users {
  // UTF-16 has a mark of one of these; the server reads it, but nobody could add a line to it.
  if (bytes[0] === 0xff || bytes[0] === 0xfe) throw new Error(`${path}: is not UTF-8; save it as UTF-8`)
  try {
    return parsed(decodeBesideComments(bytes)).users
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
}

function parsed(text: string): PasswordFile {
  return atOnce(parsePasswordFile(text))
}

/** What this file would be read as is what was asked for, and nothing else has changed. */
function assertOnly(user: string, hash: string | undefined, before: Users, after: Users): void {
  const wanted = new Map(before)
  if (hash === undefined) wanted.delete(user)
  else wanted.set(user, hash)
  const same =
    wanted.size === after.size &&
    [...wanted].every(([name, one]) => after.has(name) && after.get(name) === one)
  if (!same)
    throw new Error(`nothing was changed: the file could not hold the user ${JSON.stringify(user)} as meant`)
}
