// Reads a configuration file: both forms become one checked `Config`, or a ConfigError with every problem at once.
import { dirname, resolve } from 'node:path'
import { FileRecord, recordFiles } from '../kit/file-record.ts'
import { Secret } from '../plugin.ts'
import { besides, ConfigError, inOrder, type Problem, type Spot } from '../yaml/problems.ts'
import { spotOf, validate } from '../yaml/validate.ts'
import { parseYaml } from '../yaml/yaml.ts'
import type { YamlFile, YamlOptions } from '../yaml/yaml-file.ts'
import { isDockerAuthForm, translate } from './docker-auth/translate.ts'
import { type InstanceConfig, type NativeConfig, nativeSchema } from './native/schema.ts'
import { Places, TOP } from './places.ts'
import { type LeftOut, LISTS, type Planned, planAll } from './planning.ts'
import { findPlugin } from './plugins/registry.ts'
import { readText } from './read-text.ts'
import { serverDoubts } from './server-doubts.ts'
import { soundSections } from './sound-sections.ts'
import { stateFolder } from './state-folder.ts'
import { hasDockerAuthPlaceholders, hasPlaceholders, unreadVariables } from './variables.ts'

export type { LeftOut, Planned }

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
  /** Of what was read, keeps what a running server needs: the plugins' options are gone, and places are read again when they are asked for. */
  forget(): void
}

/** The part of a configuration that places of problems come from. */
export type Spots = Pick<Config, 'file' | 'spotOf'>

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
  const places = new Places(resolve(file), text, { yaml, tree }, (same) => {
    const again = parseYaml(same, file, { version: dockerAuth ? '1.1' : '1.2', base, secrets: noSecret })
    return { yaml: again, tree: dockerAuth ? translate(again, { problems: [], warnings: [] }) : again.value }
  })
  const problems = [...yaml.problems, ...besides(translated.problems, yaml.problems)]
  const warnings = [...yaml.warnings, ...besides(translated.warnings, yaml.problems)]
  const checked = validate(nativeSchema, tree, yaml, TOP, problems)
  // Also when something else is wrong: the plugins' faults are reported in the same pass.
  const { plans: plugins, leftOut } = await planAll(tree, yaml, places, base, problems, keepUnread)
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
    spotOf: (path) => places.ofSection(path),
    forget() {
      places.forget()
      for (const plan of plugins) Object.assign(plan, { options: undefined, givenOptions: undefined })
    },
  }
  return { config, problems, warnings, leftOut, form, tree, yaml }
}

/** Places need none. */
const noSecret = () => new Secret('')

/** Whether `$` means something of its own in an option of the native form. */
async function isPlaceholderOption(keys: readonly string[], tree: unknown, base: string): Promise<boolean> {
  const [list, index, options, ...rest] = keys
  const kind = LISTS.find(([name]) => name === list)?.[1]
  if (kind === undefined || options !== 'options') return false
  const { plugin } = (tree as Record<string, InstanceConfig[]>)[list!]![Number(index)]!
  const found = await findPlugin(plugin, base, kind).catch(() => undefined)
  return found === undefined || hasPlaceholders(found.definition.options, rest)
}
