// What a call costs in this process: CPU time of all its threads, garbage collection too, and bytes on the heap.
import { getHeapStatistics } from 'node:v8'
import type { Call } from './step.ts'

/** What one call cost. */
export interface StepCost {
  /** Microseconds of CPU time. */
  readonly cpu: number
  /** Allocated by JavaScript. */
  readonly bytes: number
}

/** Calls between two looks at the clock while it is found out how many fit into a round. */
const FIRST_CALLS = 64

/**
 * Warms a call up.
 *
 * @param milliseconds of a round
 * @returns how many calls a round takes
 */
export async function callsInRound(call: Call, milliseconds: number): Promise<number> {
  let calls = FIRST_CALLS
  for (;;) {
    const before = performance.now()
    await repeat(call, calls)
    const took = performance.now() - before
    if (took >= milliseconds) return Math.max(1, Math.round((calls * milliseconds) / took))
    calls *= 2
  }
}

/** One round of so many calls. */
export async function measureRound(call: Call, calls: number): Promise<StepCost> {
  const allocated = getHeapStatistics().total_allocated_bytes
  const before = process.cpuUsage()
  await repeat(call, calls)
  const { user, system } = process.cpuUsage(before)
  const bytes = getHeapStatistics().total_allocated_bytes - allocated
  return { cpu: (user + system) / calls, bytes: bytes / calls }
}

async function repeat(call: Call, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const given = call()
    if (given instanceof Promise) await given
  }
}
