// A database as the plugins of this folder see it: one bounded question, and errors that name the place and the remedy.
import { Busy, type Host } from '../../core/plugin.ts'
import type { Driver } from './driver.ts'
import type { ConnectionOptions } from './options.ts'
import type { Result } from './rows.ts'
import type { Statement, Values } from './statement.ts'

export interface Database {
  /**
   * Asks. At most until the signal aborts, whatever the database does.
   *
   * @returns undefined when no row can match, because the database's character set lacks a letter of the values
   * @throws Error that begins with where the database is; Busy
   */
  ask(statement: Statement, values: Values, signal: AbortSignal): Promise<Result | undefined>
  /** Closes all connections; can be called again. */
  close(): Promise<void>
}

/**
 * Opens a database, without connecting to it: that is done by the first question.
 *
 * @throws Error about a file that the options name
 */
export async function openDatabase(
  options: ConnectionOptions,
  host: Pick<Host, 'files' | 'places'>,
): Promise<Database> {
  const driver = await openDriver(options, host)
  let closed: Promise<void> | undefined
  return {
    async ask(statement, values, signal) {
      try {
        return await driver.query(statement, values, signal)
      } catch (error) {
        if (error instanceof Busy) throw error
        if (isUnwritable(error, values, driver)) return undefined
        throw new Error(`${driver.place}: ${signal.aborted ? LATE : reasonOf(error, driver)}`)
      }
    },
    close() {
      closed ??= driver.close()
      return closed
    },
  }
}

/** Every character set has the ASCII letters: with those alone, the fault is the query's own. */
function isUnwritable(error: unknown, { account, service }: Values, { unwritable }: Driver): boolean {
  return (
    unwritable.includes((error as { code?: string }).code ?? '') && /[^\p{ASCII}]/u.test(account + service)
  )
}

const LATE = 'no answer in time; find out what holds it up, or raise the timeout'

/** Only the driver that is used is loaded. */
async function openDriver(
  options: ConnectionOptions,
  { files, places }: Pick<Host, 'files' | 'places'>,
): Promise<Driver> {
  switch (options.database) {
    case 'postgres':
      return (await import('./postgres.ts')).openPostgres(options, files, places)
    case 'mysql':
      return (await import('./mysql.ts')).openMysql(options, files, places)
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(options, files, places)
  }
}

const NETWORK = new Map([
  ['ECONNREFUSED', 'connection refused; start the database, or correct host and port'],
  ['ENOTFOUND', 'name not found; correct host'],
  ['EAI_AGAIN', 'name not found for now; see the name server, or correct host'],
  ['ENOENT', 'there is no such socket; start the database, or correct host'],
  ['EACCES', 'no permission for the socket; give it to the user that runs Dockwarden'],
  ['EHOSTUNREACH', 'host unreachable; correct host, or see the network'],
  ['ENETUNREACH', 'network unreachable; correct host, or see the network'],
  ['ETIMEDOUT', 'no connection in time; see the network and the firewall'],
  ['ECONNRESET', 'the connection was closed; see the log of the database'],
  ['EPIPE', 'the connection was closed; see the log of the database'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed; name it in tls.ca'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is of an unknown authority; name that in tls.ca'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is of an unknown authority; name that in tls.ca'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is of an unknown authority; name that in tls.ca'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired; renew it'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'its certificate is for another host name; correct host, or set tls.verify: ca',
  ],
])

function reasonOf(error: unknown, driver: Driver): string {
  // A name with several addresses fails with one error for each.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const { code, message } = first as NodeJS.ErrnoException
  return NETWORK.get(code ?? '') ?? driver.explain(first) ?? oneLine(message)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300)
}
