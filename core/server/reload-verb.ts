// What a command can ask of a running server about its configuration: to read it again.
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { quote } from '../request/errors.ts'
import type { Verbs } from './control.ts'
import type { Reloader } from './reload.ts'

export const RELOAD = 'reload'

/** @param file that the server runs with */
export function reloadVerb(file: () => string, reloader: Reloader): Verbs {
  return {
    async [RELOAD](args) {
      const { file: wanted, by, uid, pid } = (args ?? {}) as Record<string, unknown>
      const own = resolve(file())
      if (typeof wanted === 'string' && real(wanted) !== real(own))
        throw new Error(`this server runs with ${own}, not with ${quote(wanted)}; name that with --config`)
      return await reloader.reload({
        by: `dockwarden reload, ${String(by)}`,
        ...(typeof uid === 'number' && { uid }),
        ...(typeof pid === 'number' && { pid }),
      })
    },
  }
}

/** Where links lead; a file that is gone for the moment is named as it is written. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
