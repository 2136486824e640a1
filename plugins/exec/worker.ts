// One long-lived process that answers JSON lines: its questions, its answers and its end. It is not restarted here.
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { jsonLine, parseAnswer } from './json.ts'
import { readLines } from './lines.ts'

/** What a worker tells about itself. */
export interface WorkerEvents {
  /** A question got its answer. */
  answered(): void
  /** It takes no more questions. `idle` = none was open. */
  ended(end: { readonly why: string; readonly idle: boolean }): void
}

export interface Worker {
  /** Settles once the process was started, or could not be. */
  readonly started: Promise<void>
  /**
   * Sends a question; the answer is the object with its id. Rejects when the signal aborts or the process ends.
   *
   * @param over called once the process is not expected to work on it any more: it answered, was late, or ended
   */
  ask(question: object, signal: AbortSignal, over: () => void): Promise<object>
  /** Ends its input and waits; what is still there after `grace` ms is killed. */
  stop(grace: number): Promise<void>
}

const LONGEST_LINE_BYTES = 1024 * 1024
/** After so many questions in a row without an answer in time, the process is taken for hung. */
const MOST_TIMEOUTS = 3

/** Nobody waits longer than this for an answer (ms): the time of a request. */
const PATIENCE_MS = 12_000

/** An open question. When its asker has gone it stays open without effect, for the answer that may still come. */
interface Question {
  /** Whether an answer would still be in time. */
  inTime: boolean
  resolve(answer: object): void
  reject(error: Error): void
}

/**
 * Starts the process, in a process group of its own.
 *
 * @param program what to run (an absolute path, or a name in PATH), and its name for messages
 * @param patience milliseconds after which a question whose asker has gone counts as one without an answer
 */
export function startWorker(
  program: { readonly name: string; readonly path: string; readonly args: readonly string[] },
  events: WorkerEvents,
  patience = PATIENCE_MS,
): Worker {
  const { name } = program
  const child = spawn(program.path, program.args, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
  const started = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const open = new Map<string, Question>()
  let nextId = 1
  let timeouts = 0
  let ending: string | undefined

  /** Takes no more questions; answers that were written already are still read. */
  function end(why: string): void {
    if (ending !== undefined) return
    ending = why
    killGroup(child)
    events.ended({ why, idle: open.size === 0 })
  }

  /** Gives up the open questions as well. */
  function fail(why: string): void {
    end(why)
    for (const question of open.values()) question.reject(new Error(`${name}: ${ending}`))
    open.clear()
    child.stdout?.destroy()
  }

  function receive(line: string): void {
    const answer = parseAnswer(line)
    // Without an id it could be anybody's answer, and labels would reach another account, unless there is but one question.
    if (!('id' in answer) && open.size > 1) {
      throw new Error('it answered without an id while several questions were open (repeat the id of each)')
    }
    const id = 'id' in answer ? String(answer.id) : open.keys().next().value
    const question = id === undefined ? undefined : open.get(id)
    if (id === undefined || !question) throw new Error('it answered what nobody had asked (check the id)')
    open.delete(id)
    // A late answer is no sign of health.
    if (question.inTime) timeouts = 0
    events.answered()
    question.resolve(answer)
  }

  async function readAnswers(): Promise<void> {
    try {
      for await (const line of readLines(child.stdout!, LONGEST_LINE_BYTES)) receive(line)
    } catch (error) {
      fail(`killed, ${(error as Error).message}`)
    }
  }

  child.once('spawn', () => {
    // Its exit tells more than the closed pipe (EPIPE) does; if it only closed its input, the timeouts end it.
    child.stdin!.on('error', () => {})
    void Promise.all([readAnswers(), gone.promise]).then(() => fail('ended'))
    started.resolve()
  })
  child.once('exit', (code, signal) => {
    end(signal ? `died of ${signal}` : `ended with exit code ${code}`)
    // Nobody waits for what a process that it left behind may still write.
    if (open.size === 0) child.stdout?.destroy()
    gone.resolve()
  })
  child.once('error', (error: NodeJS.ErrnoException) => {
    // Not the system's own message: that shows the arguments, which may hold secrets.
    fail(`can't be started (${error.code})`)
    started.reject(new Error(`${name}: ${ending}`))
    gone.resolve()
  })
  // Whoever cares awaits it; the open questions are told in any case.
  started.promise.catch(() => {})

  return {
    started: started.promise,
    ask: (question, signal, over) =>
      new Promise((resolve, reject) => {
        const id = nextId
        nextId += 1
        let timer: NodeJS.Timeout | undefined
        const settled = () => {
          signal.removeEventListener('abort', abort)
          clearTimeout(timer)
          over()
        }
        const entry: Question = {
          inTime: true,
          resolve: (answer) => {
            settled()
            resolve(answer)
          },
          reject: (error) => {
            settled()
            reject(error)
          },
        }
        function abort(): void {
          reject(new Error(`${name}: no answer in time`, { cause: signal.reason }))
          // A client that went says nothing about the process, which still works on the question.
          if ((signal.reason as Error).name === 'TimeoutError') late()
          else timer = setTimeout(late, patience).unref()
        }
        function late(): void {
          entry.inTime = false
          over()
          timeouts += 1
          if (ending !== undefined || timeouts >= MOST_TIMEOUTS) {
            fail(`killed, it answered none of ${timeouts} questions in a row in time`)
          }
        }
        open.set(String(id), entry)
        signal.addEventListener('abort', abort, { once: true })
        child.stdin?.write(jsonLine({ id, ...question }))
      }),
    async stop(grace) {
      child.stdin?.end()
      const patience = new AbortController()
      const late = delay(grace, undefined, { signal: patience.signal }).then(() => killGroup(child))
      await Promise.race([gone.promise, late.catch(() => {})])
      patience.abort()
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nothing is left of it. EPERM: it runs as another user, and nobody here can end it.
  }
}
