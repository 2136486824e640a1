// The JSON Schema of files of cases, for editors.
import { z } from '../plugin.ts'
import { fileSchema, listSchema } from './case-schema.ts'

/** Makes the JSON Schema (draft 2020-12). */
export function caseJsonSchema(): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(z.union([listSchema, fileSchema]), {
    io: 'input',
    unrepresentable: 'any',
  })
  return { title: 'Dockwarden policy test', ...schema }
}
