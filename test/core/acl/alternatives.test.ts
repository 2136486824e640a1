import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { compileRules, oneOf } from '../../../core/plugin.ts'

const NOBODY = { account: 'a', type: 'repository', name: 'n', service: '', ip: undefined, actions: ['pull'] }

describe('the remedy for a list where one pattern is wanted', () => {
  const cases: [unknown, string][] = [
    [['dev', 'ops'], "write '/^(dev|ops)$/'"],
    [['a.b', "it's", 7], "write '/^(a\\.b|it''s|7)$/'"],
    [['team/a', 'team/b'], "write '/^(team/a|team/b)$/'"],
    [['dev'], 'write it without [ ]: "dev"'],
    [['dev', 'ops-*'], 'write a rule for each'],
    [['${account}', 'x'], 'write a rule for each'],
    [['/^a/', 'b'], 'write a rule for each'],
    [['dev', ['ops']], 'write a rule for each'],
    [[], 'write a pattern, or remove it'],
    [7, 'put it in quotes'],
  ]
  for (const [value, expected] of cases) {
    it(`is ${expected} for ${JSON.stringify(value)}`, () => expect(oneOf(value)).to.equal(expected))
  }

  it('is a pattern of exactly these texts when it is followed to the letter', () => {
    const text = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab.+(){}|^/\'"- #:') })
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 2, maxLength: 4 }), text, (texts, other) => {
        const [, pattern] = /^write (.*)$/s.exec(oneOf(texts))!
        fc.pre(pattern !== 'a rule for each')
        const rule = { match: { labels: { g: parse(pattern!) as string } }, actions: ['*'] }
        const rules = compileRules([rule], { substitution: 'literal' })
        const matches = (value: string) => rules.decide({ ...NOBODY, labels: { g: [value] } }) !== undefined
        for (const one of texts) expect(matches(one), `${pattern} ${one}`).to.equal(true)
        expect(matches(other)).to.equal(texts.includes(other))
      }),
    )
  })
})
