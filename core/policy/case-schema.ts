// What stands in a file of cases.
import { isAccountName } from '../contract/account.ts'
import { parseAddress, toLabels, z } from '../plugin.ts'
import { RequestError } from '../request/errors.ts'
import { parseScope } from '../request/scope.ts'
import { NO_TIME, readTime } from './time.ts'

const account = z
  .string()
  .refine((name) => name === '' || isAccountName(name), {
    error: 'is no name that an account can have; leave it out for a client without credentials',
  })
  .describe('Who asks. Left out, or empty: a client without credentials.')

const labels = z
  .record(
    z.string(),
    z.union([z.string(), z.array(z.string())], { error: 'must be a text, or a list of texts' }),
  )
  .transform((given) => toLabels(given))
  .describe(
    'Labels of the account: NAME: VALUE, or NAME: [VALUES]. Left out: those that the configuration has for it.',
  )

const scope = z
  .string({ error: 'must be a scope, as text, such as repository:team/app:pull,push' })
  .transform((text, context) => {
    try {
      return parseScope(text)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      context.addIssue({
        code: 'custom',
        message: `${error.message}; write for example repository:team/app:pull,push`,
      })
      return z.NEVER
    }
  })
  .describe('What is asked for, as a registry asks for it: repository:team/app:pull,push.')

const DENIED = 'denied'

const expected = z
  .union([z.literal(DENIED), z.array(z.string())], {
    error: ({ input }) =>
      typeof input === 'string' && /^[\w*, ]+$/.test(input)
        ? `must be a list of actions, or denied; write [${input.split(/[ ,]+/).map(quoted).join(', ')}]`
        : 'must be a list of actions such as [pull, push], or denied',
  })
  .transform((given) => (given === DENIED ? [] : given))
  .describe('The actions that are granted, in any order; or denied: none is.')

/** `*` alone is an alias in YAML. */
function quoted(action: string): string {
  return action === '*' ? '"*"' : action
}

const caseSchema = z.strictObject({
  name: z.string().optional().describe('What the case is about, for reports.'),
  account: account.optional(),
  labels: labels.optional(),
  ip: z
    .string()
    .refine((text) => parseAddress(text) !== undefined, {
      error: 'is no address; write for example 192.0.2.1',
    })
    .optional()
    .describe("The client's address."),
  service: z
    .string()
    .optional()
    .describe("The registry's service name. Default: the first of token.services."),
  client: z.string().optional().describe('What the client calls itself (client_id).'),
  at: z
    .string()
    .transform((text, context) => {
      const time = readTime(text)
      if (time !== undefined) return time
      context.addIssue({ code: 'custom', message: NO_TIME })
      return z.NEVER
    })
    .optional()
    .describe('When: 2026-03-01T02:30:00Z. Default: now.'),
  scope,
  expect: expected,
  rule: z
    .union([z.int().min(1), z.string().min(1)], {
      error: 'must be the number of a rule, or its place such as acl.yml:12',
    })
    .optional()
    .describe(
      'The rule that decides: its number, its name (rule 2 of group staff), or its place (acl.yml:12).',
    ),
})

/** A case as it was written. */
export type WrittenCase = z.output<typeof caseSchema>

/** A file as it was written. */
export type WrittenFile = z.output<typeof fileSchema>

/** A file that is nothing but its cases. */
export const listSchema = z.array(caseSchema).min(1, 'has no cases; write some')

/** A file with more than its cases. */
export const fileSchema = z.strictObject({
  config: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The configuration, relative to this file. --config goes before it. Default: DOCKWARDEN_CONFIG, then config/dockwarden.yml.',
    ),
  passing: z
    .array(z.string())
    .optional()
    .describe('The ids of authorizers that are taken to have nothing to say, as they would need a network.'),
  cases: listSchema,
})
