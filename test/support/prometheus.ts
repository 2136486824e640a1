// A real Prometheus for tests: Debian's, on a loopback port, with a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import { until } from './processes.ts'

/** One series of an answer. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}

/** A running Prometheus. */
export interface Prometheus {
  /** Evaluates an expression now. @throws Error with its words when it is none */
  query(expression: string): Promise<Found[]>
  /** Any other question to its API, such as `rules`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  ask(path: string): Promise<any>
  stop(): Promise<void>
}

const STOP_TIMEOUT = 5_000

/**
 * Starts one and waits until it answers. The suite must say `needs('prometheus')`.
 *
 * @param config as prometheus.yml, in JSON
 * @param files further ones of its folder, by name
 * @throws Error with its own words when it ends
 */
export async function startPrometheus(
  config: object,
  files: Readonly<Record<string, string>> = {},
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-prometheus-'))
  for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': JSON.stringify(config) }))
    await writeFile(join(folder, name), text, { mode: 0o600 })
  const port = await freePort()
  const child = spawn(
    findProgram('prometheus')!,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let words = ''
  child.stderr.on('data', (chunk) => {
    if (words.length < 10_000) words += chunk
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const api = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return true
    return await fetch(`${api}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  })
  if (child.exitCode !== null || child.signalCode !== null) {
    await stop()
    throw new Error(`prometheus ended: ${words}`)
  }
  const ask = async (path: string) => {
    const answer = await fetch(`${api}/api/v1/${path}`)
    const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string }
    if (status !== 'success') throw new Error(error)
    return data
  }
  return {
    ask,
    query: async (expression) =>
      ((await ask(`query?${new URLSearchParams({ query: expression })}`)) as { result: Found[] }).result,
    stop,
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await closed
  clearTimeout(overdue)
}
