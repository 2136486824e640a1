// Node's compile cache: what one start has compiled, the next ones read. It holds machine code that is run unseen, so that whoever can
// write there owns the server: it lies beside the code itself, where that is true anyway, and never in a folder that others share.
import { lstatSync, mkdirSync } from 'node:fs'
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import { giveBackStart } from '../kit/heap.ts'

/** In dist. */
const FOLDER = join(import.meta.dirname, '../../.compile-cache')
/** In milliseconds after the start: by then a first token was signed, and what that took is compiled. */
const KEPT_AFTER = 500
const WRITABLE_BY_OTHERS = 0o022

/**
 * Reads from now on what was compiled before. Does nothing where an operator has said otherwise (NODE_COMPILE_CACHE,
 * NODE_DISABLE_COMPILE_CACHE), where there is no folder that is ours alone, and in a checkout, where Node runs the sources.
 */
export function useCompileCache(): void {
  if (import.meta.url.endsWith('.ts') || process.env.NODE_DISABLE_COMPILE_CACHE || getCompileCacheDir())
    return
  if (mayUse(FOLDER)) enableCompileCache(FOLDER)
}

/**
 * A server may be killed: what it has compiled is kept before, once. Its memory is given back after that, and no sooner: then code is
 * forgotten, and what is compiled with other flags is none for the next start.
 */
export function keepCompiled(): void {
  setTimeout(() => {
    flushCompileCache()
    giveBackStart()
  }, KEPT_AFTER).unref()
}

/**
 * Whether a folder is safe to run code from; it is made where that is missing, in a folder that is ours.
 *
 * @returns false also where it can't be had, such as in an installation that somebody else owns
 */
export function mayUse(folder: string): boolean {
  const self = process.geteuid?.()
  try {
    if (lstatSync(dirname(folder)).uid === self) mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = lstatSync(folder)
    return found.isDirectory() && [self, 0].includes(found.uid) && (found.mode & WRITABLE_BY_OTHERS) === 0
  } catch {
    return false
  }
}
