// Numbers of which several sections of the configuration speak.
import { z } from 'zod'

/** Clients take anything shorter for this, in milliseconds. */
export const MIN_LIFETIME = 60_000

/** A hundred years, in milliseconds: later dates are mistakes, and some can't be written down. */
export const MAX_LIFETIME = 36_500 * 86_400_000

/** A whole number. @example whole(1, 100).default(10) */
export function whole(least: number, most: number): z.ZodInt {
  const error = `must be a whole number between ${least} and ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}
