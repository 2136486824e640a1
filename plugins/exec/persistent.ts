// Keeps one long-lived process: started when first needed, started again when it died, not too often when it keeps dying.
import type { Host } from '../../core/plugin.ts'
import { startWorker, type Worker } from './worker.ts'

/** A process that is there whenever it can be. */
export interface Persistent {
  /** Starts the process if it is not running. Rejects while it is down. */
  start(): Promise<void>
  /** Asks the process when its turn has come. Rejects at once while it is down. */
  ask(question: object, signal: AbortSignal): Promise<object>
  /** Ends the process, with force when it does not end by itself. */
  close(): Promise<void>
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** How long a process may take to end after its input has ended. */
const GRACE_MS = 1_000

/**
 * @param program what to run (an absolute path, or a name in PATH), its name for messages, and how many questions it gets at once
 * @param patience milliseconds after which a question whose asker has gone counts as one without an answer
 */
export function createPersistent(
  program: {
    readonly name: string
    readonly path: string
    readonly args: readonly string[]
    readonly questions: number
  },
  { clock, log, places }: Pick<Host, 'clock' | 'log' | 'places'>,
  patience?: number,
): Persistent {
  const place = places.open({ name: `questions to ${program.name}`, size: program.questions })
  let worker: Worker | undefined
  /** Ends in a row without an answer in between. */
  let failures = 0
  let failure = { at: 0, why: '' }
  let closed = false

  function running(): Worker {
    if (worker) return worker
    if (closed) throw new Error(`${program.name}: it was closed`)
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
    const passed = clock.now() - failure.at
    // A clock that was set back must not keep it down.
    if (failures > 0 && passed >= 0 && passed < pause) {
      throw new Error(
        `${program.name}: down (${failure.why}); it may be started again ${pause} ms after that`,
      )
    }
    return start()
  }

  function start(): Worker {
    let answers = false
    const started = startWorker(
      program,
      {
        answered() {
          answers = true
          if (worker === started) failures = 0
        },
        ended({ why, idle }) {
          if (worker === started) worker = undefined
          if (closed) return
          // One that worked, and ended while nothing was asked of it, is started again for the next question at once.
          if (!idle || !answers) {
            failures += 1
            failure = { at: clock.now(), why }
          }
          log.warn(
            { program: program.name, why, failures },
            'the program ended; it is started again when needed',
          )
        },
      },
      patience,
    )
    worker = started
    return started
  }

  return {
    start: async () => running().started,
    ask: async (question, signal) => {
      const release = await place.take(signal)
      let asked: Worker
      try {
        signal.throwIfAborted()
        asked = running()
      } catch (error) {
        release()
        throw error
      }
      return asked.ask(question, signal, release)
    },
    async close() {
      closed = true
      await worker?.stop(GRACE_MS)
    },
  }
}
