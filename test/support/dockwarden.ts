// The command line in a process of its own, as an operator runs it.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Patience } from '../../core/server/listener.ts'

const MAIN = fileURLToPath(new URL('../../core/main.ts', import.meta.url))
const IMPATIENT = fileURLToPath(new URL('impatient-server.ts', import.meta.url))

/** A server process that listens. */
export interface DockwardenProcess {
  readonly child: ChildProcess
  readonly port: number
  /** What it wrote so far, standard output and standard error together. */
  output(): string
  /** Waits until what it wrote matches; the suite's timeout bounds it. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  /** Asks it to stop and waits. @returns its exit code */
  stop(): Promise<number | null>
}

/**
 * Starts `dockwarden ARGS` and waits until it listens on a TCP port.
 *
 * @param main of another Dockwarden than this checkout
 * @throws Error with what it wrote when it ends before that
 */
export function startDockwarden(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  main = MAIN,
): Promise<DockwardenProcess> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return listening(child)
}

/**
 * Starts `dockwarden serve FILE` with clients held to other times than in production, and waits until it listens.
 *
 * @param descriptors the most that the process may have
 */
export function startImpatient(
  file: string,
  patience: Partial<Patience>,
  descriptors = 1024,
): Promise<DockwardenProcess> {
  const command = [process.execPath, IMPATIENT, file, JSON.stringify(patience)]
  const limited = ['-c', 'ulimit -n "$0" && exec "$@"', String(descriptors), ...command]
  return listening(spawn('sh', limited, { stdio: ['ignore', 'pipe', 'pipe'] }))
}

async function listening(child: ChildProcessByStdio<null, Readable, Readable>): Promise<DockwardenProcess> {
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  let output = ''
  let ended: string | undefined
  const more = new EventEmitter().setMaxListeners(0)
  const take = (chunk: Buffer) => {
    output += chunk
    more.emit('more')
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.once('close', (code) => {
    ended = `dockwarden ended with ${code}`
    more.emit('more')
  })
  const until = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(output)
      if (found) return found
      if (ended) throw new Error(`${ended}:\n${output}`)
      await once(more, 'more')
    }
  }
  const port = Number((await until(/"?address"?: ?"https?:\/\/[^"]*:(\d+)"/))[1])
  return {
    child,
    port,
    output: () => output,
    until,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const closed = once(child, 'close')
      child.kill('SIGTERM')
      await closed
      return child.exitCode
    },
  }
}
