// Packages that are loaded at their first use: what a configuration does not use takes neither time nor memory.
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/**
 * A package, loaded at the first call.
 *
 * @returns its exports
 * @example const undici = lazyPackage<typeof import('undici')>('undici'); new (undici().Agent)()
 */
export function lazyPackage<T>(name: string): () => T {
  let loaded: T | undefined
  return () => {
    loaded ??= load(name) as T
    return loaded
  }
}
