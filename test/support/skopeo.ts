// skopeo, the real client, with its state in a folder of its own.
import { execFile } from 'node:child_process'
import { findProgram } from './debian.ts'

/** How a run of skopeo ended. */
export interface SkopeoResult {
  readonly status: number
  readonly output: string
}

/**
 * Makes a way to run skopeo. The suite must say `needs('skopeo')`.
 *
 * @param home where it keeps its files
 */
export function skopeoIn(home: string): (...args: string[]) => Promise<SkopeoResult> {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    REGISTRY_AUTH_FILE: `${home}/auth.json`,
  }
  return (...args) =>
    new Promise((resolve) => {
      const program = findProgram('skopeo') ?? 'skopeo'
      execFile(program, ['--insecure-policy', ...args], { env }, (error, stdout, stderr) => {
        resolve({
          status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          output: stdout + stderr,
        })
      })
    })
}
