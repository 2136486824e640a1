// External programs: one run for each call, in a process group of its own, with bounded time, output and number.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { Places, Program, ProgramOptions, Programs } from '../plugin.ts'
import type { Turns } from '../work/turns.ts'
import { findExecutable } from './executable.ts'
import { StandardError } from './standard-error.ts'

const MAX_OUTPUT_BYTES = 1024 * 1024
const SHELL = '/bin/sh'

/**
 * The shell's one task is to put real pipes around the program ("$@"). Node's own are sockets, which can't be opened by
 * name: a script that reads /dev/stdin would fail, and its exit code 1 would read as "wrong password". Each part
 * reports its exit code at descriptor 3, so that a part that could not run is never taken for the program's answer.
 * "$0" is cat. The one for the standard error runs in the background: a process that the program left behind may hold that open.
 */
const PLUMBING = `{ "$0"; echo "input $?" >&3; } |
{ { "$@" 3>&- 4>&-; echo "program $?" >&3; } 2>&1 >&4 4>&- | { "$0" <&5 >&2 3>&- 4>&- 5<&- & } 5<&0; } 4>&1 |
{ "$0"; echo "output $?" >&3; }`

/**
 * Runs the programs that plugins ask.
 *
 * A program inherits the environment and the working directory. Of its standard error the last line is kept for who asked: it may
 * hold secrets. As under docker_auth, a call is over when the program has exited and its standard output has ended
 * (processes that it left behind may still write to it).
 *
 * @example
 * const program = createPrograms(places, turns).open({ command: 'my_auth', args: [], maxProcesses: 16 })
 * const { exitCode, stdout } = await program.run('alice secret', AbortSignal.timeout(5_000))
 */
export function createPrograms(places: Places, turns: Turns): Programs {
  return { open: (options) => openProgram(options, places, turns) }
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Running {
  /** Undefined when nothing could be started; `exit` rejects then. */
  readonly pid: number | undefined
  readonly exit: Promise<Exit>
  readonly input: Writable
  readonly output: Readable
  readonly codes: Readable
  /** Undefined when there were too few descriptors to make it. */
  readonly errors: StandardError | undefined
}

function openProgram({ command, args, maxProcesses }: ProgramOptions, places: Places, turns: Turns): Program {
  const path = findExecutable(command)
  const plumbed = ['-c', PLUMBING, findTool('cat'), path, ...args]
  findTool(SHELL)
  const place = places.open({ name: `program ${command}`, size: maxProcesses })
  return {
    async run(input, signal) {
      const release = await place.take(signal)
      let running: Running | undefined
      try {
        // To start one takes milliseconds, and a hundred at once would keep everybody else waiting.
        if (turns.due()) await turns.next()
        signal.throwIfAborted()
        running = await start(plumbed)
        const [exit, stdout, codes] = await ended(running, input, signal)
        const code = exitCode(exit, codes)
        const said = code === 0 ? undefined : await running.errors?.lastLine()
        return { exitCode: code, stdout, ...(said && { said }) }
      } catch (error) {
        const { message, cause } = error as Error
        const said = await running?.errors?.lastLine()
        // Not before: what carries its last line belongs to the group.
        killGroup(running?.pid)
        throw Object.assign(new Error(`${command}: ${message}`, { cause }), said && { said })
      } finally {
        // Not before its last line has been read.
        running?.errors?.close()
        // A killed process keeps its place until it is gone: one that can't be killed must not be joined by others.
        if (running) running.exit.then(release, release)
        else release()
      }
    },
  }
}

function findTool(tool: string): string {
  try {
    return findExecutable(tool)
  } catch (error) {
    throw new Error(`running programs needs sh and cat: ${(error as Error).message}`)
  }
}

async function start(args: readonly string[]): Promise<Running> {
  let child: ChildProcess
  try {
    child = spawn(SHELL, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
    // Without descriptors for its pipes there is no process, and no pipes either; only the event says why.
    if (child.pid === undefined) await once(child, 'spawn')
  } catch (error) {
    throw notStarted(error)
  }
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => reject(notStarted(error)))
  })
  return {
    pid: child.pid,
    exit,
    input: child.stdin!,
    output: child.stdout!,
    codes: child.stdio[3] as Readable,
    errors: child.stderr ? new StandardError(child.stderr) : undefined,
  }
}

/** How a program ended: the shell's exit, what it answered, and the exit codes of its parts. */
type Ended = readonly [exit: Exit, stdout: string, codes: string]

/** Kills it when its time is over, or when it answers too much. */
async function ended(running: Running, text: string, signal: AbortSignal): Promise<Ended> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(new Error('killed, it had not ended in time', { cause: signal.reason }))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    if (running.pid === undefined) await running.exit
    // A program need not read its input: that its end is closed (EPIPE) is no fault.
    running.input.on('error', () => {})
    running.input.end(text)
    const whole = [running.exit, readText(running.output), readText(running.codes)] as const
    return await Promise.race([Promise.all(whole), aborted])
  } catch (error) {
    killGroup(running.pid)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
    // Undefined when there were too few descriptors to make them.
    for (const stream of [running.input, running.output, running.codes]) stream?.destroy()
  }
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > MAX_OUTPUT_BYTES) throw new Error('killed, it wrote more than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Ends all of the group, also when its leader has exited: what it started may hold the output open. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nothing is left of it. EPERM: it runs as another user, and nobody here can end it.
  }
}

const BY_HAND = 'run it by hand to see why'
const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
)
/** The shell's code for a process that died of a signal, less the signal's number. */
const DIED = 128

/** The program's exit code, when the program itself and all around it ran. */
function exitCode(shell: Exit, report: string): number {
  const codes = new Map(report.split('\n').map((line) => line.split(' ') as [string, string]))
  const code = Number(codes.get('program'))
  const fed = codes.get('input') === '0' || codes.get('input') === String(DIED + constants.signals.SIGPIPE)
  if (shell.code === null) throw new Error(`died of ${shell.signal}; ${BY_HAND}`)
  if (!fed || Number.isNaN(code) || codes.get('output') !== '0') {
    throw new Error(
      'could not be run; see whether the limits of processes, open files and memory are reached',
    )
  }
  if (code === 126 || code === 127) {
    throw new Error(
      `exit ${code}: it, the interpreter in its first line (#!) or a program that it calls ${code === 127 ? 'is missing' : 'may not be executed'}; ${BY_HAND}`,
    )
  }
  if (code > DIED && SIGNALS.has(code - DIED))
    throw new Error(`died of ${SIGNALS.get(code - DIED)}; ${BY_HAND}`)
  return code
}

const START_FAILURES: ReadonlyMap<string, string> = new Map([
  ['EAGAIN', 'the limit of processes is reached; raise it (ulimit -u, or pids in a container)'],
  ['EMFILE', 'the limit of open files is reached; raise it (ulimit -n)'],
  ['ENOMEM', 'there is no memory left'],
  ['E2BIG', 'its arguments and the environment are too long'],
])

/** Not the system's own message: that shows the arguments, which may hold secrets. */
function notStarted(error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  return new Error(`can't be started: ${START_FAILURES.get(code) ?? code}`)
}
