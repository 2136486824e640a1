// Hands writes to the thread that makes them. What comes in while it is busy goes to it as one batch: a thousand logins at
// once are a few commits, and no commit holds up the event loop.
import { Worker } from 'node:worker_threads'
import type { Clock } from '../plugin.ts'
import type { EntryWrite } from './embedded-entries.ts'
import { StoreFileError } from './embedded-file.ts'
import type { Write } from './embedded-row.ts'
import type { BatchResult, WriterMessage, WriterTask } from './embedded-worker.ts'

const WORKER = new URL(`./embedded-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
const MAX_BATCH = 1_000
/** How long a write waits for other processes, behind other writes too, in milliseconds. */
const PATIENCE_MS = 2_500
/** How long a thread waits for work before it ends, in milliseconds: it holds eight megabytes, and most servers seldom write. */
const REST_MS = 5_000

interface Waiting {
  readonly write: Write | EntryWrite
  /** As performance.now(). */
  readonly deadline: number
  readonly resolve: (changes: number) => void
  readonly reject: (error: unknown) => void
}

/** Writes of one file: made here, or handed to another process that makes those of several. */
export type StoreWriter = Pick<EmbeddedWriter, 'write' | 'letGo' | 'close'>

/** What a writer is made with. */
interface WriterParts {
  readonly path: string
  readonly clock: Clock
  /** Called before each batch; when it throws, the batch is rejected with that. */
  readonly check: () => void
  /** How long a thread waits for work before it ends, in milliseconds. */
  readonly rest?: number
}

/** The writer of one file. Its thread starts with a write, ends some time after the last one, and keeps the process alive only while it has some. */
export class EmbeddedWriter {
  readonly #parts: WriterParts
  #thread: Worker | undefined
  /** Threads that have been told to end. */
  readonly #ending = new Set<Promise<void>>()
  #waiting: Waiting[] = []
  #underWay: readonly Waiting[] | undefined
  /** The thread is to end after the batch that is under way. */
  #stale = false
  /** Until everything is written that there is to write. */
  #idle: PromiseWithResolvers<void> | undefined
  #resting: NodeJS.Timeout | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** @returns how many rows were changed (of an entry the place in KEPT), once that would survive a power cut */
  write(write: Write | EntryWrite): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, deadline: performance.now() + PATIENCE_MS, resolve, reject })
      this.#dispatch()
    })
  }

  /** Closes the file, after the batch that is under way; the next one opens what stands there then. */
  letGo(): void {
    if (this.#underWay) this.#stale = true
    else this.#endThread()
  }

  /** Waits for the writes that are under way, and ends the thread. */
  async close(): Promise<void> {
    await this.#idle?.promise
    clearTimeout(this.#resting)
    await this.#thread?.terminate()
    await Promise.all(this.#ending)
  }

  #dispatch(): void {
    if (this.#underWay || this.#waiting.length === 0) return
    this.#idle ??= Promise.withResolvers()
    const batch = this.#waiting.splice(0, MAX_BATCH)
    try {
      this.#parts.check()
    } catch (error) {
      this.#settle(batch, ({ reject }) => reject(error))
      return
    }
    this.#send(batch)
  }

  #send(batch: readonly Waiting[]): void {
    clearTimeout(this.#resting)
    this.#thread ??= this.#start()
    this.#underWay = batch
    this.#thread.ref()
    this.#thread.postMessage({
      writes: batch.map(({ write }) => write),
      now: this.#parts.clock.now(),
      patience: batch[0]!.deadline - performance.now(),
    } satisfies WriterMessage)
  }

  #start(): Worker {
    const { path } = this.#parts
    const thread = new Worker(WORKER, { workerData: { path } satisfies WriterTask })
    thread.on('message', (result: BatchResult) => {
      this.#finish((waiting, place) => {
        if ('busy' in result) waiting.reject(new StoreFileError(result.busy, { busy: true }))
        else waiting.resolve(result.changes[place]!)
      })
    })
    let cause: Error | undefined
    thread.on('error', (error: Error) => {
      cause = error
    })
    thread.on('exit', () => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      const fault = cause ?? new Error(`${path}: the thread that writes it has ended`)
      this.#finish((waiting) => waiting.reject(fault))
    })
    return thread
  }

  #endThread(): void {
    this.#stale = false
    const thread = this.#thread
    if (!thread) return
    this.#thread = undefined
    const ended = new Promise<void>((resolve) => {
      thread.once('exit', () => {
        this.#ending.delete(ended)
        resolve()
      })
    })
    this.#ending.add(ended)
    thread.postMessage('end' satisfies WriterMessage)
  }

  #finish(settle: (waiting: Waiting, place: number) => void): void {
    const done = this.#underWay ?? []
    this.#underWay = undefined
    if (this.#stale) this.#endThread()
    this.#thread?.unref()
    this.#settle(done, settle)
  }

  #settle(done: readonly Waiting[], settle: (waiting: Waiting, place: number) => void): void {
    for (const [place, waiting] of done.entries()) settle(waiting, place)
    this.#dispatch()
    if (this.#underWay) return
    this.#idle?.resolve()
    this.#idle = undefined
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => this.#endThread(), this.#parts.rest ?? REST_MS).unref()
  }
}
