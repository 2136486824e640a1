// Reads a configuration file: both forms become one checked `Config`, or a ConfigError with every problem at once.
import { dirname, resolve } from 'node:path'
import { FileRecord, recordFiles } from '../kit/file-record.ts'
import type { PluginDefinition, PluginKind } from '../plugin.ts'
import { besides, ConfigError, inOrder, type Problem, type Spot } from '../yaml/problems.ts'
import { spotOf, validate } from '../yaml/validate.ts'
import { parseYaml } from '../yaml/yaml.ts'
import type { YamlFile, YamlOptions } from '../yaml/yaml-file.ts'
import { isDockerAuthForm, translate } from './docker-auth/translate.ts'
import { fingerprintOf } from './fingerprint.ts'
import { authenticatorSchema, skippableSchema, strictSchema } from './native/instance-schema.ts'
import { type InstanceConfig, type NativeConfig, nativeSchema } from './native/schema.ts'
import { validateOptions } from './plugin-options.ts'
import { builtInPlugins, findPlugin, isBuiltIn } from './plugins/registry.ts'
import { readText } from './read-text.ts'
import { serverDoubts } from './server-doubts.ts'
import { soundSections } from './sound-sections.ts'
import { stateFolder } from './state-folder.ts'
import { createTakenNames, type TakenNames } from './taken-names.ts'
import { hasDockerAuthPlaceholders, hasPlaceholders, unreadVariables } from './variables.ts'
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
interface Drafted extends Omit<Planned, 'wires'> {
  readonly uses: Uses
  spotOfUse(key: string): Spot
}

/** A configuration that has been checked as far as it can be without starting anything. */
export interface Config {
  readonly file: string
  /** The folder that relative paths start from. */
  readonly base: string
  readonly stateDir: string
  readonly server: NativeConfig['server']
  readonly token: NativeConfig['token']
  readonly log: NativeConfig['log']
  readonly plugins: readonly Planned[]
  /** When the file is read again while the server runs: when it changes, or when somebody asks. */
  readonly reload: 'auto' | 'signal'
  /** What it was read from. */
  readonly files: FileRecord
  readonly warnings: readonly Problem[]
  /** Where a key of the file stands, for problems found later. @example spotOf('server.tls') */
  spotOf(path: string): Spot
}

/** The part of a configuration that places of problems come from. */
export type Spots = Pick<Config, 'file' | 'spotOf'>

const TOP: Spot = { line: 1, column: 1, path: '' }

const LISTS = [
  ['authenticators', 'authenticator', authenticatorSchema],
  ['labelers', 'labeler', skippableSchema],
  ['authorizers', 'authorizer', strictSchema],
] as const satisfies readonly (readonly [keyof NativeConfig, PluginKind, unknown])[]

/**
 * Reads and checks a configuration file of either form.
 *
 * @throws ConfigError with all problems
 * @example const config = await readConfig('config/dockwarden.yml')
 */
export async function readConfig(file: string): Promise<Config> {
  const { config, problems, warnings } = await inspectConfig(file)
  if (!config || problems.length > 0) throw new ConfigError(problems, warnings)
  return config
}

/** What a file holds: the configuration as far as it is sound, and everything that is wrong with the rest. */
export interface Inspection {
  /** Sections that are wrong are the default ones here, and plugins that are wrong are left out. */
  readonly config: Config | undefined
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** The plugins that are left out: they are wrong, or what they need of others is. */
  readonly leftOut: readonly LeftOut[]
  /** The form that it is written in. */
  readonly form: 'native' | 'docker_auth'
  /** The file in the native form, with texts and secrets as the schemas read them. */
  readonly tree: unknown
  readonly yaml: YamlFile
}

/** How a file is read. */
export interface ReadOptions extends Pick<YamlOptions, 'secrets' | 'onEntry'> {
  /** Whether plugins stay of which an `!env` or `!file` could not be read: for tools that don't start them. */
  readonly keepUnread?: boolean
}

/** A plugin that is left out, and its options as they stand in the file. */
export interface LeftOut extends Pick<PluginDefinition, 'kind' | 'anonymous' | 'byCertificate' | 'options'> {
  readonly given: unknown
}

/** Reads a file as far as possible, so that what its sound parts name can be checked in the same pass. */
export async function inspectConfig(file: string, options: ReadOptions = {}): Promise<Inspection> {
  return await inspect(() => readText(file), file, options)
}

/** The same for a text. @param file how messages name it; relative paths start beside it */
export async function inspectText(
  text: string,
  file: string,
  options: ReadOptions = {},
): Promise<Inspection> {
  return await inspect(() => text, file, options)
}

