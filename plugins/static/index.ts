// Users that stand in the configuration itself.
import {
  type Authenticator,
  accept,
  definePlugin,
  NO_LABELS,
  type Passwords,
  pass,
  reject,
} from '../../core/plugin.ts'
import { type Credential, credentialOf } from './credential.ts'
import { ANONYMOUS, options, type User } from './options.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'static',
  options,
  anonymous: true,
  create: ({ users }, host): Authenticator => createStatic(users, host.passwords),
})

function createStatic(users: ReadonlyMap<string, User>, passwords: Passwords): Authenticator {
  const credentials = new Map<string, Credential>()
  for (const [account, user] of users) credentials.set(account, credentialOf(account, user, passwords))

  const accepted = (account: string, credential: Credential) =>
    accept({ labels: users.get(account)?.labels ?? NO_LABELS, session: credential.fingerprint })

  return {
    answersFrom: 'password',

    async authenticate({ kind, account, password }, { signal }) {
      // An empty name with a password is not the anonymous user: such a client meant to be somebody.
      if ((account === ANONYMOUS) !== (kind === 'anonymous')) return pass
      const credential = credentials.get(account)
      if (!credential) return pass
      const wrong = await credential.refuses(password, signal)
      return wrong ? reject(wrong) : accepted(account, credential)
    },

    async refresh({ account, session }) {
      const credential = credentials.get(account)
      if (!credential) return reject('the user is no longer configured')
      const current = await credential.fingerprint()
      if (current === undefined) return reject('the user is disabled')
      // Without a session it is not about a login with the credential, but about the account alone.
      if (session !== undefined && session !== current) return reject('the credential has changed since')
      return accepted(account, credential)
    },
  }
}
