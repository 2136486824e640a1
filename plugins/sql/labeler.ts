// Labels from a SQL database, for accounts that another authenticator has accepted.
import {
  definePlugin,
  type Labeler,
  type Labels,
  type Log,
  mergeLabels,
  NO_LABELS,
  z,
} from '../../core/plugin.ts'
import { openDatabase } from './database.ts'
import { ALWAYS, checkConnection, connectionOptions, labelColumns } from './options.ts'
import { labelsOf, labelsOfPairs, type Result, requireColumns } from './rows.ts'
import { query } from './statement.ts'
import { labelsQuery } from './tables.ts'

const READY_TIMEOUT_MS = 5_000

const options = z
  .strictObject({
    ...connectionOptions,
    query: query()
      .optional()
      .describe(
        "Gives labels for ${account}: columns name and value, labels (JSON), or those in `labels`. Default: docker_auth's table xorm_user.",
      ),
    labels: labelColumns,
  })
  .superRefine(checkConnection, ALWAYS)

export default definePlugin({
  kind: 'labeler',
  name: 'sql',
  options,
  async create(given, host): Promise<Labeler> {
    const { query: statement = labelsQuery(given.database), labels } = given
    const database = await openDatabase(given, host)

    async function ask(account: string, service: string, signal: AbortSignal, log: Log): Promise<Labels> {
      const result = await database.ask(statement, { account, service }, signal)
      if (!result) return NO_LABELS
      requireLabels(result, labels)
      const pairs = result.columns.includes('value') ? labelsOfPairs(result.rows) : NO_LABELS
      return mergeLabels(labelsOf(result.rows, labels, log), pairs)
    }

    return {
      label: ({ account }, { service, signal, log }) => ask(account, service, signal, log),
      ready: async () => void (await ask('', '', AbortSignal.timeout(READY_TIMEOUT_MS), host.log)),
      close: () => database.close(),
    }
  },
})

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
