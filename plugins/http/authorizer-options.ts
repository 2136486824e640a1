// The http authorizer's options.
import {
  connectionOptions,
  expression,
  HTTP_ANSWER_VARIABLES,
  headerTemplates,
  jsonTemplate,
  urlTemplate,
  z,
} from '../../core/plugin.ts'
import { readyOption } from './ready.ts'

/** Placeholders for texts; `${actions}` in a URL or header is the list joined by commas. */
const TEXTS = ['account', 'type', 'name', 'service', 'ip', 'client_id']
const IN_TEXT = { variables: [...TEXTS, 'actions'] }

const VARIABLES = {
  ...HTTP_ANSWER_VARIABLES,
  request: {
    account: 'string',
    type: 'string',
    name: 'string',
    actions: 'list<string>',
    service: 'string',
    ip: 'string',
    client_id: 'string',
    labels: 'map<string, list<string>>',
    claims: 'dyn',
  },
} as const

const condition = expression({ variables: VARIABLES, returns: 'bool' })
const text = expression({ variables: VARIABLES })

export const options = z
  .strictObject({
    url: urlTemplate(IN_TEXT).describe(
      'Where to ask, http or https. Placeholders in the path and query are percent-encoded.',
    ),
    method: z.enum(['GET', 'POST', 'PUT']).default('POST').describe('The method; GET sends no body.'),
    headers: headerTemplates(IN_TEXT).optional().describe('Headers, with placeholders in their values.'),
    json: jsonTemplate({ variables: TEXTS, values: ['actions', 'labels', 'claims'] })
      .optional()
      .describe(
        'The JSON body; default: account, type, name, actions, service, ip, labels, and claims where there are some, as one object.',
      ),
    pass: condition.optional().describe('CEL: true = no opinion, the next authorizer is asked.'),
    deny: condition.optional().describe('CEL: true = nothing is granted. Asked after `pass`.'),
    grant: expression({ variables: VARIABLES }).describe(
      'CEL: true grants what was asked, a list of actions grants those of them that were asked; else denied.',
    ),
    rule: text.optional().describe('CEL: the name of what decided, for the audit line.'),
    reason: text.optional().describe('CEL: why, for the audit line; it stands behind the rule.'),
    ...readyOption,
    ...connectionOptions,
  })
  .superRefine((given, context) => {
    if (given.method === 'GET' && given.json) {
      context.addIssue({ code: 'custom', path: ['json'], message: 'GET carries no body; write method: POST' })
    }
  })

export type Options = z.output<typeof options>
