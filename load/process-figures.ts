// What the operating system says of a process.
import { readdirSync, readFileSync } from 'node:fs'

/** Memory and descriptors of a process at one time. */
export interface ProcessFigures {
  /** Resident, in MiB. */
  readonly memory: number
  /** The most that it was ever, in MiB. */
  readonly peak: number
  readonly descriptors: number
}

/** @param pid of a running process */
export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024
  return {
    memory: Math.round(mebibytes('VmRSS')),
    peak: Math.round(mebibytes('VmHWM')),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}
