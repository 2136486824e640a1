import { expect } from 'chai'
import fc from 'fast-check'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules } from '../../../core/acl/ruleset.ts'
import { runs } from '../../support/properties.ts'

const NOBODY: Facts = {
  account: '',
  type: 'repository',
  name: '',
  service: '',
  ip: undefined,
  labels: {},
  actions: ['push', 'pull'],
}

function decide(
  rules: readonly Rule[],
  facts: Partial<Facts>,
  substitution: 'literal' | 'pattern' = 'literal',
) {
  return compileRules(rules, { substitution }).decide({ ...NOBODY, ...facts })
}

function withNull(labels: Record<string, string[]>) {
  return Object.assign(Object.create(null), labels)
}

describe('acl: rules', () => {
  it('the first rule that matches decides, also when it grants nothing', () => {
    const rules = [
      { match: { name: 'a/*' }, actions: ['delete'] },
      { match: {}, actions: ['*'] },
    ]
    expect(decide(rules, { name: 'a/b' })).to.deep.equal({ rule: 'rule 1', actions: [] })
    expect(decide(rules, { name: 'b/b' })).to.deep.equal({ rule: 'rule 2', actions: ['push', 'pull'] })
  })

  it('no rule, no decision', () => {
    expect(decide([{ match: { account: 'ann' }, actions: ['*'] }], {})).to.equal(undefined)
    expect(decide([], {})).to.equal(undefined)
  })

  it('a rule without conditions matches everything', () => {
    expect(decide([{ actions: ['pull'] }], {})?.actions).to.deep.equal(['pull'])
  })

  it('grants in the order asked, and "*" is an ordinary action unless it stands alone', () => {
    const asked = { actions: ['push', 'delete', 'pull'] }
    expect(decide([{ actions: ['pull', 'push'] }], asked)?.actions).to.deep.equal(['push', 'pull'])
    expect(decide([{ actions: ['*'] }], asked)?.actions).to.deep.equal(['push', 'delete', 'pull'])
    expect(decide([{ actions: ['*', 'pull'] }], asked)?.actions).to.deep.equal(['pull'])
    expect(decide([{ actions: ['*', 'pull'] }], { actions: ['*'] })?.actions).to.deep.equal(['*'])
  })

  it('names a rule by its number and its comment, unless that is long', () => {
    expect(decide([{ actions: [], comment: 'Nobody' }], {})?.rule).to.equal('rule 1 (Nobody)')
    expect(decide([{ actions: [], comment: 'x'.repeat(81) }], {})?.rule).to.equal('rule 1')
  })

  for (const name of ['constructor', '__proto__', 'hasOwnProperty']) {
    it(`takes ${name} for an ordinary account and label`, () => {
      const own = [{ match: { account: name, name: '${account}/*' }, actions: ['*'] }]
      expect(decide(own, { account: name, name: `${name}/app` })?.rule).to.equal('rule 1')
      const shared = [{ match: { name: `\${labels:${name}}/*` }, actions: ['*'] }]
      for (const substitution of ['literal', 'pattern'] as const) {
        expect(decide(shared, { name: 'dev/app' }, substitution)).to.equal(undefined)
        const labels = withNull({ [name]: ['dev'] })
        expect(decide(shared, { name: 'dev/app', labels }, substitution)?.rule).to.equal('rule 1')
      }
      const labelled = [{ match: { labels: { [name]: '*' } }, actions: ['*'] }]
      expect(decide(labelled, {})).to.equal(undefined)
      expect(decide(labelled, { labels: withNull({ [name]: ['x'] }) })?.rule).to.equal('rule 1')
    })
  }
})

describe('acl: the index of rules', () => {
  const literal = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined })
  const someRule: fc.Arbitrary<Rule> = fc.record({
    match: fc
      .record({
        account: literal('ann', 'bob', '', 'a*', '/^a/', '\\ann', '[', 'constructor'),
        type: literal('repository', 'registry', 'r*', '${name}'),
        name: literal(
          'a',
          'a/b',
          'a/b/c',
          'a/*',
          'a/b/*',
          'a/b*',
          '*/b',
          '*',
          '${account}/*',
          'a/${account}',
          '/^a/',
          'a\\/b',
          '${labels:g}/*',
          'a/${labels:g}',
        ),
        service: literal('reg', 'notary', '*'),
      })
      .map((match) =>
        Object.fromEntries(Object.entries(match).filter(([, pattern]) => pattern !== undefined)),
      ),
    actions: fc.constant(['*']),
  })
  const someFacts: fc.Arbitrary<Facts> = fc.record({
    account: fc.constantFrom('ann', 'bob', '', 'a', 'constructor'),
    type: fc.constantFrom('repository', 'registry', 'ann/b'),
    name: fc.constantFrom('a', 'a/b', 'a/b/c', 'b', 'ann/b', 'a/ann', '/a', 'a/', '', 'b/b'),
    service: fc.constantFrom('reg', 'notary', ''),
    ip: fc.constant(undefined),
    labels: fc.constantFrom<Facts['labels'][]>({}, { g: ['a', 'b'] }, { g: ['/a', 'a/'] }),
    actions: fc.constant(['pull']),
  })

  it('answers as asking rule by rule does', () => {
    fc.assert(
      fc.property(
        fc.array(someRule, { maxLength: 12 }),
        fc.array(someFacts, { minLength: 5, maxLength: 5 }),
        (rules, all) => {
          const options = { substitution: 'pattern' } as const
          const whole = compileRules(rules, options)
          const single = rules.map((rule) => compileRules([rule], options))
          for (const facts of all) {
            const first = single.findIndex((one) => one.decide(facts) !== undefined)
            expect(whole.decide(facts)?.rule).to.equal(first < 0 ? undefined : `rule ${first + 1}`)
          }
        },
      ),
      runs(1_000),
    )
  })

  it('does not ask the rules that name something else', () => {
    // Each of these rules has a condition that throws when it is asked.
    const values = Array.from({ length: 100 }, (_, index) => `${'a'.repeat(index)}[`)
    const trap = '*${labels:g}*${labels:p}*${labels:t}*'
    const rules = [
      { match: { account: 'bob', name: trap }, actions: [] },
      { match: { name: 'b/*', service: trap }, actions: [] },
      { match: { name: 'a/b/c', service: trap }, actions: [] },
      { match: { type: 'registry', service: trap }, actions: [] },
      { match: { name: 'a/*' }, actions: ['*'] },
    ]
    const labels = { g: values, p: values, t: values }
    const facts = { account: 'ann', name: 'a/b', service: 'x', labels }
    expect(decide(rules, facts, 'pattern')?.rule).to.equal('rule 5')
    expect(() => decide(rules, { ...facts, account: 'bob' }, 'pattern')).to.throw(
      /^rule 1 can't be judged: it takes more than 1000000 steps/,
    )
  })
})

