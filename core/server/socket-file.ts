// The file of a unix socket: what stands in its place before, and whether it can be made at all.
import { accessSync, chmodSync, chownSync, constants, lstatSync, readFileSync, rmSync } from 'node:fs'
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

/** Who may connect to the socket, besides its owner. */
export interface SocketAccess {
  /** Of the file. */
  readonly mode: number
  /** By name or number. */
  readonly group?: string | undefined
}

const GROUPS = '/etc/group'

/**
 * Runs what makes a socket file so that nobody can connect before the file has its mode.
 *
 * @param bind makes the file before it returns
 */
export function bindClosed(bind: () => void): void {
  const before = process.umask(0o777)
  try {
    bind()
  } finally {
    process.umask(before)
  }
}

/** Gives a socket file its group and mode. @throws Error that names the socket and the remedy */
export function openTo({ mode, group }: SocketAccess, path: string): void {
  try {
    if (group !== undefined) chownSync(path, process.geteuid!(), groupId(group))
    chmodSync(path, mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const remedy = code === 'EPERM' ? `; let the user that runs Dockwarden be in the group ${group}` : ''
    throw new Error(`unix:${path} can not be opened to others: ${osReason(error)}${remedy}`)
  }
}

/** Says why a group can't be that of a socket; undefined when it can. */
export function whyNoGroup(group: string): string | undefined {
  try {
    groupId(group)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** @throws Error when there is no such group on this machine */
function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group)
  const line = readFileSync(GROUPS, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${group}:`))
  const id = line?.split(':')[2]
  if (id !== undefined && /^\d+$/.test(id)) return Number(id)
  throw new Error(
    `there is no group ${JSON.stringify(group)} in ${GROUPS}; correct server.socket.group, or write its number`,
  )
}
