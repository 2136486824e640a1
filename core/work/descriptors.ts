// How many files and connections the process may have open at once, and how many it has.
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** What the system says of the process's descriptors. */
export interface Descriptors {
  /** The most that it may have: the soft limit of open files. */
  readonly most: number
  /** How many it has; undefined where the system does not tell. */
  used(): number | undefined
}

/** Where the system does not tell: what most of them start processes with. */
const USUAL = 1024
const OPEN = '/proc/self/fd'

/** Reads what the system says of this process. Nothing is raised. */
export function ownDescriptors(): Descriptors {
  return { most: mostOpen(), used: countOpen }
}

function mostOpen(): number {
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(limitsText()) ?? []
  if (soft === undefined) return USUAL
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
}

function limitsText(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}

function countOpen(): number | undefined {
  try {
    // The size is their number since Linux 6.2, and 0 before: then they are counted, with the one that counts.
    return statSync(OPEN).size || readdirSync(OPEN).length - 1
  } catch {
    return undefined
  }
}
