// Adds labels by rules: fixed ones, and ones that CEL derives from the account, its labels and the request.
import {
  definePlugin,
  deriveLabels,
  evaluateIfThere,
  expression,
  type Identity,
  inSlices,
  type Labels,
  mergeLabels,
  type RequestScope,
  type Steps,
  toLabels,
  z,
} from '../../core/plugin.ts'

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
      label: async (identity, request) => await inSlices(labelsOf(rules, identity, request), request.work),
    }
  },
})

type Rule = z.output<typeof rule>

/** What it costs to evaluate one expression, which sees all labels. */
const EXPRESSION_STEPS = 20
const VALUES_A_STEP = 10

function* labelsOf(
  rules: readonly Rule[],
  { account, labels, authenticator }: Identity,
  { service, client: { ip = '' } }: RequestScope,
): Steps<Labels> {
  const values = { account, labels, service, ip, authenticator }
  const held = Object.keys(labels).reduce((sum, name) => sum + labels[name]!.length, 0)
  const price = EXPRESSION_STEPS + Math.ceil(held / VALUES_A_STEP)
  const added: Labels[] = []
  for (const { when, labels, derive } of rules) {
    yield price * ((when ? 1 : 0) + Object.keys(derive).length)
    if (when && evaluateIfThere(when, values) !== true) continue
    added.push(labels, deriveLabels(derive, values))
  }
  return mergeLabels(...added)
}
