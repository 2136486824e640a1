// A server on loopback that speaks as much of MongoDB's protocol as the driver needs to find documents by one text. There is
// no MongoDB server in Debian; tests against a real one run when MONGO_URL names it.

import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { BSON, type Document } from 'mongodb'
import { freePort } from './free-port.ts'

interface Failure {
  readonly code: number
  readonly errmsg: string
}

export interface WireServer {
  readonly port: number
  /** `HOST:PORT` */
  readonly address: string
  /** Documents by collection; tests may change them. */
  readonly collections: Map<string, Document[]>
  /** Every command but the driver's own greetings. */
  readonly commands: Document[]
  /** Connections that are open now and carry commands. */
  readonly busy: ReadonlySet<Socket>
  /** Further fields of the answer to the driver's greetings, such as those of a replica set. */
  greeting: Document
  /** While true, commands get no answer. */
  hung: boolean
  /** Set: every find is answered with this error. */
  failure: Failure | undefined
  /** Set: no index is made. */
  indexFailure: Failure | undefined
  close(): Promise<void>
}

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const GREETINGS = new Set(['hello', 'isMaster', 'ismaster'])

/**
 * @param wanted its port; otherwise a free one
 * @param tls given = TLS, on the name localhost
 */
export async function startWireServer(wanted?: number, tls?: TlsOptions): Promise<WireServer> {
  const sockets = new Set<Socket>()
  const busy = new Set<Socket>()
  const receiveFrom = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      busy.delete(socket)
    })
    socket.on('error', () => {})
    let held = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      while (held.length >= 4 && held.length >= held.readInt32LE(0)) {
        const message = held.subarray(0, held.readInt32LE(0))
        held = held.subarray(message.length)
        receive(message, socket)
      }
    })
  }
  const server: Server = tls ? createTlsServer(tls, receiveFrom) : createServer(receiveFrom)

  function receive(message: Buffer, socket: Socket): void {
    const id = message.readInt32LE(4)
    const legacy = message.readInt32LE(12) === OP_QUERY
    const command = BSON.deserialize(message.subarray(legacy ? message.indexOf(0, 20) + 9 : 21))
    const name = Object.keys(command)[0]!
    if (!GREETINGS.has(name)) {
      busy.add(socket)
      wire.commands.push(command)
      if (wire.hung) return
    }
    const document = Buffer.from(BSON.serialize(answer(name, command)))
    const rest = legacy ? Buffer.alloc(20) : Buffer.alloc(5)
    if (legacy) rest.writeInt32LE(1, 16)
    const head = Buffer.alloc(16)
    head.writeInt32LE(16 + rest.length + document.length, 0)
    head.writeInt32LE(id, 8)
    head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12)
    socket.write(Buffer.concat([head, rest, document]))
  }

  function answer(name: string, command: Document): Document {
    if (GREETINGS.has(name)) return { ...GREETING, ...wire.greeting }
    if (name === 'createIndexes' && wire.indexFailure) return { ok: 0, ...wire.indexFailure }
    if (name !== 'find') return { ok: 1 }
    if (wire.failure) return { ok: 0, ...wire.failure }
    const all = wire.collections.get(command.find) ?? []
    const firstBatch = all.filter((document) => fits(document, command.filter))
    return { ok: 1, cursor: { id: BSON.Long.ZERO, ns: `${command.$db}.${command.find}`, firstBatch } }
  }

  const host = tls ? 'localhost' : '127.0.0.1'
  const port = wanted ?? (await freePort())
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  )
  const wire: WireServer = {
    port,
    address: `${host}:${port}`,
    collections: new Map(),
    commands: [],
    busy,
    greeting: {},
    hung: false,
    failure: undefined,
    indexFailure: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return wire
}

const GREETING = {
  ok: 1,
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
}

/** No filter, or `{ field: { $eq: value } }`; other operators would match, as they do in a real server. */
function fits(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([field, condition]) =>
    Object.entries(condition as object).every(
      ([operator, value]) => operator !== '$eq' || document[field] === value,
    ),
  )
}
