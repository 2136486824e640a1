// The mongo authorizer: the acl's rules, from a MongoDB collection of docker_auth's documents.
import { type Authorizer, definePlugin, duration, storedRulesAuthorizer, z } from '../../core/plugin.ts'
import { openMongo } from './connection.ts'
import { buildRules } from './entry.ts'
import { checkShared, hasOwn, sharedOptions } from './options.ts'
import { DEPLOYMENT } from './shared.ts'

const options = z
  .strictObject({
    ...sharedOptions,
    collection: z.string().min(1, 'must be a name').describe('The collection of the rules.'),
    cache_ttl: duration({ min: 1_000 })
      .default(60_000)
      .describe(
        'How often the rules are read again; between, and while the database is down, those read last hold.',
      ),
  })
  .superRefine(checkShared)

/** A collection with more is taken for another one. */
const MOST_RULES = 50_000

export default definePlugin({
  kind: 'authorizer',
  name: 'mongo',
  provides: [{ token: DEPLOYMENT, when: 'addrs' }],
  needs: { deployment: { token: DEPLOYMENT, unless: 'addrs' } },
  options,
  create(options, host): Authorizer {
    const { database, collection, cache_ttl } = options
    const own = hasOwn(options) ? openMongo(options, host) : undefined
    const mongo = own ?? host.resolve(DEPLOYMENT)
    if (own) host.provide(DEPLOYMENT, { use: own.use, timeout: own.timeout })
    const read = async (ended: AbortSignal) => {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(2 * mongo.timeout)])
      const documents = await mongo.use({ database, collection }, signal, (found) =>
        found.find({}, { signal, limit: MOST_RULES + 1 }).toArray(),
      )
      if (documents.length > MOST_RULES) throw new Error(`${collection} has more than ${MOST_RULES} rules`)
      return await buildRules(documents, host.surroundings, host.work)
    }
    return storedRulesAuthorizer({ read, every: cache_ttl, close: async () => own?.close() }, host)
  },
})
