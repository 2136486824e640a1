// Lets a plugin file anywhere import `dockwarden/plugin`, `dockwarden/testing` and `zod` without a package.json of its
// own: the host answers these names with its own copies, so that there is one contract in the process.
import { registerHooks } from 'node:module'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const OURS = new Map([
  ['dockwarden/plugin', new URL(`../contract/index.${extension}`, import.meta.url).href],
  ['dockwarden/testing', new URL(`../testing/index.${extension}`, import.meta.url).href],
])
const FALLBACK = new Set(['zod'])

/**
 * Registers the resolution hook, once per process; further calls change nothing.
 *
 * `zod` is first looked up as usual from the plugin's own folder and only then here.
 *
 * @example registerContract(); await import('/etc/dockwarden/vault.ts')
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
export function registerContract(): void {
  const marker = Symbol.for('dockwarden.contract-hook')
  const registered = globalThis as { [marker]?: boolean }
  if (registered[marker]) return
  registered[marker] = true
  registerHooks({
    resolve(specifier, context, next) {
      const ours = OURS.get(specifier)
      if (ours) return { url: ours, shortCircuit: true }
      if (!FALLBACK.has(specifier)) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
