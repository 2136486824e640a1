// Adds labels by rules: fixed ones, and ones that CEL derives from the account, its labels and the request.
import {
  definePlugin,
  deriveLabels,
  type Expression,
  expression,
  type Labels,
  MissingField,
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
          if (when && !applies(when, values)) continue
          added.push(labels, deriveLabels(derive, values))
        }
        return mergeLabels(...added)
      },
    }
  },
})

function applies(when: Expression<boolean>, values: Readonly<Record<string, unknown>>): boolean {
  try {
    return when.evaluate(values)
  } catch (error) {
    if (error instanceof MissingField) return false
    throw error
  }
}
