// An authenticator that hands on what it knows: to instances the staff, to a request the person that was accepted.
import { hash, timingSafeEqual } from 'node:crypto'
import { type Authenticator, accept, definePlugin, pass, reject, z } from 'dockwarden/plugin'
import { readStaff } from './staff-file.ts'
import { PERSON, STAFF } from './tokens.ts'

export default definePlugin({
  api: 1,
  kind: 'authenticator',
  name: 'staff',
  provides: [STAFF, PERSON],
  options: z.strictObject({ file: z.string().describe('A YAML file with the staff.') }),
  create({ file }, host): Authenticator {
    const { find, keyOf } = readStaff(file, host)
    host.provide(STAFF, { find })
    return {
      async authenticate({ account, password }, request) {
        const person = find(account)
        if (!person) return pass
        const given = hash('sha256', password.reveal(), 'buffer')
        if (!timingSafeEqual(given, Buffer.from(keyOf(account)!, 'hex'))) return reject('wrong key')
        // Counts only because it accepts.
        request.provide(PERSON, person)
        return accept()
      },
      // Whoever reads it does not know how the client came: a refresh token provides the same as a key.
      async refresh({ account }, request) {
        const person = find(account)
        if (!person) return reject('is no longer on the staff')
        request.provide(PERSON, person)
        return accept()
      },
    }
  },
})
