// How plugin modules are found: `dockwarden/plugin`, `dockwarden/testing` and `zod` mean the host's own copies in a
// plugin file anywhere, so that a plugin needs no package.json and there is one contract in the process. Each is imported once per content.
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { noteFile, noteFileNow } from '../../kit/file-record.ts'
import { ModuleGraph } from './module-graph.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
/** `dockwarden/plugin`, or what is below it. */
function face(name: string): readonly [string, string] {
  const specifier = name === 'plugin' ? 'dockwarden/plugin' : `dockwarden/plugin/${name}`
  return [specifier, new URL(`../../face/${name}.${extension}`, import.meta.url).href]
}

const OURS: ReadonlyMap<string, string> = new Map([
  ...['plugin', 'acl', 'cel', 'http', 'sign-in'].map(face),
  ['dockwarden/testing', new URL(`../../testing/index.${extension}`, import.meta.url).href],
])
/** Core, and the built-in plugins beside it: there is one of each in the process. */
const OWN = ['../../', '../../../plugins/'].map((folder) => new URL(folder, import.meta.url).href)
/** Stands for a plugin's name and the place to look it up from, in one `import()`. */
const FROM = 'dockwarden-from:'
const FROM_NUMBER = /^dockwarden-from:\d+:/
const REGISTERED = Symbol.for('dockwarden.module-hooks')

/** What a plugin's module exports. */
export type PluginModule = { readonly default?: unknown }

/** A plugin's module, as it was read at one time. */
interface Reading {
  readonly name: string
  readonly parent: string
  /** Undefined until it has been found. */
  url?: string
  module?: Promise<PluginModule>
}

/** What belongs to the process, as its table of modules does. */
interface Registered {
  readonly graph: ModuleGraph
  /** The last ones, by their keys. */
  readonly readings: Map<string, Reading>
  /** How many there were. */
  count: number
}

/**
 * Registers the resolution hooks, once per process; further calls change nothing. `zod` is first looked up as usual, from
 * the plugin's own folder, and only then here.
 *
 * @example registerContract(); await import('/etc/dockwarden/vault.ts')
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
export function registerContract(): void {
  registered()
}

function registered(): Registered {
  const process = globalThis as { [REGISTERED]?: Registered }
  if (process[REGISTERED]) return process[REGISTERED]
  const graph = new ModuleGraph(OWN)
  const readings = new Map<string, Reading>()
  process[REGISTERED] = { graph, readings, count: 0 }
  registerHooks({
    resolve(specifier, context, next) {
      const ours = OURS.get(specifier)
      if (ours) return { url: ours, shortCircuit: true }
      const reading = readings.get(specifier.replace(FROM_NUMBER, ''))
      if (reading) {
        const found = next(reading.name, { ...context, parentURL: reading.parent })
        reading.url = graph.root(found.url)
        return { ...found, url: reading.url }
      }
      if (specifier !== 'zod') {
        const found = next(specifier, context)
        if (context.conditions.includes('require')) return found
        return { ...found, url: graph.imported(found.url, specifier, context.parentURL) }
      }
      try {
        return next(specifier, context)
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
    load(url, context, next) {
      graph.begin(url)
      const loaded = next(url, context)
      graph.read(url, loaded)
      return loaded
    },
  })
  return process[REGISTERED]
}

/** A plugin's module, and the files that it consists of: its own, and those that it imports by relative paths. */
export interface ImportedPlugin {
  readonly module: PluginModule
  readonly files: readonly string[]
}

/**
 * Imports a plugin's module as if from the module at `parent`, by Node's own resolution, once per content: when a file of it has
 * changed since, all of them are read anew; when they hold what they held before, that module is given again. What it imports from
 * packages, and what CommonJS requires, stays as it was first read.
 *
 * @param name the URL of a file, or a package's name
 * @param parent the URL of a file beside which `node_modules` is looked for
 * @throws what the import throws; where something was missing, it is looked for again at the next call
 * @example const { module, files } = await importPlugin(pathToFileURL('/etc/dockwarden/vault.ts').href, import.meta.url)
 */
export async function importPlugin(name: string, parent: string): Promise<ImportedPlugin> {
  const own = registered()
  const { graph, readings } = own
  const key = encodeURIComponent(JSON.stringify([name, parent]))
  let reading = readings.get(key)
  const hasChanged = reading?.url !== undefined && !graph.isUnchanged(reading.url)
  if (!reading || hasChanged) {
    reading = { name, parent }
    readings.set(key, reading)
    // Node looks each specifier up once.
    reading.module = import(`${FROM}${++own.count}:${key}`)
  }
  try {
    return { module: await reading.module!, files: graph.filesOf(reading.url!) }
  } catch (error) {
    const { code } = (error ?? {}) as NodeJS.ErrnoException
    // What is missing may be there next time.
    if (code?.startsWith('ERR_') && !code.endsWith('TYPESCRIPT_SYNTAX')) {
      readings.delete(key)
      if (reading.url !== undefined) graph.forget(reading.url)
    }
    // Where it should be, for whoever watches for it.
    const { url } = (error ?? {}) as { readonly url?: unknown }
    if (typeof url === 'string' && url.startsWith('file:')) noteFile(fileURLToPath(url), undefined)
    throw error
  } finally {
    for (const path of reading.url === undefined ? [] : graph.filesOf(reading.url)) noteFileNow(path)
  }
}

/** What can be imported, by module. */
export async function facesOf(): Promise<ReadonlyMap<string, readonly string[]>> {
  const faces = [...OURS].map(async ([name, url]) => [name, Object.keys(await import(url))] as const)
  return new Map(await Promise.all(faces))
}
