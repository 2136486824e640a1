// A folder is made beside its place and moved there when all of it is sound: whatever ends the command before leaves nothing.
import { existsSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { osReason } from '../../kit/os-errors.ts'

/**
 * Runs a step that makes a folder, and moves it to its place when it is sound. It is gone when it is not, or a signal ends the process.
 *
 * @param folder where it belongs in the end
 * @param step makes it; gives whether it is sound
 * @param suffix of the other name that what is in the way gets there
 * @throws Error when nothing can be made there; whatever the step throws
 */
export async function placed(
  folder: string,
  step: (draft: string) => Promise<boolean>,
  suffix: string,
): Promise<boolean> {
  const draft = await draftFor(folder)
  let moving = false
  const end = (signal: NodeJS.Signals) => {
    // That is a matter of milliseconds, and must not be left half done.
    if (moving) return
    rmSync(draft, { recursive: true, force: true })
    forget()
    process.kill(process.pid, signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const forget = () => {
    for (const signal of signals) process.off(signal, end)
  }
  for (const signal of signals) process.on(signal, end)
  try {
    const sound = await step(draft)
    moving = true
    if (sound) await moveThere(draft, folder, suffix)
    return sound
  } finally {
    await rm(draft, { recursive: true, force: true })
    forget()
  }
}

async function draftFor(folder: string): Promise<string> {
  const above = dirname(folder)
  try {
    await mkdir(above, { recursive: true })
    return await mkdtemp(join(above, '.dockwarden-init-'))
  } catch (error) {
    throw new Error(`cannot write ${above}: ${osReason(error)}; name another folder`, { cause: error })
  }
}

/** @returns the names that stand in the folder already and would be in the way */
export function inTheWay(folder: string, names: readonly string[]): string[] {
  return names.filter((name) => existsSync(join(folder, name)))
}

async function moveThere(draft: string, folder: string, suffix: string): Promise<void> {
  if (!existsSync(folder)) return await rename(draft, folder)
  // Not the folder itself: whoever stands in it would stand nowhere.
  for (const name of await readdir(draft)) {
    const target = join(folder, name)
    if (existsSync(target)) await rename(target, `${target}${suffix}`)
    await rename(join(draft, name), target)
  }
}
