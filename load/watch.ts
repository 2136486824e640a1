// Asks the server the same few questions all the time, from a thread of its own: what others feel of a load. What the load itself costs
// its own event loop does not count then.
import { Worker } from 'node:worker_threads'
import type { Answer, Question } from './client.ts'

/** A question that is asked again and again. */
export interface Probe {
  readonly name: string
  /** Asked in turn. */
  readonly questions: readonly Question[]
  /** Milliseconds from one to the next, whether or not the last has been answered: a server that hangs is asked as often as another. */
  readonly every: number
}

/** The answers to each probe, by its name. */
export type Seen = ReadonlyMap<string, readonly Answer[]>

/** A running watch. */
export interface Watch {
  /** What was answered since the last time. */
  take(): Promise<Seen>
  /** Waits for the answers that are still to come. @returns what was answered since the last time; nothing when it has stopped */
  stop(): Promise<Seen>
}

/**
 * Begins to ask.
 *
 * @example
 * const watch = startWatch([{ name: '/healthz', every: 25, questions: [{ port, from: '127.1.0.2', path: '/healthz' }] }])
 */
export function startWatch(probes: readonly Probe[]): Watch {
  const worker = new Worker(new URL('./watch-thread.ts', import.meta.url), { workerData: probes })
  let stopped = false
  const answered = (message: 'take' | 'stop') =>
    new Promise<Seen>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
      worker.postMessage(message)
    })
  return {
    take: () => answered('take'),
    async stop() {
      if (stopped) return new Map()
      stopped = true
      const seen = await answered('stop')
      await worker.terminate()
      return seen
    },
  }
}
