// Processes of this machine, as Linux shows them under /proc to whoever may see them. Elsewhere, and of others' processes, nothing is known.
import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTENS = '0A'

/** The process that listens on a TCP port. @returns its id; undefined when that does not show */
export async function listenerOn(port: number): Promise<number | undefined> {
  const sockets = new Set((await Promise.all(['tcp', 'tcp6'].map((table) => socketsOn(port, table)))).flat())
  if (sockets.size === 0) return undefined
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    for (const link of await readdir(`/proc/${name}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${name}/fd/${link}`).catch(() => '')
      if (sockets.has(target)) return Number(name)
    }
  }
  return undefined
}

/** @returns as links of descriptors name them */
async function socketsOn(port: number, table: string): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    const isIt = state === LISTENS && Number.parseInt(local!.split(':')[1]!, 16) === port
    return isIt ? [`socket:[${inode}]`] : []
  })
}

/** The words of its command line; none when they do not show. */
export async function commandOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.split('\0').filter((word) => word !== '')
}

/** Its environment, as it was at its start. */
export async function environmentOf(pid: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return new Map(
    text.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=')
      return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)] as const] : []
    }),
  )
}

/** Ticks a second in which Linux shows times: the same on all machines. */
const USER_HZ = 100

/** When it was started, in milliseconds since the epoch, to the second; undefined when that does not show. */
export async function startOf(pid: number): Promise<number | undefined> {
  const [own, all] = await Promise.all(
    [`/proc/${pid}/stat`, '/proc/stat'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const boot = Number(/^btime (\d+)$/m.exec(all!)?.[1])
  // Behind the name, which may hold anything: field 22 is the 20th from there.
  const ticks = Number(own!.slice(own!.lastIndexOf(')') + 2).split(' ')[19])
  return Number.isFinite(boot) && Number.isFinite(ticks) ? (boot + ticks / USER_HZ) * 1000 : undefined
}
