// Users from a MongoDB collection, in docker_auth's documents: { username, password: bcrypt, labels }.
import { type Authenticator, accept, definePlugin, pass, reject, z } from '../../core/plugin.ts'
import { checkConnection, connectionOptions, openMongo } from './connection.ts'
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
  options,
  create(options, host): Authenticator {
    host.passwords.announce()
    const mongo = openMongo(options, host)
    const users = createUsers(mongo, options.collection, host.log)
    return {
      answersFrom: 'password',

      async authenticate({ account, password }, { signal }) {
        const user = await users.find(account, signal)
        if (!user) return pass
        const { name, hash, labels } = user
        const right = await host.passwords.verify(hash, password, signal)
        if (hash === undefined) return reject('the user has no password')
        if (!right) return reject('wrong password')
        return accept({ account: name, labels, session: host.passwords.fingerprint(hash) })
      },

      async refresh({ account, session }, { signal }) {
        const user = await users.find(account, signal)
        if (!user) return reject('the user is no longer in the collection')
        const { name, hash, labels } = user
        if (hash === undefined) return reject('the user has no password any more')
        // Without a session it is not about a login with the password, but about the account alone.
        const current = host.passwords.fingerprint(hash)
        if (session !== undefined && session !== current) return reject('the password has changed since')
        return accept({ account: name, labels, session: current })
      },

      ready: () => users.ready(AbortSignal.timeout(options.timeout)),
      close: () => mongo.close(),
    }
  },
})
