// Hands writes to the thread that makes them. What comes in while it is busy goes to it as one batch: a thousand logins at
// once are a few commits, and no commit holds up the event loop.
import { Worker } from 'node:worker_threads'
import type { Clock } from '../contract/index.ts'
import type { Write } from './embedded-row.ts'
import type { Batch, BatchResult, WriterTask } from './embedded-worker.ts'

const WORKER = new URL(`./embedded-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
const MAX_BATCH = 1_000

interface Waiting {
  readonly write: Write
  readonly resolve: (changes: number) => void
  readonly reject: (error: Error) => void
}

/** The writer of one file. Its thread starts with the first write, and keeps the process alive only while it has some. */
export class EmbeddedWriter {
  readonly #path: string
  readonly #clock: Clock
  #thread: Worker | undefined
  #waiting: Waiting[] = []
  #underWay: readonly Waiting[] | undefined
  /** Until everything is written that there is to write. */
  #idle: PromiseWithResolvers<void> | undefined

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** @returns how many rows were changed, once that would survive a power cut */
  write(write: Write): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject })
      this.#dispatch()
    })
  }

  /** Drops what has gone away, if that was not done lately. */
  purge(): void {
    if (!this.#underWay) this.#send([])
  }

  /** Waits for the writes that are under way, and ends the thread. */
  async close(): Promise<void> {
    await this.#idle?.promise
    await this.#thread?.terminate()
  }

  #dispatch(): void {
    if (this.#underWay || this.#waiting.length === 0) return
    this.#send(this.#waiting.splice(0, MAX_BATCH))
  }

  #send(batch: readonly Waiting[]): void {
    this.#thread ??= this.#start()
    this.#underWay = batch
    this.#idle ??= Promise.withResolvers()
    this.#thread.ref()
    this.#thread.postMessage({
      writes: batch.map(({ write }) => write),
      now: this.#clock.now(),
    } satisfies Batch)
  }

  #start(): Worker {
    const thread = new Worker(WORKER, { workerData: { path: this.#path } satisfies WriterTask })
    thread.on('message', (result: BatchResult) => {
      this.#finish((waiting, place) => {
        if ('fault' in result) waiting.reject(new Error(result.fault))
        else waiting.resolve(result.changes[place]!)
      })
    })
    let cause: Error | undefined
    thread.on('error', (error: Error) => {
      cause = error
    })
    thread.on('exit', () => {
      this.#thread = undefined
      const fault = cause ?? new Error(`${this.#path}: the thread that writes it has ended`)
      this.#finish((waiting) => waiting.reject(fault))
    })
    return thread
  }

  #finish(settle: (waiting: Waiting, place: number) => void): void {
    const done = this.#underWay ?? []
    this.#underWay = undefined
    this.#thread?.unref()
    for (const [place, waiting] of done.entries()) settle(waiting, place)
    this.#dispatch()
    if (this.#underWay) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
