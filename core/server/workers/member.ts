// One worker process, as the process that listens sees it.
import cluster, { type Worker } from 'node:cluster'
import type { Socket } from 'node:net'
import { ASKED } from './terms.ts'
import { Wire, type WireVerbs } from './wire.ts'

/** What a worker is begun with. */
interface MemberParts {
  readonly number: number
  /** What it may ask. */
  readonly verbs: WireVerbs
}

/** A worker process. */
export class Member {
  readonly number: number
  readonly wire: Wire
  /** That it was told at its start. */
  version: number | undefined
  /** Whether it takes connections. */
  ready = false
  /** When it became ready, as `performance.now()` has it. */
  since: number | undefined
  /** Why it could not begin, in its own words. */
  failure: string | undefined
  /** How it ended. */
  readonly gone: Promise<string>
  readonly #process: Worker
  /** Connections that are on their way to it, and the addresses at which they came in. */
  readonly #pending = new Map<Socket, number>()

  constructor({ number, verbs }: MemberParts) {
    this.number = number
    this.#process = cluster.fork()
    this.wire = new Wire((message) => void this.#process.send(message), {
      ...verbs,
      [ASKED.failed]: ({ message }: { message: string }) => {
        this.failure = message
      },
    })
    this.#process.on('message', (message: unknown) => this.wire.take(message))
    // Of a channel that has just closed; its exit says it all.
    this.#process.on('error', () => {})
    this.gone = new Promise((resolve) => {
      this.#process.on('exit', (code, signal) => {
        this.ready = false
        this.wire.close()
        resolve(signal ? `killed by ${signal}` : `exit status ${code}`)
      })
    })
  }

  get pid(): number | undefined {
    return this.#process.process.pid
  }

  /** How many connections are on their way to it: many where it does not get to take them. */
  get load(): number {
    return this.#pending.size
  }

  /** Takes back those on their way that have not left this process: once it has gone, others can have them. */
  takeBack(): (readonly [carrier: Socket, index: number])[] {
    const kept = [...this.#pending].filter(
      ([{ destroyed, readyState }]) => !destroyed && readyState === 'open',
    )
    this.#pending.clear()
    return kept
  }

  /** Hands it a connection. @param index of the address at which it came in */
  take(index: number, carrier: Socket): void {
    this.#pending.set(carrier, index)
    // Left to Node, what is sent to a process that has just been killed stays open here for ever, and its client waits.
    this.#process.send({ at: index }, carrier, { keepOpen: true }, (error) => {
      // It has gone: it is taken back at its exit, if it was not yet.
      if (error && GONE.has((error as NodeJS.ErrnoException).code)) return
      if (this.#pending.delete(carrier)) carrier.destroy()
    })
  }

  kill(): void {
    this.#process.process.kill('SIGKILL')
  }
}

/** What a send to a process that has ended comes to. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED'])
