// Adds labels by rules: fixed ones, and ones that CEL derives from the account, its labels and the request.
import {
  definePlugin,
  deriveLabels,
  evaluateIfThere,
  expression,
  type Labels,
  mergeLabels,
  toLabels,
  z,
} from '../../core/contract/index.ts'

const VARIABLES = {
  account: 'string',
  labels: 'map<string, list<string>>',
  service: 'string',
  ip: 'string',
  authenticator: 'string',
} as const

const rule = z.strictObject({
  when: expression({ variables: VARIABLES, returns: 'bool' })
    .optional()
    .describe(
      'CEL: the rule applies when true; without it, always. Not when a label it looks at is missing.',
    ),
  labels: z
    .record(
      z.string(),
      z.union([z.string(), z.array(z.string())], { error: 'must be text or a list of texts' }),
    )
    .transform((labels) => toLabels(labels))
    .prefault({})
    .describe('Fixed labels: names to a text or a list of texts.'),
  derive: z
    .record(z.string(), expression({ variables: VARIABLES }))
    .default({})
    .describe('Label names to CEL that gives text or a list of texts; a missing label = no such label.'),
})

export default definePlugin({
  kind: 'labeler',
  name: 'labels-map',
  options: z.strictObject({
    rules: z
      .array(rule)
      .min(1, { error: 'must have one rule at least' })
      .describe('All rules that apply add their labels; each sees the labels from before this labeler.'),
  }),
  create({ rules }) {
    return {
      async label(identity, { service, client: { ip = '' } }) {
        const { account, labels, authenticator } = identity
        const values = { account, labels, service, ip, authenticator }
        const added: Labels[] = []
        for (const { when, labels, derive } of rules) {
          if (when && evaluateIfThere(when, values) !== true) continue
          added.push(labels, deriveLabels(derive, values))
        }
        return mergeLabels(...added)
      },
    }
  },
})
