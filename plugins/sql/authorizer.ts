// Rules in a SQL database: docker_auth's table as it is, or any query that gives them. Kept in memory, read again in the
// background.
import {
  type Authorizer,
  compileStored,
  definePlugin,
  duration,
  inSlices,
  storedRulesAuthorizer,
  z,
} from '../../core/plugin.ts'
import { ALWAYS, checkShared, sharedOptions } from './options.ts'
import { readEntries } from './rules.ts'
import { DATABASE, openOwn, SHARED } from './shared.ts'
import { query } from './statement.ts'
import { RULES_QUERY } from './tables.ts'

const options = z
  .strictObject({
    ...sharedOptions,
    query: query()
      .optional()
      .describe(
        "Gives the rules in their order: acl_entry (JSON), and if wanted seq. Default: docker_auth's table xorm_acl_entry.",
      ),
    cache_ttl: duration({ min: 100 })
      .default(60_000)
      .describe('How long the rules are kept before they are read again, in the background.'),
    substitution: z
      .enum(['literal', 'pattern'])
      .default('literal')
      .describe(
        'Captures and label values in a pattern are texts (literal), or parts of the pattern as in docker_auth.',
      ),
  })
  .superRefine(checkShared, ALWAYS)
  .superRefine(({ query: given }, context) => {
    if (given && given.values({ account: '', service: '' }).length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['query'],
        message:
          'can have no placeholders, because the rules are read once for all; match the account in the rules',
      })
    }
  })

export default definePlugin({
  kind: 'authorizer',
  name: 'sql',
  ...SHARED,
  options,
  async create(given, host): Promise<Authorizer> {
    const { query: statement = RULES_QUERY, substitution } = given
    const own = await openOwn(given, host)
    const database = own ?? host.resolve(DATABASE)
    const authorizer = storedRulesAuthorizer(
      {
        async read(signal) {
          const result = await database.ask(statement, { account: '', service: '' }, signal)
          // With these values there is always a result.
          const entries = await inSlices(readEntries(result!), host.work)
          // docker_auth's tables, whose `**` is what it is there.
          return await compileStored(
            entries,
            { substitution, stars: 'one', around: host.surroundings },
            host.work,
          )
        },
        every: given.cache_ttl,
        close: async () => own?.close(),
      },
      host,
    )
    return database.kind === 'sqlite' ? { ...authorizer, answersFrom: 'files' } : authorizer
  },
})
