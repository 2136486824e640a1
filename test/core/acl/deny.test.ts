import { expect } from 'chai'
import fc from 'fast-check'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { checkRules, compileRules } from '../../../core/acl/ruleset.ts'

const NOBODY: Facts = {
  account: '',
  type: 'repository',
  name: 'app',
  service: '',
  ip: undefined,
  labels: {},
  actions: [],
}

function decide(rules: readonly Rule[], ...actions: string[]) {
  return compileRules(rules, { substitution: 'literal' }).decide({ ...NOBODY, actions })
}

const deny = (...actions: string[]): Rule => ({ effect: 'deny', actions })
const grant = (...actions: string[]): Rule => ({ actions })

describe('acl: rules that deny', () => {
  const table: [
    what: string,
    rules: Rule[],
    asked: string[],
    rule: string | undefined,
    actions?: string[],
  ][] = [
    ['deny all ends', [deny('*'), grant('*')], ['pull', 'push'], 'denied by rule 1'],
    ['deny all ends also when nothing is asked', [deny('*'), grant('*')], [], 'denied by rule 1'],
    [
      'the rest is decided by the rules below',
      [deny('push'), grant('*')],
      ['push', 'pull'],
      'rule 2; push denied by rule 1',
      ['pull'],
    ],
    ['nothing left is a denial', [deny('push'), grant('*')], ['push'], 'denied by rule 1'],
    ['other actions do not concern it', [deny('push'), grant('*')], ['pull'], 'rule 2', ['pull']],
    ['no action does not concern it', [deny('push'), grant('*')], [], 'rule 2', []],
    [
      'several add up',
      [deny('push'), deny('delete', 'push'), grant('*')],
      ['pull', 'push', 'delete'],
      'rule 3; push denied by rule 1; delete denied by rule 2',
      ['pull'],
    ],
    [
      'several leave nothing',
      [deny('push'), deny('*'), grant('*')],
      ['pull', 'push'],
      'push denied by rule 1; pull denied by rule 2',
    ],
    [
      'the rest goes to no other authorizer',
      [deny('push')],
      ['pull', 'push'],
      'push denied by rule 1; no rule matches the rest',
    ],
    ['a rule before it decides', [grant('*'), deny('push')], ['push'], 'rule 1', ['push']],
    [
      'asking for everything is asking for what is denied',
      [deny('push'), grant('*')],
      ['*'],
      'denied by rule 1',
    ],
    ['nothing that is denied, nothing asked of others', [deny('push')], ['pull'], undefined],
  ]
  for (const [what, rules, asked, rule, actions] of table) {
    it(`${what}: ${asked.join()}`, () => {
      const expected =
        rule === undefined ? undefined : actions ? { rule, actions } : { rule, actions: [], effect: 'deny' }
      expect(decide(rules, ...asked)).to.deep.equal(expected)
    })
  }

  it('are asked with their conditions like all others', () => {
    const rules = [{ match: { name: 'prod/*' }, ...deny('push') }, grant('*')]
    const set = compileRules(rules, { substitution: 'literal' })
    expect(set.decide({ ...NOBODY, name: 'dev/a', actions: ['push'] })?.actions).to.deep.equal(['push'])
    expect(set.decide({ ...NOBODY, name: 'prod/a', actions: ['push'] })?.effect).to.equal('deny')
  })

  it('must say what they deny', () => {
    const problems = checkRules([deny(), deny('*', 'push')], { substitution: 'literal' })
    expect(problems.map(({ path, message }) => [path.join('.'), message])).to.deep.equal([
      ['0.actions', 'denies nothing; write ["*"] to deny whatever is asked'],
      ['1.actions', 'denies everything with "*"; write ["*"] alone'],
    ])
  })

  it('can have no pattern that never matches, which is a warning elsewhere', () => {
    const [granting, denying] = checkRules(
      [
        { match: { name: '[a' }, actions: [] },
        { match: { name: '[a' }, ...deny('push') },
      ],
      { substitution: 'pattern' },
    )
    expect(granting).to.include({ severity: 'warning' })
    expect(denying).to.include({ severity: 'error' })
  })

  const someActions = fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete', '*'))
  const someRule: fc.Arbitrary<Rule> = fc.record({
    match: fc.constantFrom({}, { name: 'app' }, { name: 'other' }),
    effect: fc.constantFrom<Rule['effect'][]>('grant', 'deny'),
    actions: fc.oneof(
      fc.constant(['*']),
      fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete'), { minLength: 1 }),
    ),
  })
  it('no action is granted that a matching rule above the granting one denies', () => {
    fc.assert(
      fc.property(fc.array(someRule, { maxLength: 6 }), someActions, (rules, asked) => {
        const matching = rules.filter(({ match }) => match!.name !== 'other')
        const end = matching.findIndex(({ effect }) => effect !== 'deny')
        const denials = matching.slice(0, end < 0 ? undefined : end).flatMap(({ actions }) => actions)
        const granted = decide(rules, ...asked)?.actions ?? []
        for (const action of granted) {
          expect(denials).to.not.include(action)
          expect(denials).to.not.include('*')
          if (action === '*') expect(denials).to.deep.equal([])
        }
      }),
    )
  })
})
