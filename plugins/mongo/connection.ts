// One MongoDB deployment: the client's connections, and its errors in words.
import { type Collection, type Document, MongoClient, MongoServerError } from 'mongodb'
import { type Host, networkReason, readTlsFiles, untilAborted } from '../../core/plugin.ts'
import type { ConnectionOptions } from './options.ts'

/** A deployment that is asked. */
export interface Mongo {
  /** For messages: `MongoDB host:port, host:port`. */
  readonly name: string
  /** Milliseconds to look for a server, and to wait for a connection. */
  readonly timeout: number
  /**
   * Does some work with a collection.
   *
   * @param where the database by default is that of the options
   * @param signal ends the waiting
   * @throws Error that names the servers and the remedy, and no secret
   */
  use<T>(
    where: { readonly database?: string | undefined; readonly collection: string },
    signal: AbortSignal,
    work: (found: Collection<Document>) => Promise<T>,
  ): Promise<T>
  /** Aborted once it is closed. */
  readonly ended: AbortSignal
  close(): Promise<void>
}

/** Prepares a client. It connects at the first use and keeps its connections. */
export function openMongo(
  options: ConnectionOptions,
  { files, places }: Pick<Host, 'files' | 'places'>,
): Mongo {
  const { addrs, timeout = 3_000, connections = 16, direct = false, auth_source = 'admin', tls } = options
  const name = `MongoDB ${addrs.join(', ')}`
  const client = new MongoClient(`mongodb://${addrs.join(',')}/`, {
    appName: 'dockwarden',
    directConnection: direct,
    // While a replica set elects a new primary, logins go on.
    readPreference: 'primaryPreferred',
    maxPoolSize: connections,
    serverSelectionTimeoutMS: timeout,
    connectTimeoutMS: timeout,
    waitQueueTimeoutMS: timeout,
    ...(options.username !== undefined && {
      auth: { username: options.username, password: passwordOf(options, files) },
      authSource: auth_source,
    }),
    ...(tls && { tls: true, ...readTlsFiles(tls, files) }),
  })
  // An aborted wait does not tell what it waited for; the last look at a server does.
  let failure: Error | undefined
  client.on('serverHeartbeatFailed', (event) => {
    failure = event.failure
  })
  client.on('serverHeartbeatSucceeded', () => {
    failure = undefined
  })
  const ended = new AbortController()
  const place = places.open({ name: `connections to ${name}`, size: connections })
  return {
    name,
    timeout,
    ended: ended.signal,
    use: ({ database = options.database, collection }, signal, work) =>
      place.run(signal, async () => {
        try {
          // By hand: of operations that connect by themselves, one that gives up takes the others with it.
          await untilAborted(client.connect(), signal, 'timed out')
          return await work(client.db(database).collection(collection))
        } catch (error) {
          const aborted = signal.aborted ? (failure ?? error) : error
          throw new Error(`${name}: ${inWords(aborted, `${database}.${collection}`)}`)
        }
      }),
    close() {
      ended.abort()
      return client.close()
    },
  }
}

function passwordOf({ password, password_file }: ConnectionOptions, files: Host['files']): string {
  // As docker_auth reads such a file: without white space at its ends.
  return password_file === undefined ? password!.reveal() : files.read(password_file).trim()
}

/** What a server's own error means; its text may quote what was sent, and is not shown. */
const SERVER_ERRORS = new Map<unknown, (place: string) => string>([
  [13, (place) => `the user lacks a right on ${place}; grant it the role read`],
  [11_000, (place) => `there are documents in ${place} that must differ and do not`],
  [18, () => 'the login failed; correct username, password or auth_source'],
])

function inWords(error: unknown, place: string): string {
  if (error instanceof MongoServerError) {
    return (
      SERVER_ERRORS.get(error.code)?.(place) ??
      `the server refuses: error ${error.code}; see the server's log`
    )
  }
  const reason = networkReason(error, NAMES)
  if (reason !== undefined) return reason
  const message = error instanceof Error ? messageOf(error) : ''
  if (/timed out|abort|timeout/i.test(message))
    return 'no answer in time; see what hangs, or whether a firewall drops packets'
  return `the connection failed (${message}); see the server's log`
}

const NAMES = { server: 'the server', address: 'addrs', plain: 'no tls' }

function messageOf({ message, cause }: Error): string {
  const text = cause instanceof Error ? cause.message : message
  return text.split('\n')[0]!.slice(0, 200)
}
