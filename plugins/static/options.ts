// The options of the static plugin: users, and what is wrong with one.
import { faultOfAccount, isPasswordHash, labels, mapOf, Secret, variableIn, z } from '../../core/plugin.ts'

/** The key of the user that stands for requests without credentials. */
export const ANONYMOUS = ''

/** Texts that are meant as a hash, whether they are whole or not. */
const HASH_PREFIX = /^\$(2[a-z]?|argon2(i|d|id))\$/

const password = z
  .union([z.string(), z.instanceof(Secret)], { error: 'must be a hash, !env NAME or !file PATH' })
  .superRefine((given, context) => {
    const text = given instanceof Secret ? given.reveal() : given
    const message = faultOf(text, given instanceof Secret)
    if (message) context.addIssue({ code: 'custom', message })
  })
  .transform((given) => (given instanceof Secret ? given : new Secret(given)))
  .describe('A bcrypt or argon2 hash, or a plain password as !env NAME or !file PATH.')

function faultOf(text: string, hidden: boolean): string | undefined {
  if (text === '') return 'is empty; give the user a password, or set disabled: true'
  if (isPasswordHash(text)) return undefined
  if (HASH_PREFIX.test(text)) {
    return 'is a damaged password hash (were its $ signs replaced by a shell?); make it again with htpasswd -nB NAME'
  }
  if (hidden) return undefined
  const variable = variableIn(text)
  return variable === undefined
    ? 'a plain password must not stand in the file; write !env NAME, !file PATH or a hash (htpasswd -nB NAME)'
    : `is this text, not the value of the variable; write !env ${variable}, or a hash (htpasswd -nB NAME)`
}

const user = z.strictObject({
  password: password.optional(),
  labels: labels().optional().describe('Labels of this user: names to a text or a list of texts.'),
  any_password: z
    .boolean()
    .optional()
    .describe(
      'Dangerous: whoever knows the name may log in, with any password. Stands in for a user without password in docker_auth.',
    ),
  disabled: z.boolean().optional().describe('The user can not log in; every password is refused.'),
})

export type User = z.output<typeof user>

export const options = z.strictObject({
  users: mapOf(user)
    .superRefine((users, context) => {
      for (const [name, { password, any_password, disabled }] of users) {
        const issue = (message: string, key?: keyof User) =>
          context.addIssue({ code: 'custom', message, path: key ? [name, key] : [name] })
        const fault = faultOfAccount(name)
        if (fault) issue(`${fault}, which no account can have; write another name`)
        if (name === ANONYMOUS) {
          if (password)
            issue(
              'the user "" stands for requests without credentials and has no password; remove it',
              'password',
            )
          if (any_password) issue('the user "" needs no password anyway; remove any_password', 'any_password')
        } else if (password && any_password) {
          issue('takes any password beside its own; remove one of the two', 'any_password')
        } else if (!password && !any_password && !disabled) {
          issue('has no password; write password: with a hash, !env NAME or !file PATH')
        }
      }
    })
    .describe('The users by name. The name "" stands for requests without credentials.'),
})
