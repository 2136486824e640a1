// What a command can ask of a running server about its configuration: which it is, and to read it again.
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { quote } from '../request/errors.ts'
import type { Verbs } from './control.ts'
import type { Reloader } from './reload.ts'
import type { ReloadOutcome, ReloadStatus } from './reload-status.ts'

export const RELOAD = 'reload'

/** Who the server is, and with what it runs. */
export const STATUS = 'status'

/** A process that answers requests. */
export interface WorkerStatus {
  /** Of its lines in the log. */
  readonly number: number
  readonly pid: number
}

/** What a server says of itself. */
export interface ServerStatus {
  readonly pid: number
  /** The configuration's. */
  readonly file: string
  /** Since when what stands in it is in force, in milliseconds since the epoch. */
  readonly since: number
  /** What became of the last reload; left out when there was none. */
  readonly last?: ReloadOutcome
  /** Those that answer now; left out where the server answers itself. */
  readonly workers?: readonly WorkerStatus[]
}

/**
 * @param file that the server runs with
 * @param reloads what has become of them
 * @param workers those that answer now; undefined: the server does so itself
 */
export function reloadVerb(
  file: () => string,
  reloader: Reloader,
  reloads: () => ReloadStatus,
  workers: () => readonly WorkerStatus[] | undefined,
): Verbs {
  return {
    async [STATUS](): Promise<ServerStatus> {
      const { since, last } = reloads()
      const answering = workers()
      return {
        pid: process.pid,
        file: resolve(file()),
        since,
        ...(last && { last }),
        ...(answering && { workers: answering }),
      }
    },

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
