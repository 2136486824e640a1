// Lets in whom a password file knows, by what is known of the file at the moment.
import { type Authenticator, type Host, type Labels, passwordAuthenticator } from '../../core/plugin.ts'
import type { LiveUsers } from './reread.ts'

/** @param labels that every user of the file gets */
export function authenticatorOf(
  known: Pick<LiveUsers, 'users' | 'close'>,
  labels: Labels,
  host: Pick<Host, 'passwords'>,
): Authenticator {
  const authenticator = passwordAuthenticator(
    {
      hashes: 'announced',
      async find(account) {
        const { users } = known
        if (!users.has(account)) return undefined
        const hash = users.get(account)
        return {
          credential: hash === undefined ? { barred: 'its hash can not be checked' } : { hash },
          labels,
        }
      },
      gone: 'the user is no longer in the password file',
    },
    host,
  )
  return { ...authenticator, close: async () => known.close() }
}
