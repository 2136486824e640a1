// Labels from a SQL database, for accounts that another authenticator has accepted.
import {
  definePlugin,
  explained,
  type Identity,
  type Labeler,
  type Labels,
  type Log,
  mergeLabels,
  NO_LABELS,
  type RequestScope,
  type Why,
  z,
} from '../../core/plugin.ts'
import { ALWAYS, checkShared, labelColumns, sharedOptions } from './options.ts'
import { labelsOf, labelsOfPairs, type Result, requireColumns } from './rows.ts'
import { DATABASE, openOwn, SHARED, type SharedDatabase } from './shared.ts'
import { query } from './statement.ts'
import { LABELS_QUERY } from './tables.ts'

const READY_TIMEOUT_MS = 5_000

const options = z
  .strictObject({
    ...sharedOptions,
    query: query()
      .optional()
      .describe(
        "Gives labels for ${account}: columns name and value, labels (JSON), or those in `labels`. Default: docker_auth's table xorm_user.",
      ),
    labels: labelColumns,
  })
  .superRefine(checkShared, ALWAYS)

export default definePlugin({
  kind: 'labeler',
  name: 'sql',
  ...SHARED,
  options,
  async create(given, host): Promise<Labeler> {
    const { labels } = given
    const own = await openOwn(given, host)
    const all = own ? [own] : host.resolveAll(DATABASE)

    async function ask(
      database: SharedDatabase,
      { account, service, signal, log }: Asked,
      why?: Why,
    ): Promise<Labels> {
      const statement = given.query ?? LABELS_QUERY[database.kind]
      const result = await database.ask(statement, { account, service }, signal)
      if (!result) {
        why?.say('it is not asked: the database can hold no such account')
        return NO_LABELS
      }
      const { length } = result.rows
      why?.say(`the query gives ${length} ${length === 1 ? 'row' : 'rows'} for the account`)
      requireLabels(result, labels)
      const pairs = result.columns.includes('value') ? labelsOfPairs(result.rows) : NO_LABELS
      return mergeLabels(labelsOf(result.rows, labels, log), pairs)
    }

    async function label({ account }: Identity, request: RequestScope, why?: Why): Promise<Labels> {
      // Whoever accepted may have none.
      const database = own ?? request.resolve(DATABASE)
      if (!database) {
        why?.say('whoever accepted the account has no database')
        return NO_LABELS
      }
      const { service, signal, log } = request
      return await ask(database, { account, service, signal, log }, why)
    }

    return {
      ...(all.every(({ kind }) => kind === 'sqlite') && { answersFrom: 'files' }),
      label: (identity, request) => label(identity, request),
      explain: (identity, request) => explained((why) => label(identity, request, why)),
      // With nobody's name: it shows whether the tables and columns are there.
      async ready() {
        const nobody = {
          account: '',
          service: '',
          signal: AbortSignal.timeout(READY_TIMEOUT_MS),
          log: host.log,
        }
        await Promise.all(all.map((database) => ask(database, nobody)))
      },
      close: async () => own?.close(),
    }
  },
})

interface Asked {
  readonly account: string
  readonly service: string
  readonly signal: AbortSignal
  readonly log: Log
}

/** @throws Error when the query gives nothing that labels could come from */
function requireLabels(result: Result, labels: ReadonlyMap<string, string>): void {
  const { columns } = result
  if (columns.includes('value')) requireColumns(result, 'name')
  requireColumns(result, ...[...labels.values()].map((column) => column.toLowerCase()))
  if (labels.size === 0 && !columns.includes('value') && !columns.includes('labels')) {
    throw new Error(
      `the query gives no labels (but ${columns.join(', ')}); write AS name and AS value, or AS labels in it, or name its columns in the option labels`,
    )
  }
}
