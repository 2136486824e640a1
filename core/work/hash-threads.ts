// Threads of their own for password hashes. On Node's thread pool, files and DNS would wait behind them; and there, what is
// queued can't be dropped when the process is to end.
import { Worker } from 'node:worker_threads'
import type { HashDone, HashJob, HashResult } from './hash-thread.ts'

const THREAD = new URL(`./hash-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
/** A thread that had nothing to do for this long, in milliseconds, ends: it holds some megabytes. */
const IDLE_MS = 30_000

/** Threads that start when there is work, and keep the process alive only while they have some. */
export class HashThreads {
  readonly #idle: Thread[] = []
  readonly #all = new Set<Thread>()
  readonly #idleTime: number

  /** @param idleTime milliseconds after which a thread without work ends */
  constructor(idleTime = IDLE_MS) {
    this.#idleTime = idleTime
  }

  /** Whether a hash is being computed. */
  get busy(): boolean {
    return [...this.#all].some((thread) => thread.busy)
  }

  /**
   * Does a job on an idle thread, or on a new one: how many at once is the caller's to bound. What has begun can't be stopped.
   *
   * @throws Error as the library has it, or when the thread ended
   */
  async run(job: HashJob): Promise<HashDone> {
    const thread = this.#idle.pop() ?? this.#start()
    const result = await thread.run(job)
    if (this.#all.has(thread)) this.#idle.push(thread)
    if ('error' in result) throw new Error(result.error)
    return result
  }

  /** Ends the threads. One that is busy ends when its hash is done, since nothing can stop that, and is not waited for. */
  async close(): Promise<void> {
    this.#idle.length = 0
    const waited: Promise<void>[] = []
    for (const thread of this.#all) {
      const { busy } = thread
      const ended = thread.end()
      if (!busy) waited.push(ended)
    }
    await Promise.all(waited)
  }

  #start(): Thread {
    const thread: Thread = new Thread(this.#idleTime, () => {
      this.#all.delete(thread)
      const place = this.#idle.indexOf(thread)
      if (place >= 0) this.#idle.splice(place, 1)
    })
    this.#all.add(thread)
    return thread
  }
}

class Thread {
  readonly #worker = new Worker(THREAD)
  readonly #timer: NodeJS.Timeout
  #settle: ((result: HashResult) => void) | undefined

  /**
   * @param idleTime milliseconds after which it ends, without work
   * @param ending called before it ends by itself, and when it is no more: what is given to it from then on is lost
   */
  constructor(idleTime: number, ending: () => void) {
    this.#worker.unref()
    this.#timer = setTimeout(() => {
      if (this.busy) return
      ending()
      void this.end()
    }, idleTime).unref()
    let cause = 'the hashing thread ended'
    this.#worker.on('message', (result: HashResult) => this.#done(result))
    this.#worker.on('error', (error) => {
      cause = `the hashing thread failed: ${(error as Error).message}`
    })
    this.#worker.on('exit', () => {
      clearTimeout(this.#timer)
      ending()
      this.#done({ error: cause })
    })
  }

  get busy(): boolean {
    return this.#settle !== undefined
  }

  run(job: HashJob): Promise<HashResult> {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#worker.ref()
      this.#worker.postMessage(job)
    })
  }

  /** At once when it is idle; otherwise when its hash is done, since nothing can stop that. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #done(result: HashResult): void {
    this.#worker.unref()
    this.#timer.refresh()
    const settle = this.#settle
    this.#settle = undefined
    settle?.(result)
  }
}
