// From a request to rules and back, as an authorizer that decides by rules does it.
import { expect } from 'chai'
import { decideByRules } from '../../../core/acl/outcome.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules } from '../../../core/acl/ruleset.ts'
import { deny, grant, pass } from '../../../core/plugin.ts'
import { testRequest } from '../../../core/testing/host.ts'

describe('a decision by rules', () => {
  const resource = { type: 'repository', name: 'team/app', actions: ['pull', 'push'] }
  const request = testRequest({
    account: 'ann',
    service: 'registry',
    client: { ip: '192.0.2.7', id: 'docker' },
    labels: { group: ['dev'] },
  })
  const decide = (rules: Rule[], now = 0) =>
    decideByRules(compileRules(rules, { substitution: 'literal' }), resource, request, { now: () => now })

  const table: [string, Rule[], object][] = [
    ['passes when no rule matches', [{ match: { account: 'bob' }, actions: ['*'] }], pass],
    ['grants what a rule grants', [{ actions: ['pull'] }], grant(['pull'], 'rule 1')],
    ['grants nothing, when a rule does', [{ actions: [] }], grant([], 'rule 1')],
    ['denies, when rules leave nothing', [{ effect: 'deny', actions: ['*'] }], deny('denied by rule 1')],
  ]
  for (const [name, rules, expected] of table) {
    it(name, async () => {
      expect(await decide(rules)).to.deep.equal(expected)
    })
  }

  const facts: Rule[] = [
    { match: { account: 'ann' }, actions: ['*'] },
    { match: { service: 'registry' }, actions: ['*'] },
    { match: { type: 'repository', name: 'team/*' }, actions: ['*'] },
    { match: { ip: '192.0.2.0/24' }, actions: ['*'] },
    { match: { labels: { group: 'dev' } }, actions: ['*'] },
    { when: 'client.id == "docker" && size(actions) == 2', actions: ['*'] },
    { when: 'time.now == timestamp("2026-01-01T00:00:00Z")', actions: ['*'] },
  ]
  for (const rule of facts) {
    it(`knows what ${JSON.stringify(rule.match ?? rule.when)} asks for`, async () => {
      const answer = await decide([rule], Date.parse('2026-01-01T00:00:00Z'))
      expect(answer).to.deep.equal(grant(['pull', 'push'], 'rule 1'))
    })
  }
})
