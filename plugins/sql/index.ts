// Accounts in a SQL database: docker_auth's table as it is, or any query that gives a password hash.
import {
  type Authenticator,
  accept,
  definePlugin,
  mapOf,
  pass,
  type RequestScope,
  reject,
  z,
} from '../../core/plugin.ts'
import { openDatabase } from './database.ts'
import { ALWAYS, checkConnection, connectionOptions } from './options.ts'
import { labelsOf, type Row, requireColumns, textOf } from './rows.ts'
import { query } from './statement.ts'
import { userQuery } from './tables.ts'

const READY_TIMEOUT_MS = 5_000

const options = z
  .strictObject({
    ...connectionOptions,
    query: query()
      .optional()
      .describe(
        "Gives password_hash, and if wanted account and labels (JSON), for ${account}. Default: docker_auth's table xorm_user.",
      ),
    labels: mapOf(z.string().min(1))
      .default(new Map())
      .describe('Labels from columns of their own: label names to column names.'),
  })
  .superRefine(checkConnection, ALWAYS)

export default definePlugin({
  kind: 'authenticator',
  name: 'sql',
  options,
  async create(given, host): Promise<Authenticator> {
    const { query: statement = userQuery(given.database), labels } = given
    host.passwords.announce()
    const columns = ['password_hash', ...labelColumns(labels)]
    const database = await openDatabase(given, host)

    async function ask(account: string, service: string, signal: AbortSignal): Promise<readonly Row[]> {
      const result = await database.ask(statement, { account, service }, signal)
      if (!result) return []
      requireColumns(result, ...columns)
      return result.rows
    }

    /** What the rows say of the account. */
    async function find(account: string, { service, signal, log }: RequestScope): Promise<Found> {
      const rows = await ask(account, service, signal)
      const [first] = rows
      if (!first) return { is: 'unknown' }
      if (rows.some((row) => identityOf(row) !== identityOf(first))) {
        log.warn({ account, rows: rows.length }, 'the query gives several users for one account; narrow it')
        return { is: 'refused', reason: 'several users have this name' }
      }
      const hash = textOf(first, 'password_hash')
      if (!hash) return { is: 'refused', reason: 'the account has no password hash' }
      return { is: 'user', name: textOf(first, 'account') ?? account, hash, rows }
    }

    return {
      ...(!statement.reads('service') && { answersFrom: 'password' }),

      async authenticate({ account, password }, request) {
        // As docker_auth: nobody is called "", and no password is empty.
        if (account === '' || password.reveal() === '') return pass
        const found = await find(account, request)
        if (found.is === 'unknown') return pass
        if (found.is === 'refused') {
          await host.passwords.verify(undefined, password, request.signal)
          return reject(found.reason)
        }
        if (!(await host.passwords.verify(found.hash, password, request.signal)))
          return reject('wrong password')
        return accept({
          account: found.name,
          labels: labelsOf(found.rows, labels),
          session: host.passwords.fingerprint(found.hash),
        })
      },

      async refresh({ account, session }, request) {
        const found = await find(account, request)
        if (found.is === 'unknown') return reject('there is no such account any more')
        if (found.is === 'refused') return reject(found.reason)
        // Without a session it is not about a login with the password, but about the account alone.
        if (session !== undefined && session !== host.passwords.fingerprint(found.hash)) {
          return reject('the password has changed since')
        }
        return accept({ account: found.name, labels: labelsOf(found.rows, labels) })
      },

      // With nobody's name: it shows whether the tables and columns are there.
      ready: async () => void (await ask('', '', AbortSignal.timeout(READY_TIMEOUT_MS))),
      close: () => database.close(),
    }
  },
})

type Found =
  | { readonly is: 'unknown' }
  | { readonly is: 'refused'; readonly reason: string }
  | { readonly is: 'user'; readonly name: string; readonly hash: string; readonly rows: readonly Row[] }

/** Several rows may be about one user, each with another label. */
function identityOf(row: Row): string {
  return JSON.stringify([textOf(row, 'account'), textOf(row, 'password_hash')])
}

function labelColumns(labels: ReadonlyMap<string, string>): string[] {
  return [...labels.values()].map((column) => column.toLowerCase())
}
