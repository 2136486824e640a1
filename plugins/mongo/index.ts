// Users from a MongoDB collection, in docker_auth's documents: { username, password: bcrypt, labels }.
import { type Authenticator, definePlugin, passwordAuthenticator, z } from '../../core/plugin.ts'
import { openMongo } from './connection.ts'
import { checkConnection, connectionOptions } from './options.ts'
import { DEPLOYMENT } from './shared.ts'
import { createUsers } from './users.ts'

const options = z
  .strictObject({
    ...connectionOptions,
    collection: z.string().min(1, 'must be a name').describe('The collection of the users.'),
  })
  .superRefine(checkConnection)

export default definePlugin({
  kind: 'authenticator',
  name: 'mongo',
  provides: [DEPLOYMENT],
  options,
  create(options, host): Authenticator {
    const mongo = openMongo(options, host)
    host.provide(DEPLOYMENT, { use: mongo.use, timeout: mongo.timeout })
    const users = createUsers(mongo, options.collection, host.log)
    return {
      ...passwordAuthenticator(
        {
          hashes: 'in a backend',
          find: (account, { signal }) => users.find(account, signal),
          gone: 'the user is no longer in the collection',
        },
        host,
      ),
      ready: () => users.ready(AbortSignal.timeout(mongo.timeout)),
      close: () => mongo.close(),
    }
  },
})
