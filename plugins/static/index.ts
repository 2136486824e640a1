// Users that stand in the configuration itself.
import { definePlugin, NO_LABELS, passwordAuthenticator, type StoredAccount } from '../../core/plugin.ts'
import { credentialOf } from './credential.ts'
import { ANONYMOUS, options } from './options.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'static',
  options,
  anonymous: true,
  create({ users }, host) {
    const accounts = new Map<string, StoredAccount>()
    for (const [account, user] of users) {
      const { labels = NO_LABELS } = user
      accounts.set(account, { credential: credentialOf(account, user, host.passwords), labels })
    }
    return passwordAuthenticator(
      {
        hashes: 'announced',
        // An empty name with a password is not the anonymous user: such a client meant to be somebody.
        passes: ({ kind, account }) => (account === ANONYMOUS) !== (kind === 'anonymous'),
        find: (account) => accounts.get(account),
        list: () => accounts,
        gone: 'the user is no longer configured',
      },
      host,
    )
  },
})
