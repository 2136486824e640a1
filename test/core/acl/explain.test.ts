// Why rules decide as they do: in the words that an operator reads.
import { expect } from 'chai'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { type AclExplanation, compileRules, type RulesOptions } from '../../../core/acl/ruleset.ts'
import { atOnce, MOST_STEPS } from '../../../core/contract/steps.ts'

const ALICE: Facts = {
  account: 'alice',
  type: 'repository',
  name: 'team/app',
  service: 'reg',
  ip: '192.0.2.7',
  clientId: 'docker',
  labels: { team: ['red'], many: ['a', 'b'] },
  actions: ['pull', 'push'],
  now: Date.UTC(2026, 2, 2, 9),
}

function explain(
  rules: readonly Rule[],
  facts: Partial<Facts> = {},
  substitution: RulesOptions['substitution'] = 'literal',
): AclExplanation {
  return atOnce(compileRules(rules, { substitution }).explain({ ...ALICE, ...facts }), MOST_STEPS)
}

/** What is said of the one rule. */
function said(rule: Partial<Rule>, facts: Partial<Facts> = {}, substitution?: RulesOptions['substitution']) {
  const [only] = explain([{ actions: ['*'], ...rule }], facts, substitution).rules
  return `${only!.verdict}: ${only!.why}`
}

describe('acl: why a rule does not match', () => {
  const table: [string, Partial<Rule>, string, Partial<Facts>?, RulesOptions['substitution']?][] = [
    ['another account', { match: { account: 'bob' } }, 'account is alice, wanted bob'],
    [
      'nobody',
      { match: { account: '/.+/' } },
      'account is empty (nobody has logged in), wanted /.+/',
      { account: '' },
    ],
    ['somebody', { match: { account: '' } }, 'account is alice, wanted ""'],
    ['another type', { match: { type: 'registry' } }, 'type is repository, wanted registry'],
    ['another service', { match: { service: 'x*' } }, 'service is reg, wanted x*'],
    ['another address', { match: { ip: '10.0.0.0/8' } }, 'ip is 192.0.2.7, wanted 10.0.0.0/8'],
    ['no address', { match: { ip: '10.0.0.0/8' } }, 'ip is not known, wanted 10.0.0.0/8', { ip: undefined }],
    ['a label', { match: { labels: { team: 'ops' } } }, 'label team is [red], wanted ops'],
    ['a label of many values', { match: { labels: { many: '/^c/' } } }, 'label many is [a, b], wanted /^c/'],
    [
      'no such label',
      { match: { labels: { site: 'x' } } },
      'label site is not there (there is [team, many]), wanted x',
    ],
    [
      'a slash',
      { match: { name: 't*' } },
      'name is team/app, wanted t*; a single * stops at a slash, ** does not',
    ],
    [
      'a slash, as docker_auth has it',
      { match: { name: 't**' } },
      'name is team/app, wanted t**; * stops at a slash; only a /regex/ goes beyond',
      {},
      'pattern',
    ],
    [
      'capital letters',
      { match: { account: 'Alice' } },
      'account is alice, wanted Alice; they differ in upper and lower case',
    ],
    [
      'capital letters in an expression',
      { match: { labels: { team: '/^RED$/' } } },
      'label team is [red], wanted /^RED$/; they differ in upper and lower case',
    ],
    [
      'an expression without slashes',
      { match: { name: 'team/.+' } },
      'name is team/app, wanted team/.+; as an expression it would match: enclose it in slashes',
    ],
    [
      'a variable',
      { match: { name: '${account}/*' } },
      'name is team/app, wanted ${account}/* (here alice/*)',
    ],
    [
      'a variable in an expression',
      { match: { name: '/^${account}$/' } },
      'name is team/app, wanted /^${account}$/ (here /^alice$/)',
    ],
    [
      'a label in a pattern',
      { match: { name: '${labels:team}/*' } },
      'name is team/app, wanted ${labels:team}/* (here red/*)',
    ],
    [
      'several values in a pattern',
      { match: { name: '${labels:many}/*' } },
      'name is team/app, wanted ${labels:many}/* (here {a|b}/*)',
    ],
    [
      'no label for a pattern',
      { match: { name: '${labels:group}/*' } },
      'name is team/app, wanted ${labels:group}/* (there is no label group)',
      { labels: {} },
    ],
    [
      'a capture',
      { match: { account: '/^(a)/', name: '${account:1}/*' } },
      'name is team/app, wanted ${account:1}/* (here a/*)',
    ],
    [
      'a variable with a slash too many',
      { match: { name: '${account}/*' } },
      'name is alice/x/y, wanted ${account}/* (here alice/*); a single * stops at a slash, ** does not',
      { name: 'alice/x/y' },
    ],
    [
      'what could be taken for a part of the sentence',
      { match: { account: 'a b' } },
      'account is "x, wanted y", wanted "a b"',
      { account: 'x, wanted y' },
    ],
    [
      'a condition in CEL',
      { when: '"ops" in labels.team' },
      'when "ops" in labels.team is not true (labels.team is [red])',
    ],
    [
      'the first part of one that is false',
      { when: 'type == "repository" && (client.ip == "" || client.id == "x") && false' },
      'when client.ip == "" || client.id == "x" is not true (client.ip is 192.0.2.7, client.id is docker)',
    ],
    [
      'a label that is not there',
      { when: 'account == "alice" && "x" in labels.group' },
      'when "x" in labels.group is not true (there is no label group)',
    ],
    [
      'the time',
      { when: 'time.now.getHours("Europe/Berlin") >= 12' },
      'when time.now.getHours("Europe/Berlin") >= 12 is not true (time.now is 2026-03-02T09:00:00.000Z)',
    ],
    [
      'the second of two',
      { when: ['account == "alice"', 'account == "bob"'] },
      'when account == "bob" is not true (account is alice)',
    ],
    [
      'a denial of something else',
      { effect: 'deny', actions: ['delete'] },
      'it denies [delete], and [pull, push] was asked for',
    ],
  ]
  for (const [name, rule, expected, facts, substitution] of table) {
    it(name, () => expect(said(rule, facts, substitution)).to.equal(`no: ${expected}`))
  }

  it('never shows what claims say', () => {
    const given = { claims: { email: 'a@example.com' } }
    expect(said({ when: 'claims.email == "b@example.com"' }, given)).to.equal(
      'no: when claims.email == "b@example.com" is not true',
    )
  })

  it('tells nothing of what an unjudgeable part hides: it fails as the answer does', () => {
    expect(() => explain([{ when: 'claims.x == 1', actions: ['*'], at: 'acl.yml:3' }])).to.throw(
      /^rule 1 can't be judged: it reads claims/,
    )
  })
})

