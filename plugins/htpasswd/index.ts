// Users from a password file of Apache's kind, which may change while the server runs.
import {
  type Authenticator,
  accept,
  definePlugin,
  labels,
  NO_LABELS,
  pass,
  reject,
  z,
} from '../../core/contract/index.ts'
import { stateFile } from './first-user.ts'
import { openPasswordFile, type Users } from './reread.ts'

const options = z
  .strictObject({
    file: z
      .string()
      .min(1, 'must be a path; leave it out for the file htpasswd in the state directory')
      .optional()
      .describe(
        'The password file, relative to the configuration. By default htpasswd in the state directory.',
      ),
    first_user: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/, 'must be a user name of letters, digits and . _ @ + -')
      .optional()
      .describe(
        'Makes the file in the state directory, when it is missing, with this user and a random password.',
      ),
    labels: labels()
      .optional()
      .describe('Labels that every user of the file gets: names to a text or a list of texts.'),
  })
  .superRefine(({ file, first_user }, context) => {
    if (file === undefined || first_user === undefined) return
    context.addIssue({
      code: 'custom',
      path: ['first_user'],
      message:
        'is made in the state directory only; remove file, or make it with htpasswd -B -c FILE NAME and remove first_user',
    })
  })

export default definePlugin({
  kind: 'authenticator',
  name: 'htpasswd',
  options,
  async create({ file, first_user, labels = NO_LABELS }, host): Promise<Authenticator> {
    const path = file === undefined ? await stateFile(first_user, host) : host.files.resolve(file)
    const users =
      path === undefined ? async (): Promise<Users> => new Map() : await openPasswordFile(path, host)
    const accepted = (hash: string) => accept({ labels, session: host.passwords.fingerprint(hash) })

    return {
      answersFrom: 'password',

      async authenticate({ account, password }, { signal }) {
        const known = await users()
        if (!known.has(account)) return pass
        const hash = known.get(account)
        const right = await host.passwords.verify(hash, password, signal)
        if (hash === undefined) return reject('its hash can not be checked')
        return right ? accepted(hash) : reject('wrong password')
      },

      async refresh({ account, session }) {
        const hash = (await users()).get(account)
        if (hash === undefined) return reject('the user is no longer in the password file')
        // Without a session it is not about a login with the password, but about the account alone.
        if (session !== undefined && session !== host.passwords.fingerprint(hash)) {
          return reject('the password has changed since')
        }
        return accepted(hash)
      },
    }
  },
})
