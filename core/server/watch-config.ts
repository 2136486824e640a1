// Notices that a configuration's files have changed: itself, what it reads (`!file`, included rules, certificates), and the plugins' own.
import type { Log, Watch } from '../plugin.ts'
import { fingerprintOfFiles } from '../services/file-watch.ts'
import type { Generation } from './generation.ts'
import type { Reloader } from './reload.ts'

/** How often it is looked, in milliseconds. */
export const CONFIG_INTERVAL = 1_000

/**
 * Has the configuration read again when its files have changed, while it says `server.reload: auto`. A change counts when two looks agree over
 * all files together: of several that are written one after the other, none is taken alone. What instances look at themselves, such as
 * included rules, they read by themselves when nothing else has changed.
 *
 * @param current the configuration in force
 * @param interval milliseconds between two looks
 * @param always also when it says something else
 */
export function watchConfig(
  current: () => Generation,
  reloader: Reloader,
  log: Log,
  {
    interval = CONFIG_INTERVAL,
    always = false,
  }: { readonly interval?: number; readonly always?: boolean } = {},
): Watch {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let latest: string | undefined
  let settled: string | undefined

  async function look(): Promise<void> {
    const { config, services } = current()
    if (config.reload !== 'auto' && !always) return
    const instances = services.made.map(({ files }) => files)
    const own = (await Promise.all(instances.map((files) => files.paths()))).flat()
    const seen = await fingerprintOfFiles([
      ...new Set([...reloader.files.paths, ...config.files.paths, ...own]),
    ])
    const same = seen === latest
    latest = seen
    if (!same || seen === settled) return
    settled = seen
    const watched = new Set((await Promise.all(instances.map((files) => files.watchedPaths()))).flat())
    const read = reloader.files.paths.filter((path) => !watched.has(path))
    const unchanged = await Promise.all([
      reloader.files.isCurrent(read),
      ...instances.map((files) => files.isCurrentBesides()),
    ])
    if (unchanged.includes(false)) await reloader.reload({ by: 'file change' })
  }

  const again = async () => {
    await look().catch((err) => {
      if (!stopped) log.warn({ err }, 'the files of the configuration could not be looked at')
    })
    if (stopped) return
    timer = setTimeout(() => {
      running = again()
    }, interval).unref()
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
