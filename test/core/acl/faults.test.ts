// What is said of patterns that can't work, wherever they come from.
import { expect } from 'chai'
import type { Rule } from '../../../core/acl/rule.ts'
import { checkRules, compileRules } from '../../../core/acl/ruleset.ts'

const MALFORMED = /^is a malformed glob, so the rule never matches; close every \[ and write \\/
const NO_REGEX = /^is no valid regular expression: /
const MISPLACED = /stands inside \[\.\.\.\]/

describe('acl: patterns that can not work', () => {
  // What is said with captures and labels as text, and as parts of the pattern; undefined: nothing.
  const table: [string, RegExp | undefined, RegExp | undefined][] = [
    ['[a', MALFORMED, MALFORMED],
    ['a\\', MALFORMED, MALFORMED],
    ['[]a]', MALFORMED, MALFORMED],
    ['${account}[a', MALFORMED, MALFORMED],
    ['${labels:g}[a', MALFORMED, MALFORMED],
    ['[${account}]', MISPLACED, undefined],
    ['[${labels:g}]', MISPLACED, undefined],
    ['/(/', NO_REGEX, NO_REGEX],
    ['/${account}(/', NO_REGEX, NO_REGEX],
    ['/${labels:g}(/', NO_REGEX, NO_REGEX],
    ['/[${account}]/', MISPLACED, undefined],
    ['/a{${labels:g}}/', MISPLACED, undefined],
    ['[a-c]*/${account}', undefined, undefined],
    ['/^${labels:g}/', undefined, undefined],
  ]
  for (const [name, literal, pattern] of table) {
    for (const [substitution, expected] of Object.entries({ literal, pattern })) {
      it(`${substitution}: of ${name} is said ${expected ?? 'nothing'}`, () => {
        const rules: Rule[] = [{ match: { name }, actions: ['*'] }]
        const problems = checkRules(rules, { substitution: substitution as 'literal' | 'pattern' })
        const told = problems
          .filter(({ path }) => path.join('.') === '0.match.name')
          .map(({ message }) => message)
        if (expected === undefined) {
          expect(
            told.filter((message) => [MALFORMED, NO_REGEX, MISPLACED].some((one) => one.test(message))),
          ).to.deep.equal([])
          return
        }
        expect(told.filter((message) => expected.test(message))).to.have.length(1)
      })
    }
  }

  it('are refused, or match nothing where docker_auth takes them', () => {
    const facts = {
      account: 'a',
      type: 't',
      service: '',
      ip: undefined,
      labels: { g: ['a'] },
      actions: ['pull'],
    }
    for (const [name, literal, pattern] of table) {
      const rules: Rule[] = [{ match: { name }, actions: ['*'] }]
      if (literal === MALFORMED)
        expect(() => compileRules(rules, { substitution: 'literal' })).to.throw('malformed')
      if (pattern !== MALFORMED) continue
      const { decide } = compileRules(rules, { substitution: 'pattern' })
      for (const asked of ['', 'a', '[a', 'a[a', name])
        expect(decide({ ...facts, name: asked }), `${name} ${asked}`).to.equal(undefined)
    }
  })
})
