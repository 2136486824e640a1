// The options that name a MongoDB deployment.
import { duration, filePath, secret, tlsFiles, z } from '../../core/plugin.ts'

const ADDRESS = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i

const addrs = z
  .array(
    z
      .string()
      .regex(
        ADDRESS,
        'is no address; write HOST or HOST:PORT, a user name and password stand in options of their own',
      ),
  )
  .min(1, 'must name one server at least')
const ADDRS = 'The servers, HOST or HOST:PORT; for a replica set some of its members.'
const database = z.string().min(1, 'must be a name')

const partsOfConnection = {
  username: z
    .string()
    .min(1, 'is empty; leave it out to log in as nobody')
    .optional()
    .describe('The user to log in as; without one, nobody logs in.'),
  password: secret().optional().describe("The user's password; write it as !env NAME or !file PATH."),
  password_file: filePath(z.string().min(1, 'must be a path'))
    .optional()
    .describe('Instead of `password`: a file that holds it, relative to the configuration.'),
  auth_source: z
    .string()
    .min(1, 'must be a name')
    .optional()
    .describe('The database that the user is defined in. Default: admin.'),
  direct: z
    .boolean()
    .optional()
    .describe('Only talk to the one server that `addrs` names, whatever replica set it belongs to.'),
  tls: tlsFiles
    .optional()
    .describe(
      'Use TLS; `tls: {}` trusts the well-known authorities. Paths are relative to the configuration.',
    ),
  timeout: duration({ min: 100, max: 60_000 })
    .optional()
    .describe('How long to look for a server that answers, and to wait for a connection. Default: 3s.'),
  connections: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('At most this many connections to one server. Default: 16.'),
}

/** The options of a connection, to be spread into a plugin's schema; `checkConnection` belongs to them. */
export const connectionOptions = {
  addrs: addrs.describe(ADDRS),
  database: database.describe('The database.'),
  ...partsOfConnection,
}

/** The same for whoever may be without a connection; `checkShared` belongs to them. */
export const sharedOptions = {
  addrs: addrs
    .optional()
    .describe(`${ADDRS} Without it, those of another instance are asked, on its connections.`),
  database: database
    .optional()
    .describe('The database. Default: that of the instance whose servers are asked.'),
  ...partsOfConnection,
}

const shape = z.object(connectionOptions)
export type ConnectionOptions = z.output<typeof shape>
const sharedShape = z.object(sharedOptions)
type SharedOptions = z.output<typeof sharedShape>

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

/** The same where a connection may be left out as a whole. */
export function checkShared(given: SharedOptions, context: z.RefinementCtx): void {
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message })
  const { addrs, database } = given
  if (addrs === undefined) {
    for (const key of Object.keys(partsOfConnection) as (keyof typeof partsOfConnection)[]) {
      if (given[key] !== undefined)
        problem(key, 'belongs to a connection of its own: write addrs too, or remove it')
    }
  } else if (database === undefined) problem('database', 'is missing beside addrs; write its name')
  else checkConnection({ ...given, addrs, database }, context)
}

/** Whether there is a connection of its own. */
export function hasOwn<O extends SharedOptions>(options: O): options is O & ConnectionOptions {
  return options.addrs !== undefined
}
