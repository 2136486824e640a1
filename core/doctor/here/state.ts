// The state directory: is it there, can it be written, is there room, and is it closed to others?
import { lstat, readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { whyNotWritable } from '../../kit/state.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import { ENTER, may, type User, WRITE } from './modes.ts'

/** What is written is small; a disk with less than this fills up with something else. */
const LITTLE_BYTES = 64 * 1024 * 1024
/** Of any file in it that is made. */
const ANY_FILE = 'store.db'

/**
 * @param folder the state directory
 * @param user who runs the server; undefined when it does not run
 */
export async function judgeState(folder: string, user: User | undefined): Promise<Finding[]> {
  const fault = (await whyNotWritable(folder, ANY_FILE)) ?? (await whyNotFor(user, folder))
  if (fault !== undefined) {
    const [what = '', reason = ''] = fault.split('; ')
    return [
      wrong(
        'state',
        what,
        `keys, certificates, tokens and the first user are kept there (${reason})`,
        'set server.state_dir or DOCKWARDEN_STATE_DIR to a folder that the user who runs the server can write, or give it to that user (chown); run the doctor as that user',
      ),
    ]
  }
  const findings = [...(await open(folder)), ...(await room(folder))]
  return findings.length > 0 ? findings : [ok('state', `${folder} can be written`)]
}

async function whyNotFor(user: User | undefined, folder: string): Promise<string | undefined> {
  if (!user || (await may(user, folder, WRITE | ENTER))) return undefined
  return `user ${user.uid}, who runs the server, cannot write ${folder}; its owner and mode do not allow it`
}

async function open(folder: string): Promise<Finding[]> {
  const found: string[] = []
  const look = async (path: string, mask: number) => {
    const { mode } = await lstat(path)
    if ((mode & mask) !== 0) found.push(`${path} (mode ${(mode & 0o777).toString(8)})`)
  }
  try {
    const { mode } = await stat(folder)
    // Behind a closed door the files may have any mode.
    if ((mode & 0o007) === 0) return []
    await look(folder, 0o002)
    for (const name of await readdir(folder)) {
      // Certificates are handed out.
      if (!name.endsWith('.crt')) await look(join(folder, name), 0o006)
    }
  } catch {
    return []
  }
  if (found.length === 0) return []
  return [
    warning(
      'state',
      `others of this machine can read or write ${found.join(', ')}`,
      'whoever reads the signing key makes tokens for everything; whoever writes there decides who is who',
      `chmod -R go-rwx ${folder}`,
    ),
  ]
}

async function room(folder: string): Promise<Finding[]> {
  try {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize >= LITTLE_BYTES) return []
    return [
      warning(
        'state',
        `the disk of ${folder} has only ${Math.floor((bavail * bsize) / 1024 / 1024)} MiB left`,
        'tokens can not be kept on a full disk',
        'make room there',
      ),
    ]
  } catch {
    // It is made at the first start.
    return []
  }
}
