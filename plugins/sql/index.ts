// Accounts in a SQL database: docker_auth's table as it is, or any query that gives a password hash.
import {
  type Authenticator,
  type Credential,
  definePlugin,
  NO_LABELS,
  passwordAuthenticator,
  type RequestScope,
  type StoredAccount,
  z,
} from '../../core/plugin.ts'
import { ALWAYS, checkConnection, connectionOptions, labelColumns } from './options.ts'
import { labelsOf, type Row, requireColumns, textOf } from './rows.ts'
import { DATABASE, openOwn } from './shared.ts'
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
    labels: labelColumns,
  })
  .superRefine(checkConnection, ALWAYS)

export default definePlugin({
  kind: 'authenticator',
  name: 'sql',
  provides: [DATABASE],
  options,
  async create(given, host): Promise<Authenticator> {
    const { query: statement = userQuery(given.database), labels } = given
    const columns = ['password_hash', ...columnsOf(labels)]
    const database = await openOwn(given, host)

    async function ask(account: string, service: string, signal: AbortSignal): Promise<readonly Row[]> {
      const result = await database.ask(statement, { account, service }, signal)
      if (!result) return []
      requireColumns(result, ...columns)
      return result.rows
    }

    /** What the rows say of the account. */
    async function find(
      account: string,
      { service, signal, log }: RequestScope,
    ): Promise<StoredAccount | undefined> {
      const rows = await ask(account, service, signal)
      const [first] = rows
      if (!first) return undefined
      const one = rows.every((row) => identityOf(row) === identityOf(first))
      if (!one) {
        log.warn({ account, rows: rows.length }, 'the query gives several users for one account; narrow it')
        return { credential: { barred: 'several users have this name' }, labels: NO_LABELS }
      }
      return {
        name: textOf(first, 'account'),
        credential: credentialOf(first),
        // Read for whoever showed the password only: labels of another form are an outage.
        get labels() {
          return labelsOf(rows, labels, log)
        },
      }
    }

    return {
      ...passwordAuthenticator(
        {
          hashes: 'in a backend',
          // As docker_auth: nobody is called "", and no password is empty.
          passes: ({ account, password }) => account === '' || password.reveal() === '',
          find,
          gone: 'there is no such account any more',
          readsRequest: statement.reads('service'),
        },
        host,
      ),
      // With nobody's name: it shows whether the tables and columns are there.
      ready: async () => void (await ask('', '', AbortSignal.timeout(READY_TIMEOUT_MS))),
      close: () => database.close(),
    }
  },
})

function credentialOf(row: Row): Credential {
  const hash = textOf(row, 'password_hash')
  return hash ? { hash } : { barred: 'the account has no password hash' }
}

/** Several rows may be about one user, each with another label. */
function identityOf(row: Row): string {
  return JSON.stringify([textOf(row, 'account'), textOf(row, 'password_hash')])
}

function columnsOf(labels: ReadonlyMap<string, string>): string[] {
  return [...labels.values()].map((column) => column.toLowerCase())
}
