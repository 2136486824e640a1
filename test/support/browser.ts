// A real Chromium without a window, for tests of pages. Declare `needs('chromium')` in the suite.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'
import { findProgram } from './debian.ts'

export interface TestBrowser extends AsyncDisposable {
  /** Cookies, storage and settings of its own, like a new private window. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Ends the browser and removes all that it wrote. */
  close(): Promise<void>
}

/**
 * Starts Chromium. What it writes goes into a folder of this test.
 *
 * @param args more of Chromium's command line
 * @example
 * await using browser = await startBrowser()
 * const page = await (await browser.newContext({ colorScheme: 'dark' })).newPage()
 */
export async function startBrowser(args: readonly string[] = []): Promise<TestBrowser> {
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) throw new Error("chromium not found; declare needs('chromium')")
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-browser-'))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    const browser = await chromium.launch({
      executablePath,
      // Chromium has no sandbox for root, and refuses to start.
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
      env: { ...process.env, HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    })
    const close = async () => {
      await browser.close()
      await remove()
    }
    return {
      newContext: (options) => browser.newContext(options),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await remove()
    throw error
  }
}
