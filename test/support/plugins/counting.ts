// An authenticator that logs what it is asked. Everybody's password is the same; names that begin with `nobody` are unknown, and
// it is down for `down`.
import { accept, definePlugin, pass, reject, z } from 'dockwarden/plugin'

export default definePlugin({
  kind: 'authenticator',
  name: 'counting',
  options: z.strictObject({ password: z.string() }),
  create: (options, { log }) => ({
    answersFrom: 'password',
    async authenticate({ account, password }) {
      log.info({ account }, 'counted')
      if (account === 'down') throw new Error('it is down')
      if (account.startsWith('nobody')) return pass
      return password.reveal() === options.password ? accept() : reject('another password')
    },
  }),
})
