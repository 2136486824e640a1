// Which options have placeholders of their own, so that a `${NAME}` in them is none of the environment's.
import { z } from 'zod'

export const WITH_PLACEHOLDERS = z.registry<{ readonly placeholders: true }>()

/**
 * Says of an option that `$` means something of its own in it, or below it. Templates need not be told.
 *
 * @example filter: withPlaceholders(z.string().transform(parseFilter))
 */
export function withPlaceholders<S extends z.ZodType>(schema: S): S {
  WITH_PLACEHOLDERS.add(schema, { placeholders: true })
  return schema
}
