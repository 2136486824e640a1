// The JSON Schema of the native form with every built-in plugin's options, for editors.
import { z } from 'zod'
import type { PluginKind } from '../plugin.ts'
import { nativeSchema } from './native/schema.ts'
import { builtInPlugins, namesOf } from './plugins/registry.ts'

type Schema = Record<string, unknown>

const LIST_OF: Readonly<Record<PluginKind, string>> = {
  authenticator: 'authenticators',
  labeler: 'labelers',
  authorizer: 'authorizers',
}

/**
 * Makes the JSON Schema (draft 2020-12) of a native configuration file.
 *
 * @example const schema = await configJsonSchema()
 */
export async function configJsonSchema(): Promise<Schema> {
  const schema = toJson(nativeSchema) as {
    properties: Record<string, { items: Schema & { allOf?: Schema[] } }>
  }
  for (const definition of await builtInPlugins()) {
    const { kind, options } = definition
    const { items } = schema.properties[LIST_OF[kind]]!
    const condition = {
      if: { properties: { plugin: { enum: namesOf(definition) } }, required: ['plugin'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { options: toJson(options) } },
    }
    items.allOf = [...(items.allOf ?? []), condition]
  }
  return { title: 'Dockwarden configuration', ...schema }
}

function toJson(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return asText(rest) as Schema
}

/** What `!env` and `!file` give is text in the file; as a Secret it has no schema, and an empty one would take anything. */
function asText(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asText)
  if (typeof node !== 'object' || node === null) return node
  // Remedies for mistakes are none of an editor's.
  const {
    anyOf,
    'x-misplaced': _,
    ...rest
  } = Object.fromEntries(Object.entries(node).map(([key, held]) => [key, asText(held)]))
  if (!Array.isArray(anyOf) || !anyOf.some((branch) => branch.type === 'string'))
    return anyOf === undefined ? rest : { ...rest, anyOf }
  const branches = anyOf.filter((branch) => Object.keys(branch).length > 0)
  return branches.length === 1 ? { ...rest, ...branches[0] } : { ...rest, anyOf: branches }
}
