// How many processes answer requests: the key `server.workers`.
import { availableParallelism } from 'node:os'
import { z } from 'zod'

/** More share what one machine has without gain, each with a memory of its own. */
const MOST = 64
const error = `must be a whole number between 1 and ${MOST}, or auto: one for each core`

export const workersSchema = z
  .union([z.int().min(1).max(MOST), z.literal('auto')], { error })
  .default(1)
  .describe(
    'How many processes answer requests, beside one that listens and looks after them; auto: one for each core. 1: a single process does all. See docs/workers.md.',
  )

/** @returns 1 where a single process does all */
export function workersOf({ workers }: { readonly workers: number | 'auto' }): number {
  return workers === 'auto' ? Math.min(MOST, availableParallelism()) : workers
}
