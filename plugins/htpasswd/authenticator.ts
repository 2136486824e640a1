// Lets in whom a password file knows, by what is known of the file at the moment.
import { type Authenticator, type Host, type Labels, passwordAuthenticator } from '../../core/plugin.ts'
import type { LiveUsers } from './reread.ts'

/** @param labels that every user of the file gets */
export function authenticatorOf(
  known: Pick<LiveUsers, 'users' | 'close'>,
  labels: Labels,
  host: Pick<Host, 'passwords'>,
): Authenticator {
  const accountOf = (hash: string | undefined) => ({
    credential: hash === undefined ? { barred: 'its hash can not be checked' } : { hash },
    labels,
  })
  const authenticator = passwordAuthenticator(
    {
      hashes: 'announced',
      async find(account) {
        const { users } = known
        return users.has(account) ? accountOf(users.get(account)) : undefined
      },
      list: () => Array.from(known.users, ([name, hash]) => [name, accountOf(hash)] as const),
      gone: 'the user is no longer in the password file',
    },
    host,
  )
  return { ...authenticator, close: async () => known.close() }
}
