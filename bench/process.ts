// Processes under measurement, with those that they started: what the operating system says of their CPU time and memory.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** A server process and its address. */
export interface Measured {
  readonly child: ChildProcess
  readonly url: string
}

/**
 * Starts a Node script that writes its address as the first line of standard output.
 *
 * @param args the script and its arguments
 */
export async function startScript(args: readonly string[]): Promise<Measured> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const url of createInterface({ input: child.stdout! })) return { child, url }
  throw new Error(`${args.join(' ')} ended before it listened`)
}

interface Stat {
  readonly parent: number
  /** User and system time in ticks, of the process and of those that it has waited for. */
  readonly own: number
  readonly ended: number
}

/** @returns undefined for a process that is gone */
function statOf(pid: number | string): Stat | undefined {
  try {
    // Behind the name, in which anything may stand.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number)
    return { parent: fields[1]!, own: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! }
  } catch {
    return undefined
  }
}

/** A process and all below it. */
function treeOf(root: number): Map<number, Stat> {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined
    if (stat) stats.set(Number(name), stat)
  }
  const found = new Map<number, Stat>()
  const add = (pid: number) => {
    const stat = stats.get(pid)
    if (!stat || found.has(pid)) return
    found.set(pid, stat)
    for (const [child, { parent }] of stats) if (parent === pid) add(child)
  }
  add(root)
  return found
}

/** User and system time of a process and those below it so far, in microseconds. */
export function cpuOf(pid: number): number {
  const ticks = [...treeOf(pid).values()].reduce((sum, { own, ended }) => sum + own + ended, 0)
  return (ticks / TICKS_PER_SECOND) * 1e6
}

/** Resident memory of a process and those below it, in MiB. What they share counts for each. */
export function memoryOf(pid: number): number {
  return [...treeOf(pid).keys()].reduce((sum, one) => {
    const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8')) ?? []
    return sum + Number(kibibytes ?? 0) / 1024
  }, 0)
}

/** Time in which any core of the machine was busy so far, in microseconds. */
export function machineCpu(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number) as [number, number, number, number, number, number, number, number]
  return ((user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND) * 1e6
}
