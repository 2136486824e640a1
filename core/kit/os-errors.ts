// The operating system's errors in words.

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied for the user that runs Dockwarden'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
  ['EROFS', 'its file system is read-only'],
  ['EPERM', 'the operating system does not allow it'],
  ['ENOSPC', 'its disk is full'],
  ['EDQUOT', 'the quota of the user that runs Dockwarden is used up'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'the path is too long'],
  ['EMFILE', 'too many files are open (ulimit -n)'],
  ['EIO', 'its disk does not answer'],
])

/** Why a file or socket could not be used: an operating system error in words. */
export function osReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  // An AggregateError of Node's net has a code, but no message.
  return REASONS.get(code) ?? (message || code)
}
