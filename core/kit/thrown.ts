// What plugins throw and return, in words: for the log, and for whoever wrote the plugin.
import { z } from 'zod'

const FROZEN = /read only property|is not extensible|Cannot delete property/

/**
 * The message of what was thrown: anything can be, also what throws when it is looked at.
 *
 * @example messageOf(new Error('no route')) // 'no route'
 */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error && Array.isArray((error as Partial<z.ZodError>).issues))
      return issuesOf(error as z.ZodError)
    if (error instanceof TypeError) return ofTypeError(error)
    const message: unknown = (error as Error | undefined)?.message
    if (message !== undefined && message !== null) return String(message)
    if (typeof error === 'string') return error
    return `it threw ${kindOf(error)}${typeof error === 'object' && error !== null ? ', which is no Error' : ''}`
  } catch {
    return 'it threw what can not be read'
  }
}

/** @param error whose own words leave out what to do, or why */
function ofTypeError({ message, cause }: TypeError): string {
  if (FROZEN.test(message))
    return `${message}; what comes from the host is frozen: copy it before you change it`
  // fetch of Node: only the code is read, for sentences may quote what was sent.
  const code: unknown = (cause as NodeJS.ErrnoException | undefined)?.code
  return message === 'fetch failed' && typeof code === 'string' ? `${message}: ${code}` : message
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
