import { expect } from 'chai'
import type { Labeler } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

conformance(plugin, {
  options: () => ({
    rules: [
      { labels: { site: 'berlin', tier: ['a', 'b'] } },
      { when: '"admins" in labels.group', labels: { role: 'admin' } },
      { when: 'account.endsWith("-bot") && authenticator == "test"', labels: { role: ['robot'] } },
      { derive: { team: 'labels.group.filter(g, g.startsWith("team-")).map(g, g.substring(5))' } },
      { when: 'service == "reg" && ip.startsWith("10.")', derive: { home: 'account + "/" + service' } },
    ],
  }),
  invalid: [
    { options: {}, path: 'rules', message: /expected array/ },
    { options: { rules: [] }, path: 'rules', message: /one rule at least/ },
    {
      options: { rules: [{ labels: { a: 1 } }] },
      path: 'rules.0.labels.a',
      message: /text or a list of texts/,
    },
    {
      options: { rules: [{ when: 'acount == ""' }] },
      path: 'rules.0.when',
      message: /did you mean "account"/,
    },
    { options: { rules: [{ when: 'account' }] }, path: 'rules.0.when', message: /true or false is needed/ },
    { options: { rules: [{ derive: { a: 'account +' } }] }, path: 'rules.0.derive.a', message: /CEL/ },
  ],
  labels: [
    { identity: { account: 'bob' }, expect: { site: ['berlin'], tier: ['a', 'b'] } },
    {
      identity: {
        account: 'ci-bot',
        authenticator: 'test',
        labels: { group: ['admins', 'team-red', 'team-blue'] },
      },
      expect: { site: ['berlin'], tier: ['a', 'b'], role: ['admin', 'robot'], team: ['red', 'blue'] },
    },
    {
      identity: { account: 'constructor', labels: { constructor: ['x'] } },
      service: 'reg',
      client: { ip: '10.1.2.3' },
      expect: { site: ['berlin'], tier: ['a', 'b'], home: ['constructor/reg'] },
    },
  ],
})

describe('labels-map', () => {
  const label = async (rules: object[], labels = {}) => {
    const instance = (await plugin.create(plugin.options.parse({ rules }), testHost())) as Labeler
    return instance.label({ account: 'ann', labels, authenticator: 'test' }, testRequest())
  }

  it('joins the values that several rules give to one label', async () => {
    const rules = [{ labels: { a: ['1', '2'] } }, { labels: { a: ['2', '3'] } }]
    expect({ ...(await label(rules)) }).to.deep.equal({ a: ['1', '2', '3'] })
  })

  it('shows each rule the labels from before, not those of other rules', async () => {
    const rules = [{ labels: { a: 'x' } }, { when: 'has(labels.a)', labels: { b: 'y' } }]
    expect({ ...(await label(rules)) }).to.deep.equal({ a: ['x'] })
  })

  it('fails when an expression does, instead of leaving the label out', async () => {
    for (const rule of [{ derive: { a: 'labels.group[0].substring(9)' } }, { when: 'int(account) > 0' }]) {
      await label([rule], { group: ['dev'] }).then(
        () => expect.fail('no error'),
        (error: Error) => expect(error.message).to.match(/^the expression .* fails/),
      )
    }
  })
})
