// The http authenticator's options.
import {
  connectionOptions,
  expression,
  HTTP_ANSWER_VARIABLES,
  secretTemplate,
  template,
  z,
} from '../../core/plugin.ts'
import { readyOption } from './ready.ts'
import { checkRequest, requestOptions, variablesOf } from './request.ts'

/** What a placeholder can name in the request. */
const PLACEHOLDERS = ['account', 'password', 'service', 'ip', 'client_id'] as const

/** The placeholders' values. */
export type Values = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>

/** What expressions see: everything about the request but the password. */
const VARIABLES = {
  ...HTTP_ANSWER_VARIABLES,
  request: { account: 'string', service: 'string', ip: 'string', client_id: 'string' },
} as const

const condition = expression({ variables: VARIABLES, returns: 'bool' })
const value = expression({ variables: VARIABLES })

export const options = z
  .strictObject({
    ...requestOptions(PLACEHOLDERS),
    basic: z
      .strictObject({
        username: template({ variables: PLACEHOLDERS }).prefault('${account}').describe('The user name.'),
        password: secretTemplate({ variables: PLACEHOLDERS })
          .prefault('${password}')
          .describe('The password.'),
      })
      .optional()
      .describe('Sends Basic credentials; `basic: {}` sends what the client gave.'),
    pass: condition.optional().describe('CEL: true = not ours, the next authenticator is asked.'),
    reject: condition.optional().describe('CEL: true = the credentials are wrong. Asked after `pass`.'),
    accept: condition
      .prefault('response.status >= 200 && response.status < 300')
      .describe('CEL: true = the credentials are right. Asked after `pass` and `reject`.'),
    labels: z
      .record(z.string(), value)
      .default({})
      .describe('Label names to CEL that gives text or a list of texts; a missing field = no such label.'),
    account: value.optional().describe('CEL that gives the account name to use instead of the one given.'),
    anonymous: z.boolean().default(false).describe('Also ask when the client gave no credentials.'),
    ...readyOption,
    ...connectionOptions,
  })
  .superRefine(checkRequest)

export type Options = z.output<typeof options>

/** Whether nothing of the request is read but account and password. */
export function answersFromPassword(given: Options): boolean {
  const { pass, reject, accept, account, labels } = given
  const expressions = [pass, reject, accept, account, ...Object.values(labels)]
  const ofPassword = (name: string) => name === 'account' || name === 'password'
  return (
    variablesOf(given).every(ofPassword) &&
    expressions.every((rule) => {
      const read = rule?.fieldsRead('request') ?? []
      return read !== 'all' && [...read].every(ofPassword)
    })
  )
}
