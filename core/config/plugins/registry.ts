// From a plugin's name in the configuration to its definition: built-in, a file, or an npm package.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { basename, isAbsolute, join, parse, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BUILT_IN, DOCKER_AUTH_NAMES, FORMER_NAMES } from '../../../plugins/index.ts'
import { nearest } from '../../contract/suggest.ts'
import { withDeadline } from '../../kit/deadline.ts'
import { withDriver } from '../../kit/drivers.ts'
import { type PluginDefinition, type PluginKind, suggest } from '../../plugin.ts'
import { KINDS, readDefinitions } from './definition.ts'
import { causeOf, ENDINGS } from './load-errors.ts'
import { type ImportedPlugin, importPlugin } from './modules.ts'

/** A plugin that was found, and where. */
export interface FoundPlugin {
  readonly definition: PluginDefinition
  /** `built in`, a file, or `package NAME`. */
  readonly from: string
  /** Of the package. */
  readonly version?: string | undefined
  /** What an error's stack has in its paths when it comes from there. */
  readonly path: string
  /** What was imported: another one when the plugin's files have changed since. */
  readonly module: object
  /** The files that it consists of; none of a built-in plugin. */
  readonly files: readonly string[]
}

/** All built-in plugins, for the JSON Schema. */
export async function builtInPlugins(): Promise<PluginDefinition[]> {
  const found = KINDS.flatMap((kind) => [...BUILT_IN[kind].keys()].map((name) => builtIn(name, kind)!))
  return (await Promise.all(found)).map(({ definition }) => definition)
}

/** The names that a configuration may write for a built-in plugin, the one to write first. */
export function namesOf({ kind, name }: Pick<PluginDefinition, 'kind' | 'name'>): string[] {
  const former = [...(FORMER_NAMES[kind] ?? [])].filter(([, now]) => now === name)
  return [name, ...former.map(([written]) => written)]
}

/** Whether a configuration means a built-in plugin of this kind by what it writes. */
export function isBuiltIn(written: string, kind: PluginKind): boolean {
  return namesOfKind(kind).includes(written)
}

/** The kinds of which there is a built-in plugin under a name. */
export function builtInKinds(written: string): readonly PluginKind[] {
  return KINDS.filter((kind) => isBuiltIn(written, kind))
}

/** @returns undefined when there is none of this name and kind */
function builtIn(written: string, kind: PluginKind): Promise<FoundPlugin> | undefined {
  const name = FORMER_NAMES[kind]?.get(written) ?? written
  const loader = BUILT_IN[kind].get(name)
  if (!loader) return undefined
  return withDriver(`the plugin ${written}`, loader).then((module) => ({
    definition: readDefinitions(module.default, `built-in ${written}`)[0]!,
    from: 'built in',
    path: `/plugins/${name}/`,
    module,
    files: [],
  }))
}

const LOAD_DEADLINE_MS = 10_000

/**
 * Finds a plugin by its kind and its name.
 *
 * @param name a built-in name, a path (`./vault.ts`, relative to `base`), or an npm package (`NAME` for `dockwarden-plugin-NAME`)
 * @param base the configuration's folder
 * @returns the definition, whose shape has been checked
 * @throws Error whose message lists each place tried and each cause, or the kinds that there are under this name
 */
export async function findPlugin(name: string, base: string, kind: PluginKind): Promise<FoundPlugin> {
  const found = builtIn(name, kind)
  if (found) return await found
  const { definitions, ...origin } = await findOwn(name, base, kind)
  const definition = definitions.find((one) => one.kind === kind)
  if (definition) return { definition, ...origin }
  const others = definitions.map((one) => one.kind)
  throw new Error(onlyOf(isPath(name) ? definitions[0]!.name : name, others, kind))
}

/**
 * The kinds of plugins that a name stands for.
 *
 * @param name as for {@link findPlugin}
 * @throws Error as `findPlugin` does, where there is none
 */
export async function kindsOf(name: string, base: string): Promise<readonly PluginKind[]> {
  const builtIn = builtInKinds(name)
  if (builtIn.length > 0) return builtIn
  return (await findOwn(name, base, 'authenticator')).definitions.map(({ kind }) => kind)
}

/** A module that is no built-in plugin. */
interface FoundModule extends Omit<FoundPlugin, 'definition'> {
  /** One of a kind. */
  readonly definitions: readonly PluginDefinition[]
}

function isPath(name: string): boolean {
  return name.startsWith('./') || name.startsWith('../') || isAbsolute(name)
}

/** Why a path is none of a plugin, and which one to write. */
function faultOfPath(file: string, written: string): string | undefined {
  if (!existsSync(file)) {
    const whole = ENDINGS.find((end) => existsSync(file + end))
    if (whole !== undefined) return `there is no such file; write ${written}${whole}`
    const near = nearestFile(file)
    const hint =
      near === undefined
        ? 'correct the path'
        : `write ${written.slice(0, written.length - basename(written).length)}${near}`
    return `there is no such file; ${hint}`
  }
  if (!statSync(file).isDirectory()) return undefined
  const index = ENDINGS.find((end) => existsSync(join(file, `index${end}`)))
  const path = written.replace(/\/$/, '')
  return `it is a folder; write ${index === undefined ? `one of its files: ${path}/NAME.ts` : `${path}/index${index}`}`
}

