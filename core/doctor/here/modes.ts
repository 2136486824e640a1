// What a user may do with a file, as the modes of it and of the folders above it say; lists of access rights (ACLs) are not looked at.
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A user, by numbers. */
export interface User {
  readonly uid: number
  readonly groups: readonly number[]
}

export const READ = 4
export const WRITE = 2
export const ENTER = 1

/** Who owns nothing. */
export const OTHERS: User = { uid: -1, groups: [] }

/** @returns for what is not there: true, but for others */
export async function may(user: User, path: string, wanted: number): Promise<boolean> {
  if (user.uid === 0) return true
  const found = await stat(path).catch(() => undefined)
  if (!found) return user !== OTHERS
  const shift = found.uid === user.uid ? 6 : user.groups.includes(found.gid) ? 3 : 0
  if (((found.mode >> shift) & wanted) !== wanted) return false
  return dirname(path) === path || (await may(user, dirname(path), ENTER))
}
