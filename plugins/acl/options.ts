// The options of the acl authorizer and what is checked in them.
import { ACL_FIELDS, type AclRule, checkRules, z } from '../../core/contract/index.ts'

const pattern = () => z.string({ error: 'must be text; put it in quotes' })

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

const match = z.strictObject({
  account: pattern().optional().describe('Who asks: a text, a glob, or a /regex/. Empty = anonymous.'),
  type: pattern().optional().describe('Type of the resource, such as repository or registry.'),
  name: pattern().optional().describe('Name of the resource, such as team/app.'),
  service: pattern().optional().describe("The registry's service name."),
  ip: pattern().optional().describe("The client's address, or its network such as 10.0.0.0/8."),
  labels: labels.optional().describe('For each label a pattern that one of its values must match.'),
})

const rule = z.strictObject({
  match: match.optional().describe('All of these must hold; without any, the rule matches everything.'),
  actions: z
    .array(z.string(), {
      error: ({ input }) =>
        input === undefined
          ? 'is missing; write [pull], ["*"] for whatever is asked, or [] for nothing'
          : 'must be a list, such as [pull, push]',
    })
    .describe('What is granted: ["*"] = whatever is asked, [] = nothing.'),
  comment: z.string().optional().describe('What the rule is for; it stands in the audit log.'),
})

export const options = z
  .strictObject({
    rules: z.array(rule).describe('The first rule that matches decides, also when it grants nothing.'),
    substitution: z
      .enum(['literal', 'pattern'])
      .default('literal')
      .describe(
        'Captures and label values in a pattern are texts (literal), or parts of the pattern as in docker_auth.',
      ),
  })
  .superRefine(
    (value, context) => {
      const { substitution } = value
      if (substitution !== 'literal' && substitution !== 'pattern') return
      for (const { path, message, severity } of checkRules(readable(value.rules), { substitution })) {
        if (severity === 'error') context.addIssue({ code: 'custom', path: ['rules', ...path], message })
      }
    },
    // Also when the schema has found something: all problems are told at once.
    { when: () => true },
  )

/** The rules with those of their conditions that are texts; the schema has told about the others. */
function readable(rules: unknown): AclRule[] {
  if (!Array.isArray(rules)) return []
  return rules.map((held): AclRule => {
    const conditions = textsOf(valueIn(held, 'match'), [...ACL_FIELDS, 'ip'])
    const named = valueIn(valueIn(held, 'match'), 'labels')
    const names = typeof named === 'object' && named !== null ? Object.keys(named) : []
    return { match: { ...conditions, labels: textsOf(named, names) }, actions: [] }
  })
}

function textsOf(held: unknown, names: readonly string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name of names) {
    const value = valueIn(held, name)
    if (typeof value === 'string') texts[name] = value
  }
  return texts
}

function valueIn(held: unknown, name: string): unknown {
  if (typeof held !== 'object' || held === null || !Object.hasOwn(held, name)) return undefined
  return (held as Record<string, unknown>)[name]
}
