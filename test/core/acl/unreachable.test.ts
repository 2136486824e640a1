import { expect } from 'chai'
import fc from 'fast-check'
import type { Substitution } from '../../../core/acl/captures.ts'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules } from '../../../core/acl/ruleset.ts'
import { runs, timeFor } from '../../support/properties.ts'

/** The places of the rules that are reported as unreachable. */
function unreachable(rules: readonly Rule[], substitution: Substitution = 'literal'): number[] {
  return compileRules(rules, { substitution })
    .warnings.filter(({ message }) => message.startsWith('can never be reached'))
    .map(({ path }) => path[0] as number)
}

type Match = NonNullable<Rule['match']>

describe('acl: rules that can never be reached', () => {
  const hidden: [first: Match, second: Match][] = [
    [{}, {}],
    [{}, { account: 'ann', name: '${account}/*' }],
    [{ name: 'a' }, { name: 'a' }],
    [{ name: 'a' }, { name: 'a', account: 'ann' }],
    [{ name: 'a*' }, { name: 'app' }],
    [{ name: '*' }, { name: 'app' }],
    [{ name: '*' }, { name: 'app-[a-z]?' }],
    [{ name: '*/*' }, { name: 'team/*' }],
    [{ name: 'team/*' }, { name: 'team/app' }],
    [{ name: 'team/?[a-z]*' }, { name: 'team/ab*' }],
    [{ name: 'a[^b]' }, { name: 'ac' }],
    [{ name: '/.*/' }, {}],
    [{ name: '/^.*/' }, { name: '${account}/*' }],
    [{ name: '/.*$/' }, { name: 'a/*' }],
    [{ name: '/(.*)/' }, { name: '/x/' }],
    // docker_auth issues 237 and 56
    [{ account: '/.+/' }, { account: 'jenkins' }],
    [{ account: '/.+/' }, { account: '/.+/', name: '${account}/*' }],
    [{ account: '/.+/' }, { account: 'team-*' }],
    [{ account: '/^.+$/' }, { account: 'ann' }],
    [{ name: '/^team\\//' }, { name: 'team/*' }],
    [{ name: '/^team\\//' }, { name: 'team/${account}/*' }],
    [{ name: '/^team\\//' }, { name: '/^team\\/app/' }],
    [{ name: '/app$/' }, { name: '*-app' }],
    [{ name: '/^(a|b)\\//' }, { name: 'a/*' }],
    [{ name: 'team' }, { name: '/^team$/' }],
    [{ name: 't*' }, { name: '/^team$/' }],
    [{ name: '${account}/*' }, { name: '${account}/*', type: 'repository' }],
    [
      { account: '/^(.+)@x$/', name: '${account:1}' },
      { account: '/^(.+)@x$/', name: '${account:1}' },
    ],
    [{ ip: '10.0.0.0/8' }, { ip: '10.1.0.0/16' }],
    [{ ip: '10.0.0.0/8' }, { ip: '10.1.2.3' }],
    [{ ip: '10.0.0.0/8' }, { ip: '::ffff:10.1.2.3' }],
    [{ labels: { group: '*' } }, { labels: { group: 'dev' } }],
    [{ labels: { group: 'dev' } }, { labels: { group: 'dev', team: 'x' } }],
  ]
  for (const [first, second] of hidden) {
    it(`${JSON.stringify(first)} hides ${JSON.stringify(second)}`, () => {
      const rules = [
        { match: first, actions: [] },
        { match: second, actions: ['*'] },
      ]
      expect(unreachable(rules)).to.deep.equal([1])
      expect(unreachable(rules, 'pattern')).to.deep.equal([1])
    })
  }

  const hiddenByTwoStars: [first: Match, second: Match][] = [
    [{ name: '**' }, {}],
    [{ name: '**' }, { name: '${account}/*' }],
    [{ name: '**' }, { name: '/x/' }],
    [{ name: 'team/**' }, { name: 'team/*' }],
    [{ name: 'team/**' }, { name: 'team/a/b' }],
    [{ name: 'team/**' }, { name: 'team/**/x' }],
    [{ name: 'team/**' }, { name: 'team/${account}/**' }],
    [{ name: 'team/**' }, { name: '/^team\\/app/' }],
    [{ name: '/^team\\//' }, { name: 'team/**' }],
    [{ name: '**/app' }, { name: 'a/b/app' }],
    [{ name: '**/app' }, { name: '*/app' }],
    [{ name: 'a**b**' }, { name: 'a*/[a/]b' }],
    [{ name: 'a/**/b' }, { name: 'a/*/**/b' }],
  ]
  for (const [first, second] of hiddenByTwoStars) {
    it(`${JSON.stringify(first)} hides ${JSON.stringify(second)}, where ** is any text`, () => {
      const rules = [first, second].map((match) => ({ match, actions: [] }))
      expect(unreachable(rules)).to.deep.equal([1])
    })
  }

  it('what ** does not match stays reachable, and where it is what * is, it hides what * does', () => {
    const reachable: [first: Match, second: Match][] = [
      [{ name: 'team/*' }, { name: 'team/**' }],
      [{ name: 'team/**' }, { name: 'team' }],
      [{ name: 'a/**/b' }, { name: 'a/b' }],
      [{ name: 'a**b' }, { name: '/^a.*b$/' }],
      [{ name: '**/app' }, { name: '*app' }],
      [{ name: '?**' }, { name: '**' }],
    ]
    for (const pair of reachable)
      expect(unreachable(pair.map((match) => ({ match, actions: [] })))).to.deep.equal([])
    const rules = [{ name: 'team/*' }, { name: 'team/**' }].map((match) => ({ match, actions: [] }))
    expect(unreachable(rules, 'pattern')).to.deep.equal([1])
  })

  const reachable: [first: Match, second: Match][] = [
    [{ account: 'ann' }, {}],
    [{ name: 'app' }, { name: 'a*' }],
    [{ name: '*' }, { name: 'team/*' }],
    [{ name: '*' }, {}],
    [{ name: 'team/*' }, { name: '/^team\\//' }],
    [{ name: 'team/*' }, { name: 'team/${account}' }],
    [{ name: 'team/*' }, { name: 'team/[a/]' }],
    [{ name: '?' }, { name: '*' }],
    [{ name: '[a/]*' }, { name: '[a/]x' }],
    [{ account: '/.+/' }, { account: '*' }],
    [{ account: '/.+/' }, { name: 'a' }],
    [{ account: '/^.*$/' }, {}],
    [{ name: '/^team$/' }, { name: 'team*' }],
    [{ name: '/\\bteam\\b/' }, { name: 'team*' }],
    [{ name: '/(?i)^TEAM$/' }, { name: 'team*' }],
    [{ name: '/^team/' }, { name: '/^tea|m/' }],
    [{ name: '/^team/' }, { name: '/^team?/' }],
    [{ name: '/^team/' }, { name: '/team/' }],
    [
      { account: '/^(.+)@x$/', name: '${account:1}' },
      { account: '/^(..+)@x$/', name: '${account:1}' },
    ],
    [{ name: '${labels:group}/*' }, { name: 'dev/*' }],
    [{ ip: '10.1.0.0/16' }, { ip: '10.0.0.0/8' }],
    [{ ip: '0.0.0.0/0' }, {}],
    [{ ip: '::/0' }, { ip: '10.1.2.3' }],
    [{ labels: { group: 'dev' } }, { labels: { team: 'dev' } }],
    [{ labels: { group: '/.*/' } }, {}],
  ]
  for (const [first, second] of reachable) {
    it(`${JSON.stringify(first)} does not hide ${JSON.stringify(second)}`, () => {
      expect(
        unreachable([
          { match: first, actions: [] },
          { match: second, actions: ['*'] },
        ]),
      ).to.deep.equal([])
    })
  }

  it('a condition in CEL hides only what has the same condition', () => {
    const when = 'account == "ann"'
    const rules = [
      { when, actions: [] },
      { match: { name: 'a' }, actions: [] },
      { match: { name: 'a/*' }, when: ['true', when], actions: [] },
    ]
    expect(unreachable(rules)).to.deep.equal([2])
  })

  it('a rule that denies hides what only denies the same, and everything when it denies everything', () => {
    const effect = 'deny' as const
    const rules: Rule[] = [
      { effect, actions: ['push', 'delete'] },
      { effect, actions: ['push'] },
      { effect, actions: ['pull', 'push'] },
      { match: { name: 'a' }, actions: ['push'] },
      { effect, actions: ['*'] },
      { match: { name: 'b' }, actions: ['push'] },
    ]
    expect(unreachable(rules)).to.deep.equal([1, 5])
  })

  it('names the rule that hides it, not one that is hidden itself', () => {
    const rules: Rule[] = [
      { match: { name: 'a*' }, actions: [], comment: 'First' },
      { match: { name: 'ap*' }, actions: [] },
      { match: { name: 'app' }, actions: ['*'] },
    ]
    const { warnings } = compileRules(rules, { substitution: 'literal' })
    expect(warnings.map(({ path, severity, message }) => [path, severity, message])).to.deep.equal(
      [1, 2].map((place) => [
        [place],
        'warning',
        'can never be reached: rule 1 (First) stands before it and matches whatever it matches; move it up, or make that one narrower',
      ]),
    )
  })

  const text = fc.constantFrom('a', 'b', 'ab', 'a/b', 'a/ab', '', 'b/a', 'aa')
  const pattern = fc.oneof(
    text,
    fc
      .array(
        fc.constantFrom('a', 'b', '/', '*', '?', '[ab]', '[^a]', '[a/]', '**', '${account}', '${labels:g}'),
        {
          maxLength: 5,
        },
      )
      .map((parts) => parts.join('')),
    fc
      .array(
        fc.constantFrom(
          'a',
          'b',
          '\\/',
          '.',
          '.*',
          '^',
          '$',
          'a?',
          'b*',
          '(a|b)',
          '|',
          '\\b',
          '[^a]',
          '(?i)A',
          '${type}',
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((parts) => `/${parts.join('')}/`),
  )
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 })
  const someMatch = fc
    .record({
      account: maybe(pattern),
      type: maybe(fc.constantFrom('a', '*', '${name}')),
      name: maybe(pattern),
      ip: maybe(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0', '::/0')),
      labels: maybe(
        fc.dictionary(
          fc.constantFrom('g', 'h'),
          pattern.filter((one) => !one.includes('${labels')),
          { maxKeys: 2 },
        ),
      ),
    })
    .map(
      (match) =>
        Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined)) as Match,
    )
  const someRule: fc.Arbitrary<Rule> = fc.record({
    match: someMatch,
    when: fc.constantFrom([], ['account == "a"'], ['account == "a"', 'name != ""']),
    effect: fc.constantFrom<Rule['effect'][]>('grant', 'grant', 'deny'),
    actions: fc.constantFrom(['*'], ['pull'], ['pull', 'push']),
  })
  const someFacts: fc.Arbitrary<Facts> = fc.record({
    account: text,
    type: fc.constantFrom('a', 'b'),
    name: text,
    service: fc.constant(''),
    ip: fc.constantFrom(undefined, '10.1.2.3', '10.2.0.0', '::1'),
    labels: fc.dictionary(fc.constantFrom('g', 'h'), fc.array(text, { maxLength: 2 })),
    actions: fc.constantFrom(['pull'], ['push'], ['pull', 'push'], ['delete', 'pull'], ['*'], []),
  })

  it('is only said of rules that no request ever reaches', () => {
    let said = 0
    fc.assert(
      fc.property(
        fc.array(someRule, { minLength: 2, maxLength: 5 }),
        fc.array(someFacts, { minLength: 20, maxLength: 20 }),
        fc.constantFrom<Substitution[]>('literal', 'pattern'),
        (rules, questions, substitution) => {
          let found: number[]
          try {
            found = unreachable(rules, substitution)
          } catch {
            // Not valid: nothing is said of it.
            return
          }
          said += found.length
          if (found.length === 0) return
          const { decide } = compileRules(rules, { substitution })
          for (const facts of questions) {
            const { rule = '' } = decide(facts) ?? {}
            for (const place of found) expect(rule).to.not.match(new RegExp(`rule ${place + 1}\\b`))
          }
        },
      ),
      runs(3_000),
    )
    expect(said).to.be.greaterThan(100)
  }).timeout(timeFor(60_000))

  it('is sought within bounds: ten thousand rules that could all hide each other do not hang the start', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => ({
      match: { name: `*-${index}-*`, account: '/.+/' },
      actions: ['*'],
    }))
    expect(unreachable([...rules, { actions: ['*'] }])).to.deep.equal([])
  }).timeout(60_000)

  it('is found among ten thousand rules that name what they are about', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => ({
      match: { account: `user${index}`, name: `user${index}/*` },
      actions: ['*'],
    }))
    const last = { match: { account: 'user5000', name: 'user5000/app' }, actions: ['pull'] }
    expect(unreachable([...rules, last])).to.deep.equal([10_000])
  }).timeout(60_000)
})
