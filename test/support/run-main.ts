// One command of the command line, in a process of its own, to its end.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../core/main.ts', import.meta.url))

/** How a command ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `dockwarden ARGS`.
 *
 * @param given what stands on its standard input
 * @param node options for Node
 */
export function runMain(
  args: readonly string[],
  given: string | Buffer = '',
  { node = [], cwd, env }: { node?: readonly string[]; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env } }
    const child = execFile(process.execPath, [...node, MAIN, ...args], options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    )
    // It may have ended without reading.
    child.stdin!.on('error', () => {})
    child.stdin!.end(given)
  })
}