describe('acl: work is bounded', () => {
  const thousand = (prefix: string) => Array.from({ length: 1_000 }, (_, index) => `${prefix}${index}`)
  const labels = { g: thousand('team-'), p: thousand('p'), t: thousand('t/') }
  const globs = {
    g: thousand('team-').map((value) => `${value}*`),
    p: thousand('p?'),
    t: thousand('t/').map((value) => `${value}[x]`),
  }
  const prefixes = { g: growing(250), p: growing(250), t: growing(250) }
  const glob = '${labels:g}-${labels:p}/${labels:t}'
  const regex = '/^${labels:g}-${labels:p}\\/${labels:t}$/'

  for (const substitution of ['literal', 'pattern'] as const) {
    for (const name of [
      glob,
      regex,
      glob.replaceAll('-', '*'),
      '/(?i)^${labels:g}-${labels:p}\\/${labels:t}$/',
    ]) {
      it(`three labels of 1,000 values each are searched at once: ${name}, ${substitution}`, () => {
        const rules = [{ match: { name }, actions: ['*'] }]
        const asked = { labels, name: 'team-999-p998/t/997' }
        expect(decide(rules, asked, substitution)?.rule).to.equal('rule 1')
        expect(decide(rules, { ...asked, name: 'team-999-p998/t/x' }, substitution)).to.equal(undefined)
      })
    }

    it(`values that begin like each other do not multiply: ${substitution}`, () => {
      const once = [{ match: { name: '${labels:g}${labels:p}${labels:t}' }, actions: ['*'] }]
      const twice = [{ match: { name: '${labels:g}*${labels:g}' }, actions: ['*'] }]
      const asRegex = [{ match: { name: '/^${labels:g}${labels:p}${labels:t}$/' }, actions: ['*'] }]
      for (const rules of [once, twice, asRegex]) {
        expect(decide(rules, { labels: prefixes, name: 'a'.repeat(250) }, substitution)?.rule).to.equal(
          'rule 1',
        )
        expect(decide(rules, { labels: prefixes, name: `${'a'.repeat(250)}b` }, substitution)).to.equal(
          undefined,
        )
      }
    })

    it(`a name that would make an expression grow without end is no endless search: ${substitution}`, () => {
      const rules = [{ match: { name: '/^(${account}+)+$/' }, actions: ['*'] }]
      expect(decide(rules, { account: 'a', name: `${'a'.repeat(5_000)}b` }, substitution)).to.equal(undefined)
    })
  }

  it('globs in label values are searched at once, too', () => {
    const rules = [{ match: { name: glob }, actions: ['*'] }]
    expect(decide(rules, { labels: globs, name: 'team-7xy-p?8/t/9x' }, 'pattern')?.rule).to.equal('rule 1')
    expect(decide(rules, { labels: globs, name: 'team-7xy-p?8/t/9y' }, 'pattern')).to.equal(undefined)
  })

  it('too many combinations are an error that names the rule, never a silent no', () => {
    const broken = { g: thousand('['), p: thousand('['), t: thousand('[') }
    const rules = [{ match: { name: glob }, actions: ['*'] }]
    expect(() => decide(rules, { labels: broken, name: 'a-b/c' }, 'pattern')).to.throw(
      /^rule 1 can't be judged: it takes more than 1000000 steps/,
    )
    const repeated = [
      { match: { name: '*${labels:g}*${labels:p}*${labels:g}*${labels:p}*[b]' }, actions: ['*'] },
    ]
    expect(() => decide(repeated, { labels: prefixes, name: 'a'.repeat(250) })).to.throw(
      /^rule 1 can't be judged/,
    )
  })

  it('a placeholder that makes an expression too large is an error, never a silent no', () => {
    const rules = [{ match: { name: '/(${account}){1000}/' }, actions: ['*'] }]
    expect(() => decide(rules, { account: 'ab'.repeat(5_000), name: 'x' })).to.throw(
      /^rule 1 can't be judged: .*too large/,
    )
  })
})

function growing(length: number): string[] {
  return Array.from({ length }, (_, index) => 'a'.repeat(index + 1))
}
