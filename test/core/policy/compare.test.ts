// Generated requests: what they reach, and what a comparison finds with them.
import { expect } from 'chai'
import { comparePolicies } from '../../../core/policy/compare.ts'
import { generateRequests } from '../../../core/policy/generate.ts'
import { parseScope, scopeText } from '../../../core/request/scope.ts'
import { ConfigError } from '../../../core/yaml/problems.ts'
import { PolicyFolder } from './policies.ts'

describe('generated requests and the comparison of policies', () => {
  let folder: PolicyFolder
  beforeEach(() => {
    folder = new PolicyFolder()
  })
  afterEach(() => folder.remove())

  const pull = ['pull']
  const some = (name: string, more: object = {}) => ({ match: { name, ...more }, actions: pull })

  /** Each pair: a rule, and the same with one thing about it changed. */
  const CHANGES: readonly (readonly [what: string, before: object, after: object])[] = [
    ['an action more', some('a/*'), { ...some('a/*'), actions: ['pull', 'push'] }],
    ['all actions', some('a/*'), { ...some('a/*'), actions: ['*'] }],
    ['no action', some('a/*'), { ...some('a/*'), actions: [] }],
    ['an odd action', some('a/*'), { ...some('a/*'), actions: ['pull', 'sign'] }],
    ['a name', some('team-a/*'), some('team-b/*')],
    ['a slash', some('team-a/*'), some('team-a*')],
    ['one star or two', some('a/*'), some('a/**')],
    ['upper case', some('a/App'), some('a/app')],
    ['a class', some('a/[a-c]'), some('a/[a-d]')],
    ['an anchor', some('/^a\\/[a-z]+$/'), some('/^a\\/[a-z]+/')],
    ['an alternative', some('/^(red|blue)\\//'), some('/^(red|blue|green)\\//')],
    ['a repetition', some('/^v\\d{2}$/'), some('/^v\\d{2,3}$/')],
    ['a flag', some('/(?i)^abc$/'), some('/^abc$/')],
    ['quoted text', some('/^\\Qa.b\\E$/'), some('/^a.b$/')],
    ['an account', some('**', { account: 'ann' }), some('**', { account: 'anna' })],
    ['an account with an anchor', some('**', { account: '/^svc-/' }), some('**', { account: '/svc-/' })],
    ['who has not logged in', some('**'), some('**', { account: '/.+/' })],
    ['a type', some('**', { type: 'repository' }), some('**')],
    ['a service', some('**', { service: 'reg-1' }), some('**', { service: 'reg-2' })],
    ['a network', some('**', { ip: '10.0.0.0/8' }), some('**', { ip: '10.0.0.0/9' })],
    ['a network of IPv6', some('**', { ip: '2001:db8::/64' }), some('**', { ip: '2001:db8::/65' })],
    ['a label', some('**', { labels: { group: 'dev' } }), some('**', { labels: { group: 'ops' } })],
    ["a label's name", some('**', { labels: { group: 'dev' } }), some('**', { labels: { groups: 'dev' } })],
    [
      'a label less',
      some('**', { labels: { group: 'dev', site: 'x' } }),
      some('**', { labels: { group: 'dev' } }),
    ],
    ['a known label', some('**', { labels: { team: 'red' } }), some('**', { labels: { team: 'blue' } })],
    ['a variable', some('${account}/*'), some('${account}*')],
    ['a label in a name', some('${labels:group}/*'), some('${labels:groups}/*')],
    [
      'a capture',
      some('${account:1}/*', { account: '/^(\\w+)@(\\w+)$/' }),
      some('${account:2}/*', { account: '/^(\\w+)@(\\w+)$/' }),
    ],
    ['a variable in an expression', some('/^${account}\\/.+$/'), some('/^x?${account}\\/.+$/')],
    [
      'a condition on the client',
      { ...some('**'), when: 'client.id == "ci"' },
      { ...some('**'), when: 'client.id == "cd"' },
    ],
    [
      'a condition on the time',
      { ...some('**'), when: 'time.now.getHours("UTC") < 6' },
      { ...some('**'), when: 'time.now.getHours("UTC") < 7' },
    ],
    [
      'a moment',
      { ...some('**'), when: 'time.now < timestamp("2027-03-01T00:00:00Z")' },
      { ...some('**'), when: 'time.now <= timestamp("2027-03-01T00:00:00Z")' },
    ],
    [
      'a condition on labels',
      { ...some('**'), when: '"ops" in labels.group' },
      { ...some('**'), when: '"ops" in labels.group || "sre" in labels.group' },
    ],
    [
      'a condition on the name',
      { ...some('**'), when: 'name.startsWith("prod/")' },
      { ...some('**'), when: 'name.endsWith("prod/")' },
    ],
    [
      'a condition on actions',
      { ...some('**'), when: '"push" in actions' },
      { ...some('**'), when: '!("push" in actions)' },
    ],
  ]
  for (const [what, before, after] of CHANGES) {
    it(`finds a change of a rule: ${what}`, async () => {
      const others = [some('other/*'), { match: { name: 'last/*', account: 'zoe' }, actions: ['*'] }]
      const one = await folder.ofRules([others[0]!, before, others[1]!])
      const two = await folder.ofRules([others[0]!, after, others[1]!])
      const requests = generateRequests([one, two])
      const { changes, shares } = await comparePolicies(one, two, requests)
      expect(changes.length).to.be.greaterThan(0)
      // A rule about everything leaves nothing to the one behind it.
      const hidden = (rule: object) => (JSON.stringify(rule).includes('"**"') ? 1 : 0)
      expect(shares.before.never.length, 'before').to.be.at.most(hidden(before))
      expect(shares.after.never.length, 'after').to.be.at.most(hidden(after))
      const same = await comparePolicies(one, one, requests)
      expect(same.changes).to.deep.equal([])
    })
  }

  it('finds a denial that is gone, or stands elsewhere', async () => {
    const denial = { match: { name: 'prod/*' }, effect: 'deny', actions: ['push', 'delete'] }
    const all = { match: { name: '*/*', account: '/.+/' }, actions: ['*'] }
    const with_ = await folder.ofRules([denial, all])
    for (const rules of [
      [all],
      [all, denial],
      [{ ...denial, actions: ['push'] }, all],
      [{ ...denial, actions: ['*'] }, all],
    ]) {
      const other = await folder.ofRules(rules)
      const { changes, shares } = await comparePolicies(with_, other, generateRequests([with_, other]))
      expect(changes.length, JSON.stringify(rules)).to.be.greaterThan(0)
      expect(shares.before).to.deep.include({ rules: 2, decided: 2, never: [] })
    }
  })

  it('finds the labels that the configuration gives to an account', async () => {
    const rules = [{ match: { labels: { shift: 'day' }, name: '**' }, actions: pull }]
    const labeler = (account: string) =>
      `labelers: [{ plugin: labels-map, options: { rules: [{ when: 'account == "${account}"', labels: { shift: day } }] } }]\n`
    const one = await folder.ofRules(rules, labeler('alice'))
    const two = await folder.ofRules(rules, labeler('bob'))
    const { changes } = await comparePolicies(one, two, generateRequests([one, two]))
    expect(new Set(changes.map(({ request }) => request.account))).to.deep.equal(new Set(['alice', 'bob']))
  })

  it('finds the rules of groups and included files', async () => {
    const files = ['one', 'two'].map((name) => {
      folder.write(
        `${name}/more.yml`,
        `- { match: { name: "inc/*" }, actions: [${name === 'one' ? 'pull' : 'push'}] }\n`,
      )
      return folder.write(
        `${name}/policy.yml`,
        'authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\nauthorizers:\n  - plugin: acl\n    options:\n      rules:\n        - group: staff\n          match: { labels: { role: staff } }\n          rules: [{ include: more.yml }]\n',
      )
    })
    const [one, two] = [await folder.open(files[0]!), await folder.open(files[1]!)]
    const { changes, shares } = await comparePolicies(one, two, generateRequests([one, two]))
    expect(changes.length).to.be.greaterThan(0)
    expect(shares.after).to.deep.include({ rules: 1, decided: 1 })
    expect(changes.every(({ request }) => request.labels?.role?.[0] === 'staff')).to.equal(true)
  })

  it('compares both forms', async () => {
    const old = await folder.ofDockerAuth([
      { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
      { match: { account: '' }, actions: [] },
      { match: { name: 'a/**' }, actions: ['pull'] },
    ])
    const right = await folder.ofRules([
      { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
      { match: { account: '' }, actions: [] },
      { match: { name: 'a/*' }, actions: ['pull'] },
    ])
    const wrong = await folder.ofRules([
      { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] },
      { match: { account: '' }, actions: [] },
      { match: { name: 'a/**' }, actions: ['pull'] },
    ])
    const requests = generateRequests([old, right], { count: 2_000 })
    expect((await comparePolicies(old, right, requests)).changes).to.deep.equal([])
    expect((await comparePolicies(old, wrong, generateRequests([old, wrong]))).changes).to.not.deep.equal([])
  })

  it('makes as many as are wanted, all different, the same for the same seed, and all of them what a client can ask', async () => {
    const policy = await folder.ofRules([
      some('${account}/*'),
      some('/^(a|b)+\\/[^\\/]{2,4}$/', { ip: '0.0.0.0/0' }),
    ])
    const options = { count: 3_000, seed: 7 }
    const requests = generateRequests([policy], options)
    expect(requests.length).to.be.at.least(3_000)
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).to.equal(requests.length)
    expect(generateRequests([policy], options)).to.deep.equal(requests)
    expect(generateRequests([policy], { ...options, seed: 8 })).to.not.deep.equal(requests)
    for (const { resource } of requests) expect(parseScope(scopeText(resource))).to.deep.equal(resource)
  })

  it('is undecided where an authorizer asks a network or a program, and that is a change only against a decision', async () => {
    const rules = [some('a/*')]
    const exec = (command: string) => `  - { plugin: exec, options: { command: ${command} } }\n`
    const open = (command: string) =>
      folder.open(
        folder.write(
          `${command.slice(1).replaceAll('/', '-')}.yml`,
          `authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\nauthorizers:\n  - { plugin: acl, options: { rules: ${JSON.stringify(rules)} } }\n${exec(command)}`,
        ),
      )
    const [one, two] = [await open('/bin/true'), await open('/bin/false')]
    const alone = await folder.ofRules(rules)
    const requests = generateRequests([one])
    const both = await comparePolicies(one, two, requests)
    expect(both.changes).to.deep.equal([])
    expect(both.undecided).to.be.greaterThan(0).and.below(both.asked)
    const against = await comparePolicies(one, alone, requests)
    const unknown = against.changes.filter(({ before }) => before.kind === 'undecided')
    expect(unknown.length).to.equal(both.undecided)
    expect(unknown[0]!.before).to.deep.equal({
      kind: 'undecided',
      why: 'plugin exec (id exec) is not asked: it may need a network, or run a program',
    })
    expect(one.notAsked).to.deep.equal(['plugin exec (id exec)'])
  })

  it('keeps the labels of users whose password can not be read here, and says when it can not tell who is let in', async () => {
    const rules =
      'authorizers: [{ plugin: acl, options: { rules: [{ match: { labels: { team: red } }, actions: [pull] }, { match: { account: "" }, actions: [pull] }] } }]\n'
    const users = '{ alice: { password: !env POLICY_TEST_UNSET, labels: { team: red } } }'
    const http = '{ plugin: http, options: { url: !env POLICY_TEST_UNSET, json: {}, accept: "true" } }'
    const custom = '{ plugin: ./open.ts, options: { text: !env POLICY_TEST_UNSET, size: x } }'
    folder.write(
      'open.ts',
      "import { definePlugin, pass, z } from 'dockwarden/plugin'\nexport default definePlugin({ kind: 'authenticator', name: 'open', anonymous: true, options: z.strictObject({ text: z.string(), size: z.number() }), create: () => ({ authenticate: async () => pass }) })\n",
    )
    const open = (name: string, ...authenticators: string[]) =>
      folder.open(folder.write(name, `authenticators: [${authenticators.join(', ')}]\n${rules}`))
    const asked = (account: string) => ({ account, resource: parseScope('repository:a:pull') })
    const kept = await open('kept.yml', `{ plugin: static, options: { users: ${users} } }`, http)
    expect(await kept.ask(asked('alice'))).to.include({ kind: 'decided', rule: 'rule 1' })
    expect(await kept.ask(asked(''))).to.deep.include({ kind: 'decided', actions: [] })
    expect(kept.aside.map(({ path }) => path)).to.deep.equal([
      'authenticators[0].options.users.alice.password',
      'authenticators[1].options.url',
    ])
    const lost = await open('lost.yml', custom)
    expect(await lost.ask(asked(''))).to.deep.include({ kind: 'undecided' })
    expect(await lost.ask({ ...asked('bob'), labels: { team: ['red'] } })).to.include({ rule: 'rule 1' })
  })

  it('makes nothing of an authorizer that is taken to pass: its program may be elsewhere', async () => {
    const users = 'authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\n'
    const file = folder.write(
      'elsewhere.yml',
      `${users}authorizers: [{ plugin: exec, options: { command: /no/such/program } }, { plugin: acl, options: { rules: [{ actions: [pull] }] } }]\n`,
    )
    const failed = await folder.open(file).catch((error: Error) => error)
    expect(failed).to.be.instanceOf(ConfigError)
    const policy = await folder.open(file, { passing: ['exec'] })
    const asked = { account: 'bob', resource: parseScope('repository:a:pull') }
    expect(await policy.ask(asked)).to.include({ kind: 'decided', rule: 'rule 1' })
    expect(policy.notAsked).to.deep.equal([])
  })

  it('does not open what can not be sure to decide so', async () => {
    const users = 'authenticators: [{ plugin: static, options: { users: { a: { any_password: true } } } }]\n'
    for (const text of [
      `${users}labelers: [{ plugin: labels-map, options: { rules: [{ when: "acount" }] } }]\nauthorizers: [{ plugin: acl, options: { rules: [] } }]\n`,
      `${users}authorizers: [{ plugin: acl, options: { rules: [{ include: !env POLICY_TEST_UNSET }] } }]\n`,
      `${users}authorizers: [{ plugin: http, options: { url: !env POLICY_TEST_UNSET } }, { plugin: acl, options: { rules: [] } }]\n`,
      `${users}labelers: [{ plugin: sql, options: { query: "SELECT 1" } }]\nauthorizers: [{ plugin: acl, options: { rules: [] } }]\n`,
    ]) {
      const failed = await folder.open(folder.write('wrong.yml', text)).catch((error: Error) => error)
      expect(failed, text).to.be.instanceOf(ConfigError)
    }
  })
})
