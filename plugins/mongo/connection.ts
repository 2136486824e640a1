// One MongoDB deployment: the options that name it, the client's connections, and its errors in words.
import { type Collection, type Document, MongoClient, MongoServerError } from 'mongodb'
import {
  duration,
  type Host,
  networkReason,
  readTlsFiles,
  secret,
  tlsFiles,
  untilAborted,
  z,
} from '../../core/plugin.ts'

const ADDRESS = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i

/** The options of a connection, to be spread into a plugin's schema; `checkConnection` belongs to them. */
export const connectionOptions = {
  addrs: z
    .array(
      z
        .string()
        .regex(
          ADDRESS,
          'is no address; write HOST or HOST:PORT, a user name and password stand in options of their own',
        ),
    )
    .min(1, 'must name one server at least')
    .describe('The servers, HOST or HOST:PORT; for a replica set some of its members.'),
  database: z.string().min(1, 'must be a name').describe('The database.'),
  username: z
    .string()
    .min(1, 'is empty; leave it out to log in as nobody')
    .optional()
    .describe('The user to log in as; without one, nobody logs in.'),
  password: secret().optional().describe("The user's password; write it as !env NAME or !file PATH."),
  password_file: z
    .string()
    .min(1, 'must be a path')
    .optional()
    .describe('Instead of `password`: a file that holds it, relative to the configuration.'),
  auth_source: z
    .string()
    .min(1, 'must be a name')
    .default('admin')
    .describe('The database that the user is defined in.'),
  direct: z
    .boolean()
    .default(false)
    .describe('Only talk to the one server that `addrs` names, whatever replica set it belongs to.'),
  tls: tlsFiles
    .optional()
    .describe(
      'Use TLS; `tls: {}` trusts the well-known authorities. Paths are relative to the configuration.',
    ),
  timeout: duration({ min: 100, max: 60_000 })
    .default(3_000)
    .describe('How long to look for a server that answers, and to wait for a connection.'),
  connections: z.int().min(1).max(1_000).default(16).describe('At most this many connections to one server.'),
}

const shape = z.object(connectionOptions)
type ConnectionOptions = z.output<typeof shape>

/** Reports options that can't stand side by side. */
export function checkConnection(given: ConnectionOptions, context: z.RefinementCtx): void {
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message })
  const known = given.password !== undefined || given.password_file !== undefined
  if (given.username !== undefined && !known) {
    problem('password', 'is missing beside username; write it as !env NAME or !file PATH')
  }
  if (given.username === undefined && known) problem('username', 'is missing beside the password')
  if (given.password && given.password_file !== undefined) {
    problem('password_file', 'stands beside password; remove one of the two')
  }
  if (given.direct && given.addrs.length > 1)
    problem('direct', 'is for one server; name one in addrs, or remove it')
}

/** A deployment that is asked. */
export interface Mongo {
  /** For messages: `MongoDB host:port, host:port`. */
  readonly name: string
  /**
   * Does some work with a collection.
   *
   * @param signal ends the waiting
   * @throws Error that names the servers and the remedy, and no secret
   */
  use<T>(
    collection: string,
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
  const { addrs, database, timeout, tls } = options
  const name = `MongoDB ${addrs.join(', ')}`
  const client = new MongoClient(`mongodb://${addrs.join(',')}/`, {
    appName: 'dockwarden',
    directConnection: options.direct,
    // While a replica set elects a new primary, logins go on.
    readPreference: 'primaryPreferred',
    maxPoolSize: options.connections,
    serverSelectionTimeoutMS: timeout,
    connectTimeoutMS: timeout,
    waitQueueTimeoutMS: timeout,
    ...(options.username !== undefined && {
      auth: { username: options.username, password: passwordOf(options, files) },
      authSource: options.auth_source,
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
  const place = places.open({ name: `connections to ${name}`, size: options.connections })
  return {
    name,
    ended: ended.signal,
    use: (collection, signal, work) =>
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
