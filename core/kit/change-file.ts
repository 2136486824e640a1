// Changes a file as a whole: another one takes its place in one step, one process at a time.
import { lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { withFileLock } from './file-lock.ts'
import { osReason } from './os-errors.ts'
import { settle, syncFolder } from './state.ts'

/** What a file was. */
interface Former {
  readonly bytes: Buffer
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/**
 * Whoever reads the file meanwhile, and whatever ends this process, finds the old content or the new one. Mode and owner stay; a link
 * stays, and what it leads to is changed. A new file is its folder's owner's (0600).
 *
 * @param change gets the content, undefined when there is no file; gives the new one, undefined for no change
 * @returns whether the file was changed
 * @throws Error that names the file and the remedy; whatever `change` throws
 */
export async function changeFile(
  path: string,
  change: (bytes: Buffer | undefined) => Buffer | undefined,
): Promise<boolean> {
  const real = await realPathOf(path)
  return await withFileLock(real, async () => {
    const former = await readFormer(real)
    const bytes = change(former?.bytes)
    if (bytes === undefined) return false
    try {
      await replace(real, bytes, former)
    } catch (error) {
      throw new Error(`cannot change ${path}: ${whyNot(error, former)}`, { cause: error })
    }
    return true
  })
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const there = await lstat(path).catch(() => undefined)
    if (there?.isSymbolicLink()) throw new Error(`cannot change ${path}: it is a link that leads nowhere`)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`cannot change ${path}: ${osReason(error)}`)
    const folder = await realpath(dirname(path)).catch((reason: unknown) => {
      throw new Error(`cannot make ${path}: its folder ${dirname(path)}: ${osReason(reason)}`)
    })
    return join(folder, basename(path))
  }
}

async function readFormer(path: string): Promise<Former | undefined> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new Error('it is no file')
    const { uid, gid, mode } = found
    return { bytes: await readFile(path), uid, gid, mode }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${path}: ${osReason(error)}`, { cause: error })
  }
}

async function replace(path: string, bytes: Buffer, former: Former | undefined): Promise<void> {
  const folder = dirname(path)
  // We have the lock: one that is there was left by a process that was killed.
  const draft = join(folder, `.${basename(path)}.new`)
  await rm(draft, { force: true })
  try {
    await using file = await open(draft, 'wx', 0o600)
    if (former) {
      await file.chown(former.uid, former.gid)
      await file.chmod(former.mode & 0o7777)
    } else await settle(file, path)
    await file.writeFile(bytes)
    await file.sync()
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(folder)
}

function whyNot(error: unknown, former: Former | undefined): string {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === 'EBUSY')
    return 'it is mounted by itself; change it where it was mounted from, or mount its folder'
  if (code === 'EPERM' && syscall === 'fchown')
    return `it belongs to user ${former?.uid} and group ${former?.gid}, and must stay theirs; run this as that user or as root`
  return osReason(error)
}
