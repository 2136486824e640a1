// Rules are judged and compiled in parts, within a budget, whatever labels make of them.
import { expect } from 'chai'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules, compileRulesInSlices } from '../../../core/acl/ruleset.ts'
import { inSlices } from '../../../core/contract/steps.ts'
import { Budget } from '../../../core/work/budget.ts'
import { createTurns } from '../../../core/work/turns.ts'
import { HandLoop } from '../../support/hand-loop.ts'

const NAME = Array.from({ length: 250 }, (_, index) =>
  ((index * index * 7 + index * 13) % 36).toString(36),
).join('')
/** Two thousand values that all stand in the name. */
const VALUES = Array.from({ length: 2_000 }, (_, index) => {
  const start = index % 200
  return NAME.slice(start, start + 1 + Math.floor(index / 40))
})

const FACTS: Facts = {
  account: 'ann',
  type: 'repository',
  name: NAME,
  service: 'reg',
  ip: undefined,
  labels: { a: VALUES, b: VALUES },
  actions: ['pull'],
}

/** A tenth of the default: what a part may cost at most, so that a slice ends soon after its time. */
const LARGEST_PART = 15_000

describe('acl: slices', function () {
  // Two million steps, on a machine that does other things too.
  this.timeout(120_000)
  const worst: [string, Rule['match'], 'literal' | 'pattern'][] = (
    [
      ['two labels in a glob', { name: '*${labels:a}*${labels:b}*[!]' }],
      ['one label twice in a glob', { name: '*${labels:a}*${labels:a}*[!]' }],
      ['two labels, each twice, in a glob', { name: '*${labels:a}*${labels:b}*${labels:a}*${labels:b}[!]' }],
      ['two labels in an expression', { name: '/${labels:a}.*${labels:b}!/' }],
      ['one label twice in an expression', { name: '/${labels:a}-${labels:a}$/' }],
      ['a condition on a label', { labels: { a: '/^no-(such|values?)$/' } }],
    ] as [string, Rule['match']][]
  ).flatMap(([name, match]) => [
    [name, match, 'literal'],
    [name, match, 'pattern'],
  ])
  for (const [name, match, substitution] of worst) {
    it(`${name}, ${substitution}: no part is large, and all of them are counted`, () => {
      const rules = compileRules([{ match, actions: ['*'] }], { substitution })
      const steps = rules.judge(FACTS)
      let sum = 0
      let part = steps.next()
      while (!part.done && sum < 2_000_000) {
        expect(part.value).to.be.above(0).and.below(LARGEST_PART)
        sum += part.value
        part = steps.next()
      }
      expect(sum).to.be.above(500)
      if (part.done) expect(part.value).to.equal(undefined)
    })
  }

  it('values that are half a bracket or half a group are tried one by one, within the budget', async () => {
    const labels = { a: VALUES.map((text) => `[${text}`), b: VALUES.map((text) => `${text}]`) }
    const rules = compileRules([{ match: { name: '${labels:a}-${labels:b}' }, actions: ['*'] }], {
      substitution: 'pattern',
    })
    const loop = new HandLoop()
    const budget = new Budget(createTurns(loop), 100_000)
    const failure = await loop
      .until(inSlices(rules.judge({ ...FACTS, labels }), budget.work()))
      .then(String, (error: Error) => error.message)
    expect(failure).to.match(/^rule 1 can't be judged: the request takes more than 100000 steps/)
    expect(loop.turns).to.be.above(10)
  })

  it('the budget is of the whole request: each scope takes of what the others have left', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      match: { name: `/^[x](${index})[-]/` },
      actions: [],
    }))
    const rules = compileRules(many, { substitution: 'literal' })
    const budget = new Budget(createTurns(), 3_000)
    let decided = 0
    const failure = await (async () => {
      for (; decided < 100; decided += 1) await inSlices(rules.judge(FACTS), budget.work())
    })().then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(decided).to.be.within(2, 20)
    expect(failure).to.match(/rule_steps/)
  })

  it('ten thousand rules are compiled in many turns, and mean what they do compiled at once', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      match: { name: index % 2 ? `team-${index}/*` : `/^team-${index}-/` },
      actions: ['pull'],
    }))
    const loop = new HandLoop()
    const work = new Budget(createTurns(loop)).work()
    const sliced = await loop.until(compileRulesInSlices(many, { substitution: 'literal' }, work))
    expect(loop.turns).to.be.above(100)
    const whole = compileRules(many, { substitution: 'literal' })
    for (const name of ['team-9999/x', 'team-9998-x', 'team-10000/x']) {
      expect(sliced.decide({ ...FACTS, name })).to.deep.equal(whole.decide({ ...FACTS, name }))
    }
    expect(sliced.warnings).to.deep.equal(whole.warnings)
  })

  it('labels of many values are found wherever they stand among them', () => {
    const rules = compileRules([{ match: { name: '/^${labels:a}-${labels:b}$/' }, actions: ['*'] }], {
      substitution: 'literal',
    })
    const values = Array.from({ length: 500 }, (_, index) => `value-${index}-of-${'x'.repeat(index % 60)}`)
    for (const [a, b] of [
      [0, 499],
      [499, 0],
      [250, 251],
    ] as const) {
      const name = `${values[a]}-${values[b]}`
      const labels = { a: values, b: values.toReversed() }
      expect(rules.decide({ ...FACTS, name, labels })?.rule).to.equal('rule 1')
      expect(rules.decide({ ...FACTS, name: `${name}?`, labels })).to.equal(undefined)
    }
  })
})
