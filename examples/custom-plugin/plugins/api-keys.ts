// An authenticator in one file: accounts that log in with an API key, of which the configuration holds only the hash.
import { hash, timingSafeEqual } from 'node:crypto'
import { accept, definePlugin, labels, mapOf, pass, reject, z } from 'dockwarden/plugin'

const account = z.strictObject({
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, {
      error: 'is no SHA-256 in hex; make one with: printf %s "$KEY" | sha256sum',
    })
    .describe(
      'SHA-256 of the key, in hex. The key must be random and long: this hash does not slow a guess.',
    ),
  labels: labels().optional().describe('Labels of the account: names to a text or a list of texts.'),
})

export default definePlugin({
  kind: 'authenticator',
  name: 'api-keys',
  options: z.strictObject({ accounts: mapOf(account).describe('The accounts by name.') }),
  create: ({ accounts }) => ({
    async authenticate(credentials) {
      const found = accounts.get(credentials.account)
      if (!found) return pass
      const given = hash('sha256', credentials.password.reveal(), 'buffer')
      const right = timingSafeEqual(given, Buffer.from(found.key_sha256, 'hex'))
      return right ? accept({ labels: found.labels }) : reject('wrong key')
    },
  }),
})
