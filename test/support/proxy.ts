// A proxy for HTTP, with tunnels (CONNECT). Every name leads to this machine, so that names can be asked that nobody has.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface TestProxy {
  readonly port: number
  /** What it was asked for: `CONNECT host:port` or `GET http://host/path`, each with who asked. */
  readonly asked: { readonly what: string; readonly authorization: string | undefined }[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** @param status what it answers in the place of doing anything */
export async function startProxy(status?: number): Promise<TestProxy> {
  const asked: TestProxy['asked'] = []
  const sockets = new Set<Socket>()
  const note = ({ method, url, headers }: IncomingMessage) =>
    void asked.push({ what: `${method} ${url}`, authorization: headers['proxy-authorization'] })
  const server = createServer((incoming, answer) => {
    note(incoming)
    if (status === undefined) forward(incoming, answer)
    else answer.writeHead(status).end()
  })
  server.on('connect', (incoming, client: Socket, head: Buffer) => {
    note(incoming)
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const target = connect(Number(new URL(`http://${incoming.url}`).port || 443), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      target.write(head)
      client.pipe(target).pipe(client)
    })
    sockets.add(target)
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  server.on('connection', (socket) => sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { port: (server.address() as AddressInfo).port, asked, close, [Symbol.asyncDispose]: close }
}

function forward(incoming: IncomingMessage, answer: ServerResponse): void {
  const { port, pathname, search } = new URL(incoming.url!)
  const { method, headers } = incoming
  const options = { host: '127.0.0.1', port, path: pathname + search, method, headers }
  const onward = request(options, (found) => {
    answer.writeHead(found.statusCode!, found.headers)
    found.pipe(answer)
  })
  onward.on('error', () => answer.writeHead(502).end())
  incoming.pipe(onward)
}
