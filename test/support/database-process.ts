// What the database servers of tests have in common: a process of its own user, in a folder of its own, on a free port.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { suspend } from './processes.ts'

const run = promisify(execFile)

/** A running database server. */
export interface DatabaseServer {
  /** On 127.0.0.1. */
  readonly port: number
  /** The folder of its unix socket. */
  readonly folder: string
  /** Runs SQL as the server's owner, each statement for itself. @returns the last one's rows */
  sql(...statements: string[]): Promise<Record<string, unknown>[]>
  /** Shuts it down in an orderly way, which ends all connections, and keeps the data. */
  halt(): Promise<void>
  /** Starts it again, with the same port and data. */
  start(): Promise<void>
  /** The server hangs: connections stay, and even new ones can be made, but answers do not come. */
  pause(): Promise<void>
  resume(): void
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** Who runs the server: databases refuse root. Undefined: whoever runs the tests. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The user that the server's Debian package has made. */
export function ownerNamed(name: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  if (line === undefined) throw new Error(`there is no user ${name}; install the database's package`)
  const [, , uid, gid] = line.split(':').map(Number)
  return { uid: uid!, gid: gid! }
}

/** A temporary folder that belongs to the server's user. */
export async function folderOf(owner: Owner | undefined, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `dockwarden-${name}-`))
  if (owner) await chown(folder, owner.uid, owner.gid)
  return folder
}

/** Writes a file that only the server's user can read. */
export async function writeAs(owner: Owner | undefined, path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  if (owner) await chown(path, owner.uid, owner.gid)
}

/** Runs a program of the database as its user, to its end. */
export async function runAs(owner: Owner | undefined, program: string, args: string[], cwd: string) {
  await run(program, args, { cwd, ...owner })
}

/** How a kind of server is started, asked and ended. */
export interface Kind {
  readonly program: string
  readonly args: readonly string[]
  readonly owner: Owner | undefined
  readonly folder: string
  readonly port: number
  readonly stopSignal: NodeJS.Signals
  /** Connects, runs the statements, and closes the connection. @returns the last one's rows */
  sql(statements: readonly string[]): Promise<Record<string, unknown>[]>
}

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 5_000

/** Starts the server and waits until it answers. @throws Error with the server's own words when it does not */
export async function launch(kind: Kind): Promise<DatabaseServer> {
  const { folder, port } = kind
  let child: ChildProcess | undefined
  const server: DatabaseServer = {
    port,
    folder,
    sql: (...statements) => kind.sql(statements),
    async start() {
      child = await begin(kind)
    },
    async halt() {
      if (child) await end(child, kind.stopSignal)
    },
    async pause() {
      // The server first, so that it starts no further process meanwhile; then those it has started.
      await suspend(child!.pid!)
      for (const pid of childrenOf(child!.pid!)) await suspend(pid)
    },
    resume: () => resumeAll(child),
    async stop() {
      server.resume()
      await server.halt()
      // Its last processes may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function begin({ program, args, owner, folder, sql }: Kind): Promise<ChildProcess> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...owner })
  const kill = () => {
    // A stopped process hears nothing, and would stay when the test run is interrupted.
    resumeAll(child)
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  let words = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      if (words.length < 10_000) words += chunk
    })
  }
  let failure: unknown
  child.once('error', (error) => {
    failure = error
  })
  const until = Date.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      await sql([])
      return child
    } catch (error) {
      const ended = failure ?? (hasEnded(child) || Date.now() > until ? error : undefined)
      if (ended) throw new Error(`${program} did not start: ${ended}\n${words}`)
    }
    await delay(50)
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return
  const closed = once(child, 'close')
  child.kill(signal)
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await closed
  clearTimeout(overdue)
}

function resumeAll(child: ChildProcess | undefined): void {
  if (child?.pid === undefined || hasEnded(child)) return
  child.kill('SIGCONT')
  for (const pid of childrenOf(child.pid)) {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has just ended.
    }
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${parent}\n`)
      } catch {
        return false
      }
    })
}
