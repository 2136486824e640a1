// The file of a unix socket: what stands in its place before, and whether it can be made at all.
import { accessSync, constants, lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { osReason } from '../kit/os-errors.ts'

/** The bytes that a path may have: `sun_path` of Linux, less the NUL at its end. */
const MAX_PATH = 107

/**
 * Says why a server can't listen on a unix socket, without making anything.
 *
 * @param path an absolute path, or one of the working directory
 * @returns undefined when it can; otherwise the socket and the remedy
 */
export function whyNoSocket(path: string): string | undefined {
  const where = `cannot listen on unix:${path}`
  const length = Buffer.byteLength(path)
  if (length > MAX_PATH) return `${where}: the path has ${length} bytes, and at most ${MAX_PATH} are possible`
  const folder = dirname(path)
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found && !found.isSocket()) return `${where}: a file that is no socket stands there; move it away`
    accessSync(folder, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return `${where}: there is no folder ${folder}; make it, or write another path`
    return `${where}: ${osReason(error)}; let the user that runs Dockwarden write ${folder}, or write another path`
  }
}

/**
 * Makes room for a socket: a file that a killed server left behind is removed; one that answers, or any other file, is not.
 *
 * @throws Error that names the socket and the remedy, also when it could not be made
 */
export async function clearSocket(path: string): Promise<void> {
  const fault = whyNoSocket(path)
  if (fault !== undefined) throw new Error(fault)
  if (!lstatSync(path, { throwIfNoEntry: false })) return
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
  if (alive)
    throw new Error(
      `cannot listen on unix:${path}: another process does; stop it or change the listen address`,
    )
  rmSync(path)
}
