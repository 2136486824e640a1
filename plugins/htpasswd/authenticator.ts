// Lets in whom a password file knows, by what is known of the file at the moment.
import { type Authenticator, accept, type Labels, type Passwords, pass, reject } from '../../core/plugin.ts'
import type { LiveUsers } from './reread.ts'

/** @param labels that every user of the file gets */
export function authenticatorOf(
  known: Pick<LiveUsers, 'users' | 'close'>,
  labels: Labels,
  passwords: Passwords,
): Authenticator {
  const accepted = (hash: string) => accept({ labels, session: passwords.fingerprint(hash) })

  return {
    answersFrom: 'password',

    async authenticate({ account, password }, { signal }) {
      const { users } = known
      if (!users.has(account)) return pass
      const hash = users.get(account)
      const right = await passwords.verify(hash, password, signal)
      if (hash === undefined) return reject('its hash can not be checked')
      return right ? accepted(hash) : reject('wrong password')
    },

    async refresh({ account, session }) {
      const hash = known.users.get(account)
      if (hash === undefined) return reject('the user is no longer in the password file')
      // Without a session it is not about a login with the password, but about the account alone.
      if (session !== undefined && session !== passwords.fingerprint(hash)) {
        return reject('the password has changed since')
      }
      return accepted(hash)
    },

    async close() {
      known.close()
    },
  }
}
