// The state directory: what the server makes itself (keys, certificates, the first user) and finds again at the next start.
import { randomUUID } from 'node:crypto'
import {
  access,
  chmod,
  constants,
  type FileHandle,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  rm,
  stat,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { State } from '../contract/host.ts'
import { osReason } from './os-errors.ts'

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * Opens a state directory. The folder is made (0700) when its first file is, so a configuration that needs no state
 * leaves no folder behind.
 *
 * Two processes that make the same file at once agree on one content: each writes a file of its own, then the first to
 * link it under the final name wins, and the other uses the winner's. A reader never sees half a file.
 *
 * @param folder an absolute path
 * @param options.readOnly nothing is made, and what is missing is undefined
 * @param options.announce shows the operator a user name and password that were just made
 * @example
 * const state = createState('/var/lib/dockwarden', { announce: print })
 * const path = await state.file('ca.pem', makeCertificate)
 */
export function createState(
  folder: string,
  { readOnly = false, announce }: { readOnly?: boolean; announce: State['announce'] },
): State {
  const making = new Map<string, Promise<string>>()

  return {
    announce,

    async file(name, make) {
      if (!FILE_NAME.test(name)) {
        throw new TypeError(
          `${JSON.stringify(name)} is no name for a file in the state directory; use letters, digits, . _ -`,
        )
      }
      const path = join(folder, name)
      if (await isFile(path)) return path
      if (readOnly) return undefined
      // Instances of one process share one making: `make` can be slow, and what the loser made would be thrown away.
      const running = making.get(path)
      if (running) return running
      const made = create(folder, name, make).finally(() => making.delete(path))
      making.set(path, made)
      return made
    },
  }
}

/**
 * Opens a state directory for `dockwarden check`: nothing is made, but what a start would make and could not is an error.
 *
 * @param folder an absolute path
 */
export function createCheckedState(folder: string): State {
  const state = createState(folder, { readOnly: true, announce: () => {} })
  return {
    ...state,
    async file(name, make) {
      const path = await state.file(name, make)
      if (path === undefined) await explained(folder, name, () => assertWritable(join(folder, name)))
      return path
    },
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    const found = await stat(path)
    if (found.isFile()) return true
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return false
    throw new Error(`cannot read ${path}: ${osReason(error)}`, { cause: error })
  }
  throw new Error(`${path} must be a file; move away what stands there`)
}

async function create(folder: string, name: string, make: () => Promise<string>): Promise<string> {
  const path = join(folder, name)
  await makeStateFolder(folder, name)
  const content = await make()
  const draft = join(folder, `.${randomUUID()}.tmp`)
  await explained(folder, name, async () => {
    try {
      await writeDurably(draft, content)
      await linkUnlessThere(draft, path)
    } finally {
      await rm(draft, { force: true })
    }
    await syncFolder(folder)
  })
  return path
}

/**
 * Makes a state directory, with mode 0700, unless it is there.
 *
 * @param name of the file that it is made for
 * @throws Error that names the folder, the file and the remedy
 */
export async function makeStateFolder(folder: string, name: string): Promise<void> {
  await explained(folder, name, () => makeFolder(folder))
}

/**
 * Makes a file of a state directory that its owner writes later (mode 0600, empty), unless it is there.
 *
 * @returns its path
 * @throws Error that names the folder, the file and the remedy
 */
export async function makeStateFile(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  if (await isFile(path)) return path
  await makeStateFolder(folder, name)
  await explained(folder, name, async () => {
    try {
      await using file = await open(path, 'ax', 0o600)
      await settle(file, path)
    } catch (error) {
      // Another process was faster.
      if (!isCode(error, 'EEXIST')) throw error
    }
  })
  return path
}

/**
 * Says whether a file of a state directory can be written, or could be made there. Nothing is made.
 *
 * @returns undefined when it can; otherwise the folder, the file and the remedy
 */
export async function whyNotWritable(folder: string, name: string): Promise<string | undefined> {
  try {
    await explained(folder, name, () => assertWritable(join(folder, name)))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function assertWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK)
  } catch (error) {
    if (!isCode(error, 'ENOENT') || dirname(path) === path || (await isLink(path))) throw error
    await assertWritable(dirname(path))
  }
}

/** One that leads nowhere is in the way of what is to be made. A file that has just been made is not. */
async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
}

/**
 * Makes a folder and those above it, with mode 0700. Not mkdir's own `recursive`: below /proc, where a folder is there but nothing can be made
 * in it, that never comes back.
 */
async function makeFolder(folder: string, missingAbove = true): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (isCode(error, 'EEXIST') && (await stat(folder)).isDirectory()) return
    if (!isCode(error, 'ENOENT') || !missingAbove) throw error
    // Another process that starts at the same time may make them first: then that is as good.
    await makeFolder(dirname(folder))
    return makeFolder(folder, false)
  }
  // mkdir obeys the umask, chmod does not.
  await chmod(folder, 0o700)
  const owner = await ownerAbove(folder)
  if (owner) await lchown(folder, owner.uid, owner.gid)
}

/** Gives a new file its mode, whatever the umask is, and its owner. */
export async function settle(file: FileHandle, path: string): Promise<void> {
  const owner = await ownerAbove(path)
  if (owner) await file.chown(owner.uid, owner.gid)
  await file.chmod(0o600)
}

/**
 * What root makes belongs to the owner of the folder that it lies in: a command that root runs (`dockwarden key rotate`) must
 * not leave files that the server, another user, can't read.
 *
 * @returns undefined when we are not root, or the folder is root's
 */
async function ownerAbove(path: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.geteuid?.() !== 0) return undefined
  const { uid, gid } = await stat(dirname(path))
  return uid === 0 ? undefined : { uid, gid }
}

async function writeDurably(path: string, content: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await settle(file, path)
  await file.writeFile(content)
  await file.sync()
}

/** Gives the draft its final name. A link, unlike a rename, never replaces what another process put there first. */
async function linkUnlessThere(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
}

/** Makes the new name survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

/** Runs a step that writes; its failure names the folder, what it was needed for and the way out. */
async function explained(folder: string, name: string, step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (error) {
    throw new Error(
      `cannot write ${folder}: ${osReason(error)}; needed for ${name}; set server.state_dir or DOCKWARDEN_STATE_DIR to a folder that can be written`,
      { cause: error },
    )
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
