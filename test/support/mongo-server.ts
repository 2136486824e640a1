// The MongoDB servers that tests run against: always the driver's protocol on loopback, and a real one when MONGO_URL names it.
import { randomUUID } from 'node:crypto'
import { type Document, MongoClient } from 'mongodb'
import { startWireServer } from './mongo-wire.ts'

/** A server with a database of its own for one suite. */
export interface MongoServer {
  readonly name: string
  /** The connection's options of the plugins; after `start`. */
  options(): object
  start(collections: Readonly<Record<string, readonly Document[]>>): Promise<void>
  stop(): Promise<void>
}

/** All servers to run a suite against. A real one that is missing is told once, on stderr. */
export function mongoServers(): readonly MongoServer[] {
  const { MONGO_URL } = process.env
  if (MONGO_URL) return [wireServer(), realServer(MONGO_URL)]
  process.stderr.write(
    'MongoDB: the suites against a real server need MONGO_URL, such as mongodb://127.0.0.1:27017\n',
  )
  return [wireServer()]
}

function wireServer(): MongoServer {
  let server: Awaited<ReturnType<typeof startWireServer>>
  return {
    name: "the driver's protocol",
    options: () => ({ addrs: [server.address], database: 'docker_auth' }),
    async start(collections) {
      server = await startWireServer()
      for (const [name, documents] of Object.entries(collections))
        server.collections.set(name, [...documents])
    },
    stop: () => server.close(),
  }
}

function realServer(url: string): MongoServer {
  const client = new MongoClient(url)
  const database = `dockwarden-${randomUUID()}`
  const { hosts, credentials, tls } = client.options
  return {
    name: 'a real MongoDB server',
    options: () => ({
      addrs: hosts.map(String),
      database,
      ...(credentials && {
        username: credentials.username,
        password: credentials.password,
        auth_source: credentials.source,
      }),
      ...(tls && { tls: {} }),
    }),
    async start(collections) {
      for (const [name, documents] of Object.entries(collections)) {
        await client
          .db(database)
          .collection(name)
          .insertMany(documents.map((document) => ({ ...document })))
      }
    },
    async stop() {
      await client.db(database).dropDatabase()
      await client.close()
    },
  }
}
