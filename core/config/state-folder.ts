// Where the state directory is.
import { resolve } from 'node:path'

/** Beside the file by default, in both forms: a working directory may be anywhere, such as `/`. */
export function stateFolder(written: string | undefined, base: string, folder: string): string {
  return resolve(base, process.env.DOCKWARDEN_STATE_DIR || (written ?? resolve(folder, 'var')))
}