function inspect(read: () => string, file: string, options: ReadOptions): Promise<Inspection> {
  const files = new FileRecord()
  return recordFiles(files, async () => inspectRead(read(), file, files, options))
}

async function inspectRead(
  text: string,
  file: string,
  files: FileRecord,
  { secrets, onEntry, keepUnread = false }: ReadOptions,
): Promise<Inspection> {
  const folder = dirname(resolve(file))
  // The form decides the YAML version, and it shows in the top-level keys, which both versions read alike.
  const native = parseYaml(text, file, { version: '1.2', base: folder, secrets })
  const dockerAuth = isDockerAuthForm(native.value)
  const form = dockerAuth ? 'docker_auth' : 'native'
  const base = dockerAuth ? process.cwd() : folder
  const yaml = dockerAuth ? parseYaml(text, file, { version: '1.1', base, secrets, onEntry }) : native
  if (yaml.value === null) {
    yaml.problems.push({ file, ...TOP, message: 'is empty; see config/dockwarden.yml for what to write' })
  }
  if (yaml.problems.length > 0 && (yaml.value ?? undefined) === undefined) {
    const { problems, warnings } = yaml
    return { config: undefined, problems, warnings, leftOut: [], form, tree: undefined, yaml }
  }

  const variables = unreadVariables(yaml.value, yaml)
  const translated = { problems: [] as Problem[], warnings: [] as Problem[] }
  const tree = dockerAuth ? translate(yaml, translated) : yaml.value
  const problems = [...yaml.problems, ...besides(translated.problems, yaml.problems)]
  const warnings = [...yaml.warnings, ...besides(translated.warnings, yaml.problems)]
  const checked = validate(nativeSchema, tree, yaml, TOP, problems)
  // Also when something else is wrong: the plugins' faults are reported in the same pass.
  const { plans: plugins, leftOut } = await planAll(tree, yaml, base, problems, keepUnread)
  for (const { keys, ...variable } of variables) {
    const { line, column, message } = variable
    if (dockerAuth ? hasDockerAuthPlaceholders(keys) : await isPlaceholderOption(keys, tree, base)) continue
    const at = problems.findIndex((problem) => problem.line === line && problem.column === column)
    // What is wrong with the text is that it is not what was meant.
    if (at === -1) warnings.push(variable)
    else if (!problems[at]!.message.includes('!env')) problems[at] = { ...problems[at]!, message }
  }
  for (const { at, message } of checked ? serverDoubts(checked.server) : [])
    warnings.push({ file, ...spotOf(tree, at.split('.'), yaml, TOP, 'key'), message })
  const { server, token, log } = checked ?? soundSections(tree, yaml, TOP)
  const config: Config = {
    file,
    base,
    stateDir: stateFolder(server.state_dir, base, folder),
    server,
    token,
    log,
    plugins,
    // docker_auth starts itself anew when its file changes.
    reload: server.reload ?? (dockerAuth ? 'auto' : 'signal'),
    files,
    warnings: inOrder(warnings),
    spotOf: (path) => spotOf(tree, path.split('.'), yaml, TOP, 'key'),
  }
  return { config, problems, warnings, leftOut, form, tree, yaml }
}

/** Whether `$` means something of its own in an option of the native form. */
async function isPlaceholderOption(keys: readonly string[], tree: unknown, base: string): Promise<boolean> {
  const [list, index, options, ...rest] = keys
  const kind = LISTS.find(([name]) => name === list)?.[1]
  if (kind === undefined || options !== 'options') return false
  const { plugin } = (tree as Record<string, InstanceConfig[]>)[list!]![Number(index)]!
  const found = await findPlugin(plugin, base, kind).catch(() => undefined)
  return found === undefined || hasPlaceholders(found.definition.options, rest)
}

async function planAll(
  tree: unknown,
  yaml: YamlFile,
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

async function planOne(
  instance: InstanceConfig,
  raw: InstanceConfig,
  kind: PluginKind,
  spot: Spot,
  yaml: YamlFile,
  base: string,
  problems: Problem[],
  taken: TakenNames,
  { keepUnread, leftOut }: { readonly keepUnread: boolean; readonly leftOut: LeftOut[] },
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
  const spotOfUse = (key: string) => spotOf(raw, ['uses', key], yaml, spot, 'key')
  const spotOfOption = (path: readonly PropertyKey[]) =>
    spotOf(raw, ['options', ...path], yaml, spot, 'value')
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
    spotOfUse,
    spotOfOption,
  }
}
