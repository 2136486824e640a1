// The http authenticator's options.
import {
  ANSWER_VARIABLES,
  connectionOptions,
  expression,
  headerTemplates,
  jsonTemplate,
  template,
  urlTemplate,
  z,
} from '../../core/contract/index.ts'

/** What a placeholder can name in the request. */
const PLACEHOLDERS = { variables: ['account', 'password', 'service', 'ip', 'client_id'] } as const

/** What expressions see: everything about the request but the password. */
const VARIABLES = {
  ...ANSWER_VARIABLES,
  request: { account: 'string', service: 'string', ip: 'string', client_id: 'string' },
} as const

const condition = expression({ variables: VARIABLES, returns: 'bool' })
const value = expression({ variables: VARIABLES })

export const options = z
  .strictObject({
    url: urlTemplate(PLACEHOLDERS).describe(
      'Where to ask, http or https. Placeholders in the path and query are percent-encoded.',
    ),
    method: z
      .enum(['GET', 'POST', 'PUT', 'PATCH'])
      .optional()
      .describe('The method; default POST with `json` or `form`, otherwise GET.'),
    headers: headerTemplates(PLACEHOLDERS).optional().describe('Headers, with placeholders in their values.'),
    json: jsonTemplate(PLACEHOLDERS)
      .optional()
      .describe('A JSON body: any tree, with placeholders in its texts.'),
    form: z
      .record(z.string(), template(PLACEHOLDERS))
      .optional()
      .describe('A form body: names to texts with placeholders.'),
    basic: z
      .strictObject({
        username: template(PLACEHOLDERS).prefault('${account}').describe('The user name.'),
        password: template(PLACEHOLDERS).prefault('${password}').describe('The password.'),
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
    ...connectionOptions,
  })
  .superRefine((given, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (given.json && given.form)
      problem('form', 'stands beside json; a request has one body, remove one of the two')
    if (given.method === 'GET' && given.json) problem('json', 'GET carries no body; write method: POST')
    if (given.method === 'GET' && given.form) problem('form', 'GET carries no body; write method: POST')
    if (given.basic && given.headers?.names.includes('authorization')) {
      problem('basic', 'stands beside an Authorization header; remove one of the two')
    }
  })

export type Options = z.output<typeof options>
