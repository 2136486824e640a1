// Signs on threads of its own. Texts that come in while a thread is busy, or in the same turn of the event loop, go to it as
// one batch: waking a thread costs as much as an elliptic signature. Node's own thread pool, the other way to sign off the
// event loop, wakes a thread for every signature, and there signatures would queue behind password hashes.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SigningTask } from './signing-worker.ts'

// One core is the event loop's.
const MAX_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1))
const WORKER = new URL(`./signing-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

interface Waiting {
  readonly text: string
  readonly resolve: (signature: string) => void
  readonly reject: (error: Error) => void
}

/** Threads that sign with one key. They start when there is work, or a first one before, and keep the process alive only while they have some. */
export class SigningPool {
  readonly #task: SigningTask
  readonly #most: number
  readonly #threads = new Map<Worker, readonly Waiting[]>()
  #queue: Waiting[] = []
  #scheduled = false

  /** @param share among so many processes the threads are divided: each has at least one */
  constructor(task: SigningTask, share = 1) {
    this.#task = task
    this.#most = Math.max(1, Math.floor(MAX_THREADS / share))
  }

  /** @returns the signature in base64url */
  sign(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, resolve, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#dispatch())
    })
  }

  /** Starts the first thread, when there is none. */
  warm(): void {
    if (this.#threads.size === 0) this.#start()
  }

  /** Ends the threads; what is not signed by then is rejected. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads.keys()].map((thread) => thread.terminate()))
  }

  #dispatch(): void {
    this.#scheduled = false
    const idle = [...this.#threads].filter(([, batch]) => batch.length === 0).map(([thread]) => thread)
    if (idle.length === 0 && this.#threads.size < this.#most && this.#queue.length > 0)
      idle.push(this.#start())
    for (const [place, thread] of idle.entries()) {
      const batch = this.#queue.splice(0, Math.ceil(this.#queue.length / (idle.length - place)))
      if (batch.length === 0) return
      this.#threads.set(thread, batch)
      thread.ref()
      thread.postMessage(batch.map(({ text }) => text))
    }
  }

  #start(): Worker {
    const thread = new Worker(WORKER, { workerData: this.#task })
    thread.unref()
    thread.on('message', (signatures: readonly string[]) => {
      const batch = this.#threads.get(thread) ?? []
      this.#threads.set(thread, [])
      thread.unref()
      this.#dispatch()
      for (const [place, { resolve }] of batch.entries()) resolve(signatures[place]!)
    })
    let cause: unknown
    thread.on('error', (error) => {
      cause = error
    })
    thread.on('exit', () => {
      const batch = this.#threads.get(thread) ?? []
      this.#threads.delete(thread)
      for (const { reject } of batch) reject(new Error('the signing thread ended', { cause }))
      if (this.#queue.length > 0) this.#dispatch()
    })
    this.#threads.set(thread, [])
    return thread
  }
}
