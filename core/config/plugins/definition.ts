// What a plugin module exports: one definition, or one of each kind.
import { nearest } from '../../contract/suggest.ts'
import { kindOf } from '../../kit/thrown.ts'
import { type PluginDefinition, type PluginKind, type Token, z } from '../../plugin.ts'

export const KINDS: readonly PluginKind[] = ['authenticator', 'labeler', 'authorizer']

/** The version of what plugins and this server agree on. It rises when a plugin that was written before could break. */
const API = 1

/** Checks what a module exports, and says what to export instead. */
export function readDefinitions(given: unknown, place: string): readonly PluginDefinition[] {
  const exported = unwrapped(given)
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

/** What a compiler made of a default export in CommonJS. */
function unwrapped(exported: unknown): unknown {
  const inner =
    typeof exported === 'object' && exported !== null && !('kind' in exported) && 'default' in exported
  return inner ? exported.default : exported
}

const EXPORT = 'write export default definePlugin({ ... }), or a list of such'

function readDefinition(exported: unknown, place: string): PluginDefinition {
  const wrong = (what: string) => new Error(`${place}: ${what}`)
  const fault = faultOfExport(exported)
  if (fault !== undefined) throw wrong(`${fault}, where a plugin is wanted; ${EXPORT}`)
  const { kind, name, options, create, api } = exported as Partial<PluginDefinition>
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    throw wrong(`has the kind ${JSON.stringify(kind)}; write one of ${KINDS.join(', ')}`)
  }
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) {
    throw wrong(`has the name ${JSON.stringify(name)}; write lower case letters, digits and dashes`)
  }
  if (api !== undefined && typeof api !== 'number')
    throw wrong(`has an api that is ${kindOf(api)}; write api: ${API}`)
  if (api !== undefined && (api as number) !== API) {
    throw wrong(
      `was written for version ${JSON.stringify(api)} of what plugins and server agree on (api), and this server has version ${API}; use ${Number(api) > API ? 'a newer Dockwarden' : 'a newer version of the plugin'}`,
    )
  }
  const misspelt = misspeltKey(exported as object)
  if (misspelt !== undefined) throw wrong(misspelt)
  if (typeof (options as z.ZodType | undefined)?.safeParse !== 'function') {
    throw wrong('has no options schema; write options: z.strictObject({ ... })')
  }
  if (typeof create !== 'function') throw wrong('has no create function; write create(options, host) { ... }')
  const other = faultOfFlags(exported as PluginDefinition) ?? faultOfTokens(exported as PluginDefinition)
  if (other !== undefined) throw wrong(other)
  return strict(exported as PluginDefinition)
}

/** What an export is that is no definition at all. */
function faultOfExport(exported: unknown): string | undefined {
  if (exported === undefined) return 'has no default export'
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported))
    return `its default export is ${kindOf(exported)}`
  if (exported instanceof Promise) return 'its default export is a promise'
  return Object.keys(exported).length === 0 ? 'its default export is empty' : undefined
}

const KEYS: Readonly<Record<keyof Required<PluginDefinition>, true>> = {
  ...{ kind: true, api: true, name: true, options: true, create: true },
  ...{ anonymous: true, byCertificate: true, exchange: true, provides: true, needs: true },
}

/** A misspelt key would be a part that is never looked at. What is like none of ours is the author's own. */
function misspeltKey(definition: object): string | undefined {
  const known = Object.keys(KEYS)
  for (const key of Object.keys(definition)) {
    const meant = known.includes(key) ? undefined : nearest(key, known)
    if (meant !== undefined)
      return `has the unknown key ${JSON.stringify(key)} in its definition; did you mean ${JSON.stringify(meant)}?`
  }
  return undefined
}

const FLAGS = ['anonymous', 'byCertificate', 'exchange'] as const

function faultOfFlags(definition: PluginDefinition): string | undefined {
  for (const flag of FLAGS) {
    const value: unknown = definition[flag]
    if (value === undefined) continue
    if (typeof value !== 'boolean') return `has ${flag} that is ${kindOf(value)}; write true or false`
  }
  return undefined
}

const TOKEN = "write a token, made with createToken('package/name')"

/** What is wrong with what it says of sharing. */
function faultOfTokens({ provides, needs }: PluginDefinition): string | undefined {
  if (provides !== undefined && !Array.isArray(provides))
    return `has provides that are ${kindOf(provides)}; write a list of tokens: provides: [TOKEN]`
  if (needs !== undefined && (typeof needs !== 'object' || needs === null || Array.isArray(needs)))
    return `has needs that are ${kindOf(needs)}; write tokens by names: needs: { name: TOKEN }`
  const listed = [
    ...(provides ?? []).map((one, index) => [`provides[${index}]`, one] as const),
    ...Object.entries(needs ?? {}).map(([key, one]) => [`needs.${key}`, one] as const),
  ]
  for (const [where, given] of listed) {
    const token: unknown = (given as { token?: unknown } | undefined)?.token ?? given
    if (isToken(token)) continue
    const circle = token === undefined ? ' (do two files import each other?)' : ''
    return `has ${where} that is ${kindOf(token)}${circle}; ${TOKEN}`
  }
  return undefined
}

function isToken(value: unknown): boolean {
  const { name, version } = (value ?? {}) as Partial<Token<unknown>>
  return typeof name === 'string' && typeof version === 'number'
}

/** A misspelt option must not be dropped without a word, also where the author wrote z.object. */
function strict(definition: PluginDefinition): PluginDefinition {
  const { options } = definition
  const lax = options instanceof z.ZodObject && options.def.catchall === undefined
  return lax ? Object.freeze({ ...definition, options: options.strict() }) : definition
}
