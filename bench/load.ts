// Load from a process of its own, and what one request cost the server in CPU time.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cpuOf, type Measured } from './process.ts'

const AUTOCANNON = fileURLToPath(new URL('../node_modules/autocannon/autocannon.js', import.meta.url))
const CONNECTIONS = 16
const run = promisify(execFile)

/** What a run of load showed. */
export interface Cost {
  /** Microseconds of the server's CPU time for one request. */
  readonly cpu: number
  readonly perSecond: number
}

/**
 * Loads a server and measures it, after a warm-up of a third of the time.
 *
 * @param path with the query
 * @param seconds of measured load
 * @throws Error when any answer is not 2xx
 */
export async function load(
  server: Measured,
  path: string,
  headers: Record<string, string>,
  seconds: number,
): Promise<Cost> {
  await fire(server.url + path, headers, Math.ceil(seconds / 3))
  const before = cpuOf(server.child.pid!)
  const count = await fire(server.url + path, headers, seconds)
  return { cpu: (cpuOf(server.child.pid!) - before) / count, perSecond: count / seconds }
}

async function fire(url: string, headers: Record<string, string>, seconds: number): Promise<number> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const args = [AUTOCANNON, '-j', '-c', String(CONNECTIONS), '-d', String(seconds), ...given, url]
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 })
  const result = JSON.parse(stdout)
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`)
  return result['2xx']
}