describe('acl: what a rule that matches does', () => {
  const table: [string, Partial<Rule>, string][] = [
    ['grants all', { actions: ['*'] }, 'yes: grants [pull, push]'],
    [
      'grants a part',
      { actions: ['pull', 'delete'] },
      'yes: grants [pull]; [push] was asked for too, but it grants no more than [pull, delete]',
    ],
    [
      'grants none of it',
      { actions: ['delete'] },
      'yes: grants no more than [delete], and [pull, push] was asked for',
    ],
    [
      'grants nothing',
      { actions: [] },
      'yes: grants nothing (its actions are []), and [pull, push] was asked for',
    ],
    ['denies a part', { effect: 'deny', actions: ['push'] }, 'yes: denies [push]'],
    ['denies all', { effect: 'deny', actions: ['*'] }, 'yes: denies [pull, push]'],
  ]
  for (const [name, rule, expected] of table) it(name, () => expect(said(rule)).to.equal(expected))
})

describe('acl: which rules are near', () => {
  const verdicts = ({ rules, leftOut }: AclExplanation) => [
    ...rules.map(({ rule, at, verdict }) => `${rule}${at ? ` at ${at}` : ''} ${verdict}`),
    leftOut,
  ]
  const bob: Rule = { match: { account: 'bob' }, actions: ['*'] }
  const all: Rule = { actions: ['*'] }
  const farRule: Rule = { match: { account: 'bob', name: 'other/app' }, actions: ['*'] }

  it('all of a few, in their order, with their places', () => {
    expect(verdicts(explain([{ ...bob, at: 'acl.yml:2' }, farRule, all, bob]))).to.deep.equal([
      'rule 1 at acl.yml:2 no',
      'rule 2 no',
      'rule 3 yes',
      0,
    ])
  })

  it('later ones that would match, too', () => {
    const { rules } = explain([all, bob, { ...all, name: 'another' }])
    expect(rules.at(-1)).to.deep.equal({
      rule: 'another',
      verdict: 'late',
      why: 'it would match, but rule 1 stands before it',
    })
    expect(rules).to.have.length(2)
  })

  it('denials and the grant of the rest', () => {
    const denial: Rule = { effect: 'deny', actions: ['push'] }
    expect(verdicts(explain([denial, denial, all]))).to.deep.equal([
      'rule 1 yes',
      'rule 2 no',
      'rule 3 yes',
      0,
    ])
  })

  it('of many those that miss by one condition, at most twenty', () => {
    const many = Array.from({ length: 300 }, (_, index) => (index % 10 === 0 ? bob : farRule))
    const found = explain([...many, all])
    expect(found.rules.filter(({ verdict }) => verdict === 'no')).to.have.length(20)
    expect(found.rules.at(-1)!.rule).to.equal('rule 301')
    expect(found.leftOut).to.equal(280)
  })

  it('as far as there are steps for them: the answer stays', () => {
    const slow = Array.from({ length: 40 }, () => ({
      match: { name: '/^${labels:many}${labels:many}x/' },
      actions: ['*'],
    }))
    const labels = { many: Array.from({ length: 300 }, (_, index) => `t${index}`) }
    const rules = compileRules([all, ...slow], { substitution: 'literal' })
    const facts = { ...ALICE, labels }
    const found = atOnce(rules.explain(facts), 500)
    expect(found.decision).to.deep.equal(rules.decide(facts))
    expect(found.rules[0]!.rule).to.equal('rule 1')
  })
})
