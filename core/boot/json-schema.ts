// The JSON Schema of the native form with every built-in plugin's options, for editors.
import { z } from 'zod'
import type { PluginKind } from '../contract/index.ts'
import { builtInPlugins } from './registry.ts'
import { nativeSchema } from './schema.ts'

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
  for (const { kind, name, options } of await builtInPlugins()) {
    const { items } = schema.properties[LIST_OF[kind]]!
    const condition = {
      if: { properties: { plugin: { const: name } }, required: ['plugin'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { options: toJson(options) } },
    }
    items.allOf = [...(items.allOf ?? []), condition]
  }
  return { title: 'Dockwarden configuration', ...schema }
}

function toJson(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}
