// How plugin modules are found: `dockwarden/plugin`, `dockwarden/testing` and `zod` mean the host's own copies in a
// plugin file anywhere, so that a plugin needs no package.json and there is one contract in the process.
import { registerHooks } from 'node:module'

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
/** Carries a package's name and the place to look it up from through one `import()`. */
const FROM = 'dockwarden-from:'
const REGISTERED = Symbol.for('dockwarden.module-hooks')

/**
 * Registers the resolution hooks, once per process; further calls change nothing. `zod` is first looked up as usual, from
 * the plugin's own folder, and only then here.
 *
 * @example registerContract(); await import('/etc/dockwarden/vault.ts')
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
export function registerContract(): void {
  const process = globalThis as { [REGISTERED]?: true }
  if (process[REGISTERED]) return
  process[REGISTERED] = true
  registerHooks({
    resolve(specifier, context, next) {
      const ours = OURS.get(specifier)
      if (ours) return { url: ours, shortCircuit: true }
      if (specifier.startsWith(FROM)) {
        const { name, parent } = JSON.parse(decodeURIComponent(specifier.slice(FROM.length)))
        return next(name, { ...context, parentURL: parent })
      }
      if (specifier !== 'zod') return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}

/**
 * Imports a package as if from the module at `parent`, by Node's own resolution.
 *
 * @param name a package's name
 * @param parent the URL of a file beside which `node_modules` is looked for
 */
export function importFrom(name: string, parent: string): Promise<{ default?: unknown }> {
  registerContract()
  return import(FROM + encodeURIComponent(JSON.stringify({ name, parent })))
}

/** What can be imported, by module. */
export async function facesOf(): Promise<ReadonlyMap<string, readonly string[]>> {
  const faces = [...OURS].map(async ([name, url]) => [name, Object.keys(await import(url))] as const)
  return new Map(await Promise.all(faces))
}
