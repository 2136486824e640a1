// Load from a process of its own, and what one request cost the server.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cpuOf, type Measured, memoryOf } from './process.ts'

const PROCESS = fileURLToPath(new URL('load-process.ts', import.meta.url))
const CONNECTIONS = 16
const run = promisify(execFile)

/** What a run of load showed. */
export interface Cost {
  /** Microseconds of the server's CPU time for one request. */
  readonly cpu: number
  readonly perSecond: number
  /** Resident at its end, in MiB. */
  readonly memory: number
}

/** What is asked, again and again. */
export interface Requests {
  /** With the query; `{n}` in it is another number in each request. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Loads a server and measures it.
 *
 * @param seconds how long
 * @throws Error when any answer is not 200
 */
export async function load(server: Measured, requests: Requests, seconds: number): Promise<Cost> {
  const pid = server.child.pid!
  const before = cpuOf(pid)
  const count = await fire(server.url + requests.path, requests.headers, seconds)
  return { cpu: (cpuOf(pid) - before) / count, perSecond: count / seconds, memory: memoryOf(pid) }
}

async function fire(url: string, headers: Requests['headers'], seconds: number): Promise<number> {
  const args = [PROCESS, url, JSON.stringify(headers), String(seconds), String(CONNECTIONS)]
  const { stdout } = await run(process.execPath, args)
  const { answered, others } = JSON.parse(stdout) as { answered: number; others: Record<string, number> }
  if (answered === 0 || Object.keys(others).length > 0)
    throw new Error(`${url}: ${answered} answers were 200, the others ${JSON.stringify(others)}`)
  return answered
}
