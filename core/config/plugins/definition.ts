// What a plugin module exports: one definition, or one of each kind.
import { kindOf } from '../../kit/thrown.ts'
import { type PluginDefinition, type PluginKind, z } from '../../plugin.ts'

export const KINDS: readonly PluginKind[] = ['authenticator', 'labeler', 'authorizer']

/** The version of what plugins and this server agree on. It rises when a plugin that was written before could break. */
const API = 1

/** Checks what a module exports, and says what to export instead. */
export function readDefinitions(exported: unknown, place: string): readonly PluginDefinition[] {
  if (!Array.isArray(exported)) return [readDefinition(exported, place)]
  if (exported.length === 0) throw new Error(`${place}: exports an empty list; ${EXPORT}`)
  const definitions = exported.map((one, index) => readDefinition(one, `${place} [${index}]`))
  for (const kind of KINDS) {
    const same = definitions.filter((one) => one.kind === kind)
    if (same.length > 1)
      throw new Error(
        `${place}: exports ${same.length} ${kind}s (${same.map(({ name }) => name).join(', ')}); a list has one of each kind, so give each a file of its own`,
      )
  }
  return definitions
}

const EXPORT = 'write export default definePlugin({ ... }), or a list of such'

function readDefinition(exported: unknown, place: string): PluginDefinition {
  const wrong = (what: string) => new Error(`${place}: ${what}`)
  if (typeof exported !== 'object' || exported === null) {
    const what =
      exported === undefined ? 'has no default export' : `its default export is ${kindOf(exported)}`
    throw wrong(`${what}, where a plugin is wanted; ${EXPORT}`)
  }
  const { kind, name, options, create, api } = exported as Partial<PluginDefinition>
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    throw wrong(`has the kind ${JSON.stringify(kind)}; write one of ${KINDS.join(', ')}`)
  }
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) {
    throw wrong(`has the name ${JSON.stringify(name)}; write lower case letters, digits and dashes`)
  }
  if (api !== undefined && (api as number) !== API) {
    throw wrong(
      `was written for version ${JSON.stringify(api)} of what plugins and server agree on (api), and this server has version ${API}; use ${Number(api) > API ? 'a newer Dockwarden' : 'a newer version of the plugin'}`,
    )
  }
  if (typeof (options as z.ZodType | undefined)?.safeParse !== 'function') {
    throw wrong('has no options schema; write options: z.strictObject({ ... })')
  }
  if (typeof create !== 'function') throw wrong('has no create function; write create(options, host) { ... }')
  return strict(exported as PluginDefinition)
}

/** A misspelt option must not be dropped without a word, also where the author wrote z.object. */
function strict(definition: PluginDefinition): PluginDefinition {
  const { options } = definition
  const lax = options instanceof z.ZodObject && options.def.catchall === undefined
  return lax ? Object.freeze({ ...definition, options: options.strict() }) : definition
}