/** The file in its folder that was likely meant: of another ending, or misspelt. */
function nearestFile(file: string): string | undefined {
  const { dir, base, name } = parse(file)
  if (!existsSync(dir)) return undefined
  const files = readdirSync(dir).filter((other) => ENDINGS.some((end) => other.endsWith(end)))
  return files.find((other) => parse(other).name === name) ?? nearest(base, files)
}

/** A plugin that is not built in. */
async function findOwn(name: string, base: string, kind: PluginKind): Promise<FoundModule> {
  if (isPath(name)) {
    const file = resolve(base, name)
    const fault = faultOfPath(file, name)
    if (fault !== undefined) throw new Error(`cannot load ${file}: ${fault}`)
    const imported = await load(() => importPlugin(pathToFileURL(file).href, import.meta.url), file)
    return {
      definitions: readDefinitions(imported.module.default, file),
      ...imported,
      from: file,
      path: file,
    }
  }
  if (/^(~|[a-z]+:)/.test(name))
    throw new Error(`${name} is no path of a plugin; write one that begins with ./, ../ or /`)
  const others = KINDS.filter((other) => namesOfKind(other).includes(name))
  const long = `dockwarden-plugin-${name}`
  // A built-in plugin is mostly called like the library that it uses.
  const packages =
    name.startsWith('@') || name.includes('/') ? [name] : others.length > 0 ? [long] : [long, name]
  const found = await findPackage(packages, base)
  if ('definitions' in found) return found
  if (others.length > 0) throw new Error(onlyOf(name, others, kind))
  throw new Error(
    `there is no plugin ${JSON.stringify(name)}; ${nameMeant(name, base, kind)} (not built in; ${found.tried.join('; ')})`,
  )
}

/** What to write in the place of a name that nothing has. */
function nameMeant(name: string, base: string, kind: PluginKind): string {
  const ofDockerAuth = DOCKER_AUTH_NAMES.get(name)
  if (ofDockerAuth !== undefined) return `docker_auth's ${name} is ${ofDockerAuth} here`
  if (/\.[cm]?[jt]s$/.test(name) || existsSync(resolve(base, name))) return `write ./${name} for a file`
  const long = name.startsWith('@') || name.includes('/') ? name : `dockwarden-plugin-${name}`
  const install = `npm install --prefix ${base} ${long}`
  if (long === name) return `install it: ${install}`
  const known = [...BUILT_IN[kind].keys()]
  return nearest(name, known) === undefined
    ? `${suggest(name, known)}; a package is installed with ${install}`
    : suggest(name, known)
}

function namesOfKind(kind: PluginKind): string[] {
  return [...BUILT_IN[kind].keys(), ...(FORMER_NAMES[kind]?.keys() ?? [])]
}

/** @param kinds those that there are under the name */
function onlyOf(name: string, kinds: readonly PluginKind[], wanted: PluginKind): string {
  const is = kinds.map(withArticle).join(' and ')
  const what = kinds.length === 1 ? `${is} only` : `${is}, but no ${wanted}`
  return `${name} is ${what}; move it to ${kinds.map((kind) => `${kind}s`).join(' or ')}`
}

function withArticle(kind: PluginKind): string {
  return kind === 'labeler' ? `a ${kind}` : `an ${kind}`
}

/** @returns the definition, or the places where there is none */
async function findPackage(
  names: readonly string[],
  base: string,
): Promise<FoundModule | { readonly tried: readonly string[] }> {
  const tried: string[] = []
  for (const packageName of names) {
    for (const parent of [pathToFileURL(join(base, 'package.json')).href, import.meta.url]) {
      const place = `package ${packageName} from ${parent === import.meta.url ? "Dockwarden's own folder" : base}`
      try {
        const imported = await withDeadline(
          importPlugin(packageName, parent),
          LOAD_DEADLINE_MS,
          `${place} did not load`,
        )
        return {
          definitions: readDefinitions(imported.module.default, place),
          ...imported,
          from: `package ${packageName}`,
          version: versionOf(packageName, parent),
          path: `/node_modules/${packageName}/`,
        }
      } catch (error) {
        if (!isNotFound(error, packageName)) throw new Error(`${place}: ${await causeOf(error)}`)
        tried.push(`${place}: not installed`)
      }
    }
  }
  return { tried }
}

/** @returns undefined where the package says none */
function versionOf(packageName: string, parent: string): string | undefined {
  try {
    const file = findPackageJSON(packageName, parent)
    const { version } = JSON.parse(readFileSync(file!, 'utf8'))
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

async function load(open: () => Promise<ImportedPlugin>, place: string): Promise<ImportedPlugin> {
  try {
    return await withDeadline(open(), LOAD_DEADLINE_MS, 'it did not load')
  } catch (error) {
    throw new Error(`cannot load ${place}: ${await causeOf(error)}`)
  }
}

function isNotFound(error: unknown, packageName: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${packageName}'`)
}
