// The options of the acl authorizer, the files that it includes, and what is checked in both.
import { misplaced, oneOf, withPlaceholders, z } from '../../core/plugin.ts'
import { checkItems } from './check.ts'
import { NOTHING_OUTSIDE, type Outside } from './flatten.ts'

const pattern = () =>
  withPlaceholders(z.string({ error: ({ input }) => `must be one pattern, as text; ${oneOf(input)}` }))
const network = () =>
  withPlaceholders(z.string({ error: 'must be one address or network, as text; write a rule for each' }))

// An object drops a key of this name silently, and with it the condition.
const labels = z.preprocess(
  (value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      context.addIssue({
        code: 'custom',
        path: ['__proto__'],
        message: 'is no name for a label here; use another one',
      })
    }
    return value
  },
  z.record(z.string(), pattern()),
)

const LABEL = 'for a label write labels: { KEY: PATTERN }'
const BESIDE = 'write it beside match, not in it'

const conditions = z.strictObject({
  account: pattern().optional().describe('Who asks: a text, a glob, or a /regex/. Empty = anonymous.'),
  type: pattern().optional().describe('Type of the resource, such as repository or registry.'),
  name: pattern().optional().describe('Name of the resource, such as team/app.'),
  service: pattern().optional().describe("The registry's service name."),
  ip: network().optional().describe("The client's address, or its network such as 10.0.0.0/8."),
  labels: labels.optional().describe('For each label a pattern that one of its values must match.'),
})

const match = misplaced(conditions, {
  when: BESIDE,
  actions: BESIDE,
  effect: BESIDE,
  comment: BESIDE,
  group: LABEL.replace('KEY', 'group'),
  '*': LABEL,
})

/** `*` alone is an alias in YAML. */
function quoted(action: string): string {
  return action === '*' ? '"*"' : action
}

/** The keys of a rule, and of an include in its place. */
const inGroup = {
  match: match.optional().describe('All of these must hold; without any, the rule matches everything.'),
  when: z
    .string({ error: 'must be a CEL expression, as text' })
    .optional()
    .describe(
      'A condition in CEL over account, labels, type, name, service, actions, client.ip, client.id and time.now.',
    ),
  effect: z
    .enum(['grant', 'deny'])
    .optional()
    .describe(
      'deny: these actions are denied, and the rules below decide on the others that were asked for.',
    ),
  actions: z
    .array(z.string(), {
      error: ({ input }) =>
        typeof input === 'string' && /^[\w*, ]+$/.test(input)
          ? `must be a list; write [${input.split(/[ ,]+/).map(quoted).join(', ')}]`
          : 'must be a list, such as [pull, push]',
    })
    .optional()
    .describe('What is granted, or denied: ["*"] = whatever is asked, [] = nothing.'),
  comment: z.string().optional().describe('What the rule is for; it stands in the audit log.'),
  include: z
    .string()
    .min(1, 'is empty; write the path of a file or folder')
    .optional()
    .describe(
      'In the place of a rule: a YAML file with a list of rules, or a folder of such files (*.yml, *.yaml), by name.',
    ),
}

const group = z
  .string()
  .min(1, 'is empty; give the group a name')
  .optional()
  .describe('A name for the rules below; match and when here must hold for each of them too.')

/** An item is one of three: a rule, an include, a group of rules. Tells which keys are missing or do not belong together. */
function checkKeys(value: unknown, context: z.RefinementCtx): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const given = new Set(Object.entries(value).flatMap(([key, held]) => (held === undefined ? [] : [key])))
  const report = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  const need = (key: string, message: string) => given.has(key) || report(key, message)
  if (given.has('include')) {
    given.delete('include')
    for (const key of given)
      report(key, 'does not belong beside include; put the include into a group that has it')
  } else if (given.has('group') || given.has('rules')) {
    need('group', 'is missing; give the rules below a name')
    need('rules', 'is missing; write the list of the rules of this group')
    for (const key of ['actions', 'effect']) {
      if (given.has(key)) report(key, 'belongs to each rule of the group, not to the group')
    }
  } else need('actions', 'is missing; write [pull], ["*"] for whatever is asked, or [] for nothing')
}

// Also when the schema has found something: all problems are told at once.
const always = { when: () => true }
const ONE_OF = [{ required: ['actions'] }, { required: ['include'] }]

const member = z.strictObject(inGroup).superRefine(checkKeys, always).meta({ oneOf: ONE_OF })

const item = z
  .strictObject({
    ...inGroup,
    group,
    rules: z.array(member).optional().describe('The rules of the group.'),
  })
  .superRefine(checkKeys, always)
  .meta({ oneOf: [...ONE_OF, { required: ['group', 'rules'] }] })

const SUBSTITUTIONS = ['literal', 'pattern'] as const
export type Substitution = (typeof SUBSTITUTIONS)[number]

export const options = z
  .strictObject({
    rules: z.array(item).describe('The first rule that matches decides, also when it grants nothing.'),
    substitution: z
      .enum(SUBSTITUTIONS)
      .default('literal')
      .describe(
        'Captures and label values in a pattern are texts (literal), or parts of the pattern as in docker_auth (pattern), where ** is *.',
      ),
  })
  .superRefine(({ rules, substitution }, context) => {
    if (!SUBSTITUTIONS.includes(substitution)) return
    for (const { path, message } of checkItems(rules, substitution, NOTHING_OUTSIDE)) {
      context.addIssue({ code: 'custom', path: ['rules', ...path], message })
    }
  }, always)

/**
 * The content of an included file.
 *
 * @param outside what holds for all rules of the file: that of the group which includes it
 */
export function fileSchema(substitution: Substitution, outside: Outside) {
  return z.array(item).superRefine((items, context) => {
    for (const { path, message } of checkItems(items, substitution, outside)) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
  }, always)
}
