// Puts a folder in its place at once: whoever is stopped halfway leaves none that looks finished.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { osReason } from '../../kit/os-errors.ts'

/** A file to write. */
export interface NewFile {
  /** Below the folder. */
  readonly path: string
  readonly text: string
  /** Default: as the user's other files. */
  readonly mode?: number
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Writes a folder beside its place, and renames it. A signal that comes meanwhile is too late.
 *
 * @param target what is there is replaced
 * @throws Error with the place and the remedy; what was there is there then, and nothing else
 */
export function placeFolder(target: string, files: readonly NewFile[]): void {
  const half = join(dirname(target), `.${basename(target)}-${randomBytes(4).toString('hex')}`)
  const before = `${half}-before`
  const ignore = () => {}
  for (const signal of STOPPING) process.on(signal, ignore)
  try {
    mkdirSync(half)
    for (const { path, text, mode = 0o666 } of files) {
      mkdirSync(dirname(join(half, path)), { recursive: true })
      writeFileSync(join(half, path), text, { mode })
    }
    if (existsSync(target)) renameSync(target, before)
    renameSync(half, target)
  } catch (error) {
    if (existsSync(before) && !existsSync(target)) renameSync(before, target)
    throw new Error(`cannot write ${target}: ${osReason(error)}; go to a folder that you may write in`)
  } finally {
    for (const path of [half, before]) rmSync(path, { recursive: true, force: true })
    for (const signal of STOPPING) process.off(signal, ignore)
  }
}
