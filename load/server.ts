// The server under load, in a process of its own: this one, or another one that is started by a command.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../core/main.ts', import.meta.url))
const START_TIMEOUT = 30_000
const STOP_TIMEOUT = 30_000

/** How a server is started. */
export interface ServerStart {
  /** The configuration. */
  readonly file: string
  readonly port: number
  /** Receives what the server writes, behind what stands there. */
  readonly log: string
  /** Another server, as a shell command that takes the configuration's path as its last argument. Default: Dockwarden's sources. */
  readonly against?: string | undefined
  /** A program with its arguments that runs the server, such as prlimit; it must become the server's process. */
  readonly under?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A server that listens. */
export interface LoadedServer {
  readonly port: number
  readonly pid: number
  /** Everything that it has written. */
  written(): string
  /** Asks it to end. @returns the milliseconds that it took, Infinity when it had to be killed */
  stop(): Promise<number>
  /** Ends it as the end of its machine would. */
  kill(): Promise<void>
}

/**
 * Starts a server and waits until its port takes connections.
 *
 * @throws Error with its last words when it does not
 */
export async function startServer(start: ServerStart): Promise<LoadedServer> {
  const { file, port, log, against, under = [], env } = start
  const command =
    against === undefined
      ? [process.execPath, MAIN, 'serve', file]
      : ['/bin/sh', '-c', `exec ${against} "$0"`, file]
  const [program, ...args] = [...under, ...command] as [string, ...string[]]
  const output = openSync(log, 'a')
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', output, output] })
  closeSync(output)
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const closed = once(child, 'close').then(() => void process.off('exit', kill))
  const ended = () => child.exitCode !== null || child.signalCode !== null
  const until = Date.now() + START_TIMEOUT
  while (!(await accepts(port))) {
    if (ended() || Date.now() > until) {
      kill()
      const words = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
      throw new Error(`the server did not start:\n${words}`)
    }
    await delay(50)
  }
  return {
    port,
    pid: child.pid!,
    written: () => readFileSync(log, 'utf8'),
    async stop() {
      if (ended()) return 0
      const began = performance.now()
      child.kill('SIGTERM')
      const overdue = setTimeout(kill, STOP_TIMEOUT)
      await closed
      clearTimeout(overdue)
      return child.signalCode === 'SIGKILL' ? Number.POSITIVE_INFINITY : performance.now() - began
    },
    async kill() {
      kill()
      await closed
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
