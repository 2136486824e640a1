// A client without a network: Node's HTTP server reads its requests from a stream in this process.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

/** A request as it comes over the wire. */
export type Wire = string

/** @param url path and query @example wireOf('/auth', { Host: 'localhost' }) */
export function wireOf(url: string, headers: Readonly<Record<string, string>>): Wire {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** How many requests are under way at the same time. */
export const AT_ONCE = 16

/**
 * Connects clients on this machine, which keep their connections.
 *
 * @returns sends the same request from each; resolves when all answers are written
 */
export function connectedClients(answer: RequestListener): (wire: Wire) => Promise<unknown> {
  const clients = Array.from({ length: AT_ONCE }, () => connected(answer))
  return (wire) => Promise.all(clients.map((ask) => ask(wire)))
}

/** One client. */
function connected(answer: RequestListener): (wire: Wire) => Promise<void> {
  const stream = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(),
    writev: (_chunks, done) => done(),
  })
  let answered = () => {}
  const server = createServer((request, response) => {
    response.once('finish', () => answered())
    answer(request, response)
  })
  server.emit('connection', Object.assign(stream, { remoteAddress: '127.0.0.1' }))
  return (wire) =>
    new Promise((resolve) => {
      answered = resolve
      stream.push(wire)
    })
}

/** A request that was read, and the response to it, which nobody ends. */
export function exchange(wire: Wire): Promise<readonly [IncomingMessage, ServerResponse]> {
  return new Promise((resolve) => {
    void connected((request, response) => resolve([request, response]))(wire)
  })
}
