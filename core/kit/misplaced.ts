// Keys that people write into a map where they do not belong, and what to write instead.
import type { z } from 'zod'

/**
 * Says of a map what to do about keys that it does not have. The key `*` is for all others; `KEY` in its text is the key.
 *
 * @param remedies by key, each as the end of "unknown key; "
 * @example misplaced(z.strictObject({ labels: labels() }), { '*': 'write labels: { KEY: PATTERN }' })
 */
export function misplaced<S extends z.ZodType>(schema: S, remedies: Readonly<Record<string, string>>): S {
  return schema.meta({ 'x-misplaced': remedies })
}
