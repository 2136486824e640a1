// A proxy in front of an LDAP server: counts connections and, without TLS, operations, and can slow the answers down.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** Names of the operations that clients send, by their tag (RFC 4511, 4.2 to 4.12). */
const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [0x60, 'bind'],
  [0x42, 'unbind'],
  [0x63, 'search'],
  [0x77, 'extended'],
])

export interface LdapProxy {
  readonly port: number
  readonly url: string
  /** What clients sent so far, in order; emptied by the test. */
  readonly operations: string[]
  /** Connections so far, and the most at a time. */
  connections: number
  most: number
  /** How long answers are held back, in milliseconds. */
  delay: number
  /** Cuts all connections, as a firewall or a restart does. */
  cut(): void
  stop(): Promise<void>
}

/**
 * @param wanted the port to listen on; otherwise a free one
 * @example const proxy = await startLdapProxy(slapd.port)
 */
export async function startLdapProxy(target: number, wanted?: number): Promise<LdapProxy> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    proxy.connections++
    open.add(client)
    proxy.most = Math.max(proxy.most, open.size)
    const end = () => {
      open.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    const read = messageReader(proxy.operations)
    client.on('data', (data: Buffer) => {
      read(data)
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (proxy.delay === 0) client.write(data)
      else setTimeout(() => client.write(data), proxy.delay).unref()
    })
  })
  const port = wanted ?? (await freePort())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const proxy: LdapProxy = {
    port,
    url: `ldap://127.0.0.1:${port}`,
    operations: [],
    connections: 0,
    most: 0,
    delay: 0,
    cut() {
      for (const socket of open) socket.destroy()
    },
    async stop() {
      server.close()
      proxy.cut()
      await once(server, 'close')
    },
  }
  return proxy
}

/** Reads the messages of one connection and notes their operations. */
function messageReader(operations: string[]): (data: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (data) => {
    held = Buffer.concat([held, data])
    for (
      let size = messageSize(held);
      size !== undefined && size.end <= held.length;
      size = messageSize(held)
    ) {
      // The message's id, an INTEGER, stands before its operation.
      const tag = held[size.start + 2 + held[size.start + 1]!]!
      operations.push(OPERATIONS.get(tag) ?? `0x${tag.toString(16)}`)
      held = held.subarray(size.end)
    }
  }
}

/** Where the contents of the first message begin and end; undefined when too little has come to tell. */
function messageSize(data: Buffer): { start: number; end: number } | undefined {
  const [tag, first] = data
  // Anything but a SEQUENCE is TLS.
  if (tag !== 0x30 || first === undefined) return undefined
  if (first < 0x80) return { start: 2, end: 2 + first }
  const start = 2 + (first & 0x7f)
  return data.length < start ? undefined : { start, end: start + data.readUIntBE(2, first & 0x7f) }
}
