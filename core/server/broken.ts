// What is no request: other protocols, broken HTTP, handshakes that fail, clients that are too slow. Answered here where it can be, in JSON.

import type { Socket } from 'node:net'
import { RequestError } from '../request/errors.ts'
import { errorBody } from '../request/respond.ts'
import type { Connection } from '../work/connection.ts'
import type { Connections } from '../work/connections.ts'
import { handshakeFault } from './handshake-faults.ts'
import { STATUS_CODES } from './node-http.ts'
import { insteadOfHttp, insteadOfTls, type Stray } from './stray-bytes.ts'

/**
 * Learns of a refusal.
 *
 * @param cause the status, or another word of ours or OpenSSL's
 * @param peer the other end's address
 * @param hint what to do about it
 */
export type Refused = (cause: string, peer: string | undefined, hint?: string) => void

/** An error of Node's HTTP or TLS. */
type BrokenError = NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array }

/** Hears of what can't be answered by the application. */
export class Broken {
  readonly #connections: Connections
  readonly #headers: number
  readonly #refused: Refused

  /** @param headers bytes that a request's headers may have */
  constructor(connections: Connections, headers: number, refused: Refused) {
    this.#connections = connections
    this.#headers = headers
    this.#refused = refused
  }

  /** Looks at the first bytes of a connection for TLS, and hands it on unless they are of another protocol, which is answered. */
  handOn(carrier: Socket, take: () => void): void {
    // Whoever resets it before the first byte was refused nothing.
    const ignore = () => {}
    carrier.on('error', ignore)
    carrier.once('readable', () => {
      const bytes: Buffer | null = carrier.read()
      if (bytes === null) {
        carrier.destroy()
        return
      }
      const connection = this.#connections.of(carrier)
      const stray = insteadOfTls(bytes)
      if (!stray) {
        carrier.off('error', ignore)
        carrier.unshift(bytes)
        take()
        if (connection) carrier.once('close', () => this.#noteHangUp(connection))
        return
      }
      this.refuse(carrier, stray)
    })
  }

  /** Answers what began a connection on which nothing is spoken yet, and ends it. */
  refuse(carrier: Socket, { cause, remedy }: Stray): void {
    const connection = this.#connections.of(carrier)
    this.#connections.speaks(connection, carrier)
    // What is left unread would reset the connection, and the answer with it.
    carrier.resume()
    this.#refused(cause, carrier.remoteAddress, remedy)
    if (connection) answer(connection, 400, remedy)
  }

  /** Whoever leaves in the middle of a handshake. */
  #noteHangUp(connection: Connection): void {
    if (!connection.stream && !connection.over) this.#refused(HUNG_UP, connection.peer, HUNG_UP_HINT)
  }

  /** Answers an error of a connection where that is possible, and ends it. */
  answer(error: BrokenError, connection: Connection): void {
    // What comes after the answer that ended it is not read.
    if (connection.ending !== undefined) return
    const { code = '' } = error
    // Whoever only hangs up, as a check of the port does, was refused nothing; nor whoever has asked for nothing, or has got an answer.
    const unasked = code === LATE && (connection.silent || connection.answered)
    if (code === 'ECONNRESET' || unasked) {
      this.#noteHangUp(connection)
      connection.destroy()
      return
    }
    const handshake = handshakeFault(code)
    const stray = error.rawPacket && insteadOfHttp(error.rawPacket)
    const [status, message] = stray ? [400, stray.remedy] : whatIs(code, this.#headers)
    const cause = handshake?.cause ?? stray?.cause ?? String(status)
    this.#refused(cause, connection.peer, handshake?.hint ?? stray?.remedy)
    // In the handshake of TLS there is nothing to answer on.
    if (connection.stream?.writable) answer(connection, status, message)
    else connection.destroy()
  }
}

const LATE = 'ERR_HTTP_REQUEST_TIMEOUT'
const HUNG_UP = 'TLS handshake: the client hung up'
const HUNG_UP_HINT = 'it may not trust the certificate, or only look whether TLS is spoken here'

function whatIs(code: string, headers: number): readonly [number, string] {
  if (code === LATE) return [408, 'the request did not arrive in time']
  if (code === 'HPE_HEADER_OVERFLOW') return [431, `the headers have more than ${headers} bytes`]
  return [400, 'the request is not valid HTTP']
}

function answer(connection: Connection, status: number, message: string): void {
  const body = JSON.stringify(
    errorBody(new RequestError(status, 'INVALID_REQUEST', 'invalid_request', message), false),
  )
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    performance.now(),
  )
}
