// One client's connection: whose turn it is on it, and since when.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Nobody's turn, the client's (it has to send, or to take, something) or ours: we owe it an answer. */
export type Turn = 'nobody' | 'client' | 'server'

/** How many requests a client may send before it has the answer to the first. */
const MOST_PIPELINED = 32

/** A request and its answer. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Who is told what becomes of a connection. */
interface Watcher {
  /** A request begins, or (at rest) all have been answered. */
  turned(atRest: boolean): void
  /** It has ended. May be told twice. */
  ended(): void
}

/** A connection from its first moment, before anything is known of TLS or HTTP, to its end. */
export class Connection {
  /** The TCP connection, or that of a unix socket. */
  readonly carrier: Socket
  /** The address of its other end, which may be a proxy; undefined for a unix socket. */
  peer: string | undefined
  /** When it began, in milliseconds. */
  readonly opened: number
  /** What HTTP is spoken on: the carrier, or TLS on it; undefined until its handshake is over. */
  stream: Socket | undefined
  /** What has to come before HTTP begins. */
  awaits = 'TLS handshake'
  /** Bytes of the carrier that were for us, before TLS or HTTP. */
  preamble = 0
  /** True for one that is to end before its next request. */
  retired = false
  /** Whether it is counted among those that have a request in flight. */
  busy = false
  /** True once we have ended it, not the client. */
  over = false
  /** When the last message was written to it, after which it ends, in milliseconds. */
  ending: number | undefined
  /** When the answer was first seen to be waiting for the client, in milliseconds. */
  stalled: number | undefined
  #last: Exchange | undefined
  #bytesAtRest = 0
  /** Those in flight, in the order in which they came and are answered. */
  readonly #exchanges: Exchange[] = []
  readonly #watcher: Watcher

  constructor(carrier: Socket, opened: number, watcher: Watcher) {
    this.carrier = carrier
    this.peer = carrier.remoteAddress
    this.opened = opened
    this.#watcher = watcher
    carrier.once('close', watcher.ended)
  }

  get #current(): Exchange | undefined {
    return this.#exchanges[0]
  }

  get turn(): Turn {
    if (this.#current) {
      const { request, response } = this.#current
      return request.complete && !response.writableEnded ? 'server' : 'client'
    }
    if (this.answered) return 'nobody'
    return this.#last && this.stream?.bytesRead === this.#bytesAtRest ? 'nobody' : 'client'
  }

  /** Whether the client has sent nothing on it yet, but for the handshake of TLS. */
  get silent(): boolean {
    if (!this.stream) return true
    return this.stream.bytesRead === (this.stream === this.carrier ? this.preamble : 0)
  }

  /** Whether the client still sends a request that was answered without waiting for all of it. */
  get answered(): boolean {
    return !this.#current && this.#last?.request.complete === false
  }

  /** Whether an answer is finished on our side, and the client has not taken all of it. */
  get undelivered(): boolean {
    return this.#current?.response.writableEnded === true && !this.#current.response.writableFinished
  }

  /** Whether the client has sent as many requests as it may before it has the answer to the first. */
  get full(): boolean {
    return this.#exchanges.length >= MOST_PIPELINED
  }

  /** Takes note of a request that is being answered. */
  begin(exchange: Exchange): void {
    this.#exchanges.push(exchange)
    this.#watcher.turned(false)
    exchange.response.once('close', () => {
      this.#exchanges.splice(this.#exchanges.indexOf(exchange), 1)
      this.#last = exchange
      this.stalled = undefined
      if (this.#exchanges.length > 0) return
      this.#bytesAtRest = this.stream?.bytesRead ?? 0
      this.#watcher.turned(true)
    })
  }

  /** Sends a last message; the client has a moment to take it and to close. */
  end(message: string, now: number): void {
    this.ending = now
    this.stream?.end(message)
  }

  destroy(): void {
    this.over = true
    this.stream?.destroy()
    this.carrier.destroy()
    this.#watcher.ended()
  }
}
