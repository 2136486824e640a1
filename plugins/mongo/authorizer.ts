// The mongo authorizer: the acl's rules, from a MongoDB collection of docker_auth's documents.
import { type Authorizer, definePlugin, duration, storedRulesAuthorizer, z } from '../../core/plugin.ts'
import { checkConnection, connectionOptions, openMongo } from './connection.ts'
import { buildRules } from './entry.ts'

const options = z
  .strictObject({
    ...connectionOptions,
    collection: z.string().min(1, 'must be a name').describe('The collection of the rules.'),
    cache_ttl: duration({ min: 1_000 })
      .default(60_000)
      .describe(
        'How often the rules are read again; between, and while the database is down, those read last hold.',
      ),
  })
  .superRefine(checkConnection)

/** A collection with more is taken for another one. */
const MOST_RULES = 50_000

export default definePlugin({
  kind: 'authorizer',
  name: 'mongo',
  options,
  create(options, host): Authorizer {
    const { collection, cache_ttl } = options
    const mongo = openMongo(options, host)
    const read = async (ended: AbortSignal) => {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(2 * options.timeout)])
      const documents = await mongo.use(collection, signal, (found) =>
        found.find({}, { signal, limit: MOST_RULES + 1 }).toArray(),
      )
      if (documents.length > MOST_RULES) throw new Error(`${collection} has more than ${MOST_RULES} rules`)
      return await buildRules(documents, host.surroundings, host.work)
    }
    return storedRulesAuthorizer({ read, every: cache_ttl, close: () => mongo.close() }, host)
  },
})
