// A real HTTP or HTTPS server on loopback, for tests of what talks to one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { freePort } from './free-port.ts'

/** A request as the server got it, with its body. */
interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface TestServer {
  /** Scheme, host and port. */
  readonly origin: string
  readonly port: number
  /** Every request so far, as it came. */
  readonly received: Received[]
  /** How many connections were ever made. */
  readonly connections: number
  readonly server: Server
  /** Ends all connections and stops. */
  close(): Promise<void>
}

export type Handler = (request: Received, response: ServerResponse) => void

/**
 * @param handle answers one request
 * @param tls given = https, on the name localhost
 * @param wanted the port; otherwise any that is free, also when it is closed and comes back
 * @example const server = await serve((_, response) => response.end('{}'))
 */
export async function serve(handle: Handler, tls?: ServerOptions, wanted?: number): Promise<TestServer> {
  const received: Received[] = []
  let connections = 0
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return // the client hung up
    }
    const { method = '', url = '', headers } = request
    const whole = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
    received.push(whole)
    handle(whole, response)
  }
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on('connection', () => connections++)
  const host = tls ? 'localhost' : '127.0.0.1'
  const port = wanted ?? (await freePort())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return {
    origin: `${tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    received,
    get connections() {
      return connections
    },
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
