// Notices that files have changed, by looking at them from time to time: notifications of the file system miss what network
// file systems and the symbolic links of Kubernetes' secrets do.
import { stat } from 'node:fs/promises'
import type { Log, Watch, Watched } from '../plugin.ts'

/** How often files are looked at, in milliseconds. */
export const SERVER_FILES_INTERVAL = 5_000

/**
 * Watches files. A change counts once the files have stayed the same from one look to the next, so that a pair that is being
 * written is not read half. When `reload` fails, what was read before stays, the log says so once, and each look tries again.
 *
 * @param interval milliseconds
 */
export function watchFiles(watched: readonly Watched[], log: Log, interval: number): Watch {
  const watches = watched.map((one) => watchOne(one, log, interval))
  return {
    async stop() {
      await Promise.all(watches.map((watch) => watch.stop()))
    },
  }
}

function watchOne({ name, paths, reload }: Watched, log: Log, interval: number): Watch {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let read: string | undefined
  let latest: string | undefined
  let said: string | undefined
  const look = async () => {
    try {
      const seen = await fingerprintOfFiles(await paths())
      const settled = seen === latest
      latest = seen
      if (!settled || seen === read) return
      await reload()
      read = seen
      said = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== said) log.warn({}, `${name} could not be read again, and those in use stay: ${message}`)
      said = message
    }
  }
  const again = async () => {
    await look()
    if (stopped) return
    timer = setTimeout(() => {
      running = again()
    }, interval)
    timer.unref()
  }
  let running = again()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      return running
    },
  }
}

/** Changes when any of the files does; a link counts as the file that it leads to. */
export async function fingerprintOfFiles(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined)
      return found ? `${path} ${found.ino} ${found.size} ${found.mtimeMs}` : `${path} missing`
    }),
  )
  return parts.join('\n')
}
