// From the lists of plugins in a configuration to plans: which plugin, with which options, under which name, and who gives it what.
import type { PluginDefinition, PluginKind } from '../plugin.ts'
import type { Problem, Spot } from '../yaml/problems.ts'
import { validate } from '../yaml/validate.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { fingerprintOf } from './fingerprint.ts'
import { authenticatorSchema, skippableSchema, strictSchema } from './native/instance-schema.ts'
import type { InstanceConfig, NativeConfig } from './native/schema.ts'
import type { InInstance, Places } from './places.ts'
import { validateOptions } from './plugin-options.ts'
import { builtInPlugins, findPlugin, isBuiltIn } from './plugins/registry.ts'
import { createTakenNames, type TakenNames } from './taken-names.ts'
import { type Uses, type Wire, wire } from './wiring.ts'

/** One plugin in the configuration, found and with checked options. */
export interface Planned {
  readonly kind: PluginKind
  readonly id: string
  readonly definition: PluginDefinition
  /** Where it was found: `built in`, a file, or `package NAME`. */
  readonly from: string
  /** Of the package. */
  readonly version?: string | undefined
  /** What an error's stack has in its paths when it comes from there. */
  readonly path: string
  /** What was imported: another one when the plugin's files have changed since. */
  readonly module: object
  /** The files that it consists of; none of a built-in plugin. */
  readonly files: readonly string[]
  readonly options: unknown
  /** As the file has them: not checked, and without what is left out. */
  readonly givenOptions: unknown
  /** Milliseconds. */
  readonly timeout: number
  readonly onError: 'fail' | 'next'
  /** Authenticators: how long a proved password is remembered, in milliseconds; undefined: as the plugin has it by default. */
  readonly remember?: number | false | undefined
  /** What it needs from others, by the keys of its definition. */
  readonly wires: ReadonlyMap<string, Wire>
  /** Of all that is written of it: the same for two only when they are the same. Undefined: that can't be known. */
  readonly fingerprint: string | undefined
  /** Where it stands, for problems found later. */
  readonly spot: Spot
  /** Where something in its options stands. */
  spotOfOption(path: readonly PropertyKey[]): Spot
}

/** The same before it is known who gets what from whom. */
interface Drafted extends Omit<Planned, 'wires'>, InInstance {
  readonly uses: Uses
}

/** The lists, and what stands in each. */
export const LISTS = [
  ['authenticators', 'authenticator', authenticatorSchema],
  ['labelers', 'labeler', skippableSchema],
  ['authorizers', 'authorizer', strictSchema],
] as const satisfies readonly (readonly [keyof NativeConfig, PluginKind, unknown])[]

/** A plugin that is left out, and its options as they stand in the file. */
export interface LeftOut extends Pick<PluginDefinition, 'kind' | 'anonymous' | 'byCertificate' | 'options'> {
  readonly given: unknown
}

/**
 * Finds the plugins of all lists, and checks their options: what is wrong with each is told in the same pass.
 *
 * @param tree the file in the native form
 * @param problems takes what is wrong
 * @param keepUnread as in `ReadOptions`
 */
export async function planAll(
  tree: unknown,
  yaml: YamlFile,
  places: Places,
  base: string,
  problems: Problem[],
  keepUnread: boolean,
): Promise<{ readonly plans: Planned[]; readonly leftOut: readonly LeftOut[] }> {
  const drafted: Drafted[] = []
  const leftOut: LeftOut[] = []
  let whole = true
  const taken = createTakenNames(isBuiltIn)
  for (const [list, kind, schema] of LISTS) {
    const items = (tree as Record<string, unknown> | null)?.[list]
    for (const [index, raw] of Array.isArray(items) ? items.entries() : []) {
      const spot = yaml.places.get(raw)?.self ?? { line: 1, column: 1, path: `${list}[${index}]` }
      const report = (message: string) => void problems.push({ file: yaml.file, ...spot, message })
      // Its problems have been reported with those of the whole file; its options are checked all the same.
      const checked = validate(schema, raw, yaml, spot, [])
      const instance = checked ?? named(raw)
      whole &&= checked !== undefined
      if (!instance) continue
      const plan = await planOne(instance, raw, kind, spot, yaml, base, problems, taken, {
        keepUnread,
        leftOut,
        inside: places.inInstance(list, index, spot),
      }).catch((error: Error) =>
        report(instance.id === undefined ? error.message : `id ${instance.id}: ${error.message}`),
      )
      if (plan) drafted.push(plan)
      else whole = false
    }
  }
  const { wires, faults } = await wire(drafted, () => builtInPlugins().catch(() => []))
  for (const { id, key, message } of faults) {
    // Whoever was left out might have been the one that provides.
    if (!whole) break
    const { spot, spotOfUse } = drafted.find((draft) => draft.id === id)!
    problems.push({ file: yaml.file, ...(key === undefined ? spot : spotOfUse(key)), message })
  }
  const plans = drafted.flatMap((draft) => {
    const own = wires.get(draft.id)
    return own ? [{ ...draft, wires: own }] : []
  })
  for (const { id, definition, givenOptions } of drafted)
    if (!wires.has(id)) leftOut.push({ ...definition, given: givenOptions })
  return { plans, leftOut }
}

/** What is left of an instance that is wrong in itself: enough to check its id and its options. */
function named(raw: unknown): InstanceConfig | undefined {
  const { plugin, id } = (raw ?? {}) as Partial<InstanceConfig>
  const known = id === undefined ? {} : { id: String(id) }
  return typeof plugin === 'string' ? { plugin, ...known, timeout: 0, on_error: 'fail', uses: {} } : undefined
}

interface Drafting {
  readonly inside: InInstance
  readonly keepUnread: boolean
  readonly leftOut: LeftOut[]
}

async function planOne(
  instance: InstanceConfig,
  raw: InstanceConfig,
  kind: PluginKind,
  spot: Spot,
  yaml: YamlFile,
  base: string,
  problems: Problem[],
  taken: TakenNames,
  { keepUnread, leftOut, inside }: Drafting,
): Promise<Drafted | undefined> {
  const { definition, ...origin } = await findPlugin(instance.plugin, base, kind)
  const { plugin: written, timeout, on_error: onError, remember, uses } = instance
  // Before the options: a name that is taken is reported beside what is wrong in them.
  const id = taken.claim({ definition, written, id: instance.id, at: spot.path }, (message) =>
    problems.push({ file: yaml.file, ...spot, message }),
  )
  const at = yaml.places.get(raw)?.entries.get('options')?.value ?? { ...spot, path: `${spot.path}.options` }
  const fingerprint = fingerprintOf([kind, id, timeout, onError, remember, uses, raw.options], yaml.places)
  const before = problems.length
  const options = validateOptions(definition, raw, yaml, at, problems, origin.from)
  // What is made of an `!env` that could not be read, which has been reported, would only give further complaints.
  const unread = yaml.problems.some(({ path }) => path.startsWith(`${spot.path}.`))
  if ((unread && !keepUnread) || options === undefined || problems.length > before)
    return void leftOut.push({ ...definition, given: raw.options })
  return {
    kind,
    id,
    definition,
    ...origin,
    options,
    givenOptions: raw.options ?? {},
    timeout,
    onError,
    remember,
    uses,
    fingerprint,
    spot,
    ...inside,
  }
}
