// Notices that files have changed, by looking at them from time to time: notifications of the file system miss what network
// file systems and the symbolic links of Kubernetes' secrets do.
import { stat } from 'node:fs/promises'
import type { Log } from '../contract/index.ts'

/** How often files are looked at, in milliseconds. */
export const WATCH_INTERVAL = 5_000

/** Files that belong together, and what is to be done when they change. */
export interface Watched {
  /** What they are, for the log. */
  readonly name: string
  paths(): Promise<readonly string[]>
  reload(): Promise<void>
}

/**
 * Watches files until `stop`. A change counts once the files have stayed the same from one look to the next, so that a pair
 * that is being written is not read half. When `reload` fails, what was read before stays, and the next change is waited for.
 *
 * @param interval milliseconds
 */
export function watchFiles(watched: readonly Watched[], log: Log, interval: number): { stop(): void } {
  const stops = watched.map((one) => watchOne(one, log, interval))
  return {
    stop() {
      for (const stop of stops) stop()
    },
  }
}

function watchOne({ name, paths, reload }: Watched, log: Log, interval: number): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let current: string | undefined
  let latest: string | undefined
  const look = async () => {
    const seen = await fingerprint(await paths())
    current ??= seen
    if (seen !== current && seen === latest) {
      current = seen
      await reload()
    }
    latest = seen
  }
  const again = () => {
    if (stopped) return
    timer = setTimeout(() => {
      look()
        .catch((error: Error) => {
          log.warn({ err: error }, `${name} could not be read again; those read before stay in use`)
        })
        .finally(again)
    }, interval)
    timer.unref()
  }
  look()
    .catch(() => {})
    .finally(again)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** Changes when any of the files does; a link counts as the file that it leads to. */
async function fingerprint(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined)
      return found ? `${path} ${found.ino} ${found.size} ${found.mtimeMs}` : `${path} missing`
    }),
  )
  return parts.join('\n')
}
