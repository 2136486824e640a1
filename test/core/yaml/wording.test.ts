import { expect } from 'chai'
import { secret, z } from '../../../core/plugin.ts'
import { formatProblem, type Problem } from '../../../core/yaml/problems.ts'
import { validate } from '../../../core/yaml/validate.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

/** What is said of one option, `a`, of a map. */
function said(schema: z.ZodType, text: string): string[] {
  const yaml = parseYaml(text, 'f', { version: '1.2', base: '/' })
  const problems: Problem[] = []
  const top = { line: 1, column: 1, path: '' }
  validate(z.strictObject({ a: schema }), yaml.value, yaml, top, problems)
  return problems.map((problem) => formatProblem(problem).replace(/^f:\d+:\d+: /, ''))
}

describe('what is said of a value', () => {
  const text = z.string({ error: 'must be text' })
  const cases: [string, z.ZodType, string, string][] = [
    ['missing', z.string().describe('What it is for.'), '{}', 'a: is missing; write text: What it is for'],
    ['missing', text, '{}', 'a: is missing; write text'],
    ['missing', text.describe('The base.'), '{}', 'a: is missing; write text: The base'],
    ['missing', z.array(text, { error: 'must be a list; write [x]' }), '{}', 'a: is missing; write [x]'],
    ['missing', z.enum(['b', 'c']), '{}', 'a: is missing; write one of b, c'],
    ['missing', z.int().min(1), '{}', 'a: is missing; write a number'],
    [
      'missing',
      z.union([z.string(), z.array(z.string())], { error: 'must be b or c' }),
      '{}',
      'a: is missing; write b or c',
    ],
    ['missing', secret(), '{}', 'a: is missing; write !env NAME or !file PATH'],
    ['too big', z.int().min(1).max(1024), 'a: 5000', 'a: must be between 1 and 1024; write such a number'],
    ['too small', z.int().min(1).max(1024), 'a: 0', 'a: must be between 1 and 1024; write such a number'],
    ['too small', z.int().min(1), 'a: 0', 'a: must be 1 or more; write such a number'],
    ['too small', z.number().positive(), 'a: 0', 'a: must be greater than 0; write such a number'],
    ['too big', z.int().max(9), 'a: 10', 'a: must be 9 or less; write such a number'],
    ['beyond all numbers', z.int(), 'a: 1e300', 'a: must be 9007199254740991 or less; write such a number'],
    ['empty', z.string().min(1).describe('The name.'), 'a: ""', 'a: is empty; write text: The name'],
    ['too short', z.string().min(3), 'a: "x"', 'a: is too short; write 3 characters or more'],
    ['too long', z.string().max(3), 'a: xxxx', 'a: is too long; write 3 characters at most'],
    ['too many', z.array(z.string()).max(1), 'a: [b, c]', 'a: has too many entries; write 1 at most'],
    ['no URL', z.url(), 'a: b', 'a: is no URL; write https://HOST/PATH'],
    [
      'near one of them',
      z.enum(['libtrust', 'thumbprint']),
      'a: Thumbprint',
      'a: must be one of libtrust, thumbprint; did you mean "thumbprint"?',
    ],
    [
      'the end of one',
      z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2']),
      'a: 1.2',
      'a: must be one of TLSv1, TLSv1.1, TLSv1.2; did you mean "TLSv1.2"?',
    ],
    [
      'one without its signs',
      z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2']),
      'a: TLS12',
      'a: must be one of TLSv1, TLSv1.1, TLSv1.2; did you mean "TLSv1.2"?',
    ],
    ['near several', z.enum(['TLSv1.1', 'TLSv1.2']), 'a: TLSv1.4', 'a: must be one of TLSv1.1, TLSv1.2'],
    ['text for a list', z.array(z.string()), 'a: b/c', 'a: is text; write a list: [b/c]'],
    ['text with a password for a list', z.array(z.string()), 'a: "x://u:p@h"', 'a: is text; write a list'],
    [
      'a map for a list',
      z.array(z.string()),
      'a: { b: c }',
      'a: is a map; write a list: begin each item with "- "',
    ],
    [
      'items without blanks',
      z.array(z.strictObject({ b: z.string() })),
      'a:\n  -b: c',
      'a: is a map; write a blank after the -: "- b: ..."',
    ],
    ['text for a map', z.strictObject({ b: z.string() }), 'a: c', 'a: is text; write a map: { b: c }'],
    [
      'no blank after the colon',
      z.strictObject({ b: z.string() }),
      'a:\n  b:c',
      'a: is text; write a blank after the colon: b: c',
    ],
    [
      'nothing for a map',
      z.strictObject({ b: z.string() }),
      'a:',
      'a: is empty; write a map, whose keys are indented further than this one',
    ],
    ['yes', z.boolean(), 'a: yes', 'a: is text; write true, without quotes'],
    ['off', z.boolean(), 'a: "off"', 'a: is text; write false, without quotes'],
    ['no truth value', z.boolean(), 'a: perhaps', 'a: is text; write true or false'],
  ]
  for (const [what, schema, given, expected] of cases) {
    it(`that is ${what}: ${expected}`, () => expect(said(schema, given)).to.deep.equal([expected]))
  }

  it('is about the number, not its text, inside a union', () => {
    const schema = z.union([z.literal(false), z.strictObject({ b: z.int().min(60) })])
    expect(said(schema, 'a: { b: 5 }')).to.deep.equal(['a.b: must be 60 or more; write such a number'])
  })
})
