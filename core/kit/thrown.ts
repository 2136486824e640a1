// What plugins throw and return, in words: for the log, and for whoever wrote the plugin.
import { z } from 'zod'

/**
 * The message of what was thrown: anything can be, also what throws when it is looked at.
 *
 * @example messageOf(new Error('no route')) // 'no route'
 */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error && Array.isArray((error as Partial<z.ZodError>).issues))
      return issuesOf(error as z.ZodError)
    return String((error as Error)?.message ?? error)
  } catch {
    return 'it threw what can not be read'
  }
}

/** A schema's complaints in a line, each with its place; their own message is a page of JSON. */
function issuesOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${z.core.toDotPath(path) || 'the value'}: ${message}`)
    .join('; ')
}

/**
 * What a value is, for a sentence such as `returned ...`: its kind only, for it may hold what nobody should see.
 *
 * @example kindOf(undefined) // 'nothing'
 */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return 'a text'
  return `a ${typeof value}`
}
