// A database as the plugins of this folder see it: one bounded question, and errors that name the place and the remedy.
import { Busy, type Host, withDriver } from '../../core/plugin.ts'
import type { Driver } from './driver.ts'
import { whyNoConnection } from './network.ts'
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
      return (await withDriver('database: postgres', () => import('./postgres.ts'))).openPostgres(
        options,
        files,
        places,
      )
    case 'mysql':
      return (await withDriver('database: mysql', () => import('./mysql.ts'))).openMysql(
        options,
        files,
        places,
      )
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(options, files, places)
  }
}

function reasonOf(error: unknown, driver: Driver): string {
  const { message } = error as Error
  return whyNoConnection(error) ?? driver.explain(error) ?? oneLine(message)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300)
}
