// Files that the configuration names, resolved against one base folder.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Files } from '../contract/index.ts'
import { watchFiles } from './file-watch.ts'

/** How often the files that plugins watch are looked at, in milliseconds: whoever changes them waits for it. */
const WATCH_INTERVAL = 2_000

/**
 * @param base the folder that relative paths start from: the config file's, or the working directory for docker_auth's form
 * @param watchInterval milliseconds
 */
export function createFiles(base: string, watchInterval = WATCH_INTERVAL): Files {
  return {
    resolve: (path) => resolve(base, path),
    read(path) {
      const full = resolve(base, path)
      try {
        return readFileSync(full, 'utf8')
      } catch (error) {
        throw new Error(`cannot read ${full}: ${whyNot(error)}`)
      }
    },
    watch: (watched, log) => watchFiles([watched], log, watchInterval),
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied for the user that runs Dockwarden'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
])

/** An operating system error in words. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS.get(code ?? '') ?? message
}
