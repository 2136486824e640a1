// Adds labels by rules: fixed ones, and ones that CEL derives from the account, its labels and the request.
import {
  definePlugin,
  deriveLabels,
  evaluateIfThere,
  explained,
  expression,
  type Identity,
  inSlices,
  type Labels,
  mergeLabels,
  type RequestScope,
  type Steps,
  shownJson,
  toLabels,
  type Why,
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
    const label = (identity: Identity, request: RequestScope, why?: Why) =>
      inSlices(labelsOf(rules, identity, request, why), request.work)
    return {
      answersFrom: 'files',
      label: (identity, request) => label(identity, request),
      explain: (identity, request) => explained((why) => label(identity, request, why)),
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
  why: Why | undefined,
): Steps<Labels> {
  const values = { account, labels, service, ip, authenticator }
  const held = Object.keys(labels).reduce((sum, name) => sum + labels[name]!.length, 0)
  const price = EXPRESSION_STEPS + Math.ceil(held / VALUES_A_STEP)
  const added: Labels[] = []
  for (const [index, { when, labels, derive }] of rules.entries()) {
    yield price * ((when ? 1 : 0) + Object.keys(derive).length)
    if (when && evaluateIfThere(when, values) !== true) {
      why?.say(`rule ${index + 1} does not apply: when ${when.source} is not true`)
      continue
    }
    const given = mergeLabels(labels, deriveLabels(derive, values))
    why?.say(`rule ${index + 1} applies: it gives ${shownJson(given)}`)
    added.push(given)
  }
  return mergeLabels(...added)
}
