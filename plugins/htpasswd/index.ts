// Users from a password file of Apache's kind, which may change while the server runs.
import {
  type Authenticator,
  definePlugin,
  filePath,
  labels,
  NO_LABELS,
  type Remark,
  z,
} from '../../core/plugin.ts'
import { authenticatorOf } from './authenticator.ts'
import { stateFile } from './first-user.ts'
import { openPasswordFile } from './reread.ts'

const options = z
  .strictObject({
    file: filePath(
      z.string().min(1, 'must be a path; leave it out for the file htpasswd in the state directory'),
    )
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
        'is made in the state directory only; remove file, or make it with dockwarden user add NAME --file FILE and remove first_user',
    })
  })

export default definePlugin({
  kind: 'authenticator',
  name: 'htpasswd',
  options,
  async create({ file, first_user, labels = NO_LABELS }, host): Promise<Authenticator> {
    const path = file === undefined ? await stateFile(first_user, host) : host.files.resolve(file)
    const known = path === undefined ? NOBODY : await openPasswordFile(path, host)
    if (known.users.size === 0 && first_user === undefined) host.remark(nobodyYet(file))
    return authenticatorOf(known, labels, host)
  },
})

/** The file may have its first user later; until then nobody can log in by it. */
function nobodyYet(file: string | undefined): Remark {
  const add = 'add one with dockwarden user add NAME --file FILE'
  return file === undefined
    ? {
        at: [],
        message: `has no user yet, so that nobody can log in by it; write first_user: NAME, or ${add}`,
      }
    : { at: ['file'], message: `has no user yet, so that nobody can log in by it; ${add}` }
}

/** There is no file, and none may be made. */
const NOBODY = { users: new Map<string, string>(), close() {} }
