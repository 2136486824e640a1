import { expect } from 'chai'
import { deny, grant, pass, type RequestScope, toLabels } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

const app = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
const rules = (...list: object[]) => ({ rules: list })
const named = (name: string, more: object = {}) => rules({ match: { name, ...more }, actions: ['*'] })

conformance(plugin, {
  options: () =>
    rules(
      { match: { account: '' }, actions: [], comment: 'Nothing without a login' },
      { match: { name: '${account}/*' }, actions: ['*'], comment: 'Everybody owns a namespace' },
      { match: { name: '${labels:group}-shared/*', service: 'reg?' }, actions: ['pull', 'push'] },
      { match: { ip: '10.0.0.0/8' }, actions: ['pull'] },
      { match: { name: 'prod/*' }, effect: 'deny', actions: ['push'], comment: 'Freeze' },
      { match: { name: 'prod/*' }, when: 'client.id == "docker"', actions: ['pull', 'push'] },
    ),
  invalid: [
    { options: {}, path: 'rules', message: /expected array/ },
    { options: rules({ match: {} }), path: 'rules.0.actions', message: /is missing; write \[pull\]/ },
    { options: rules({ actions: 'pull' }), path: 'rules.0.actions', message: /must be a list/ },
    {
      options: rules({ match: { account: 7 }, actions: [] }),
      path: 'rules.0.match.account',
      message: /put it in quotes/,
    },
    {
      options: named('/(/'),
      path: 'rules.0.match.name',
      message: /no valid regular expression: missing closing/,
    },
    { options: named('/^${account}($/'), path: 'rules.0.match.name', message: /no valid regular expression/ },
    { options: named('[a'), path: 'rules.0.match.name', message: /malformed glob.*close every \[/ },
    { options: named('${account}[a'), path: 'rules.0.match.name', message: /malformed glob/ },
    { options: named('[${account}]'), path: 'rules.0.match.name', message: /\$\{account\} stands inside \[/ },
    {
      options: named('/[${account}]/'),
      path: 'rules.0.match.name',
      message: /\$\{account\} stands inside \[/,
    },
    { options: named('/\\Q${account}\\E/'), path: 'rules.0.match.name', message: /stands inside/ },
    {
      options: named('${acount}/*'),
      path: 'rules.0.match.name',
      message: /no placeholder; did you mean "\$\{account\}"/,
    },
    {
      options: named('${Account:1}/*'),
      path: 'rules.0.match.name',
      message: /did you mean "\$\{account:1\}"/,
    },
    {
      options: named('${account:1}/*'),
      path: 'rules.0.match.name',
      message: /account, which is no regular expression/,
    },
    {
      options: named('${account:2}', { account: '/^(a)/' }),
      path: 'rules.0.match.name',
      message: /its groups are 1 to 1/,
    },
    {
      options: named('${account:0}', { account: '/^(a)/' }),
      path: 'rules.0.match.name',
      message: /its groups are 1 to 1/,
    },
    {
      options: named('${account:1}', { account: '/^a/' }),
      path: 'rules.0.match.name',
      message: /it has no groups/,
    },
    {
      options: named('${account:1}', { account: '/(${labels:g})/' }),
      path: 'rules.0.match.name',
      message: /only variables/,
    },
    {
      options: named('a', { ip: '10.0.0' }),
      path: 'rules.0.match.ip',
      message: /write 192\.0\.2\.1 or 10\.0\.0\.0\/8/,
    },
    {
      options: named('a', { labels: { g: '/(/' } }),
      path: 'rules.0.match.labels.g',
      message: /no valid regular/,
    },
    {
      options: named('a', { labels: { g: '${labels:p}' } }),
      path: 'rules.0.match.labels.g',
      message: /stands for nothing/,
    },
    {
      options: named('a', { labels: JSON.parse('{"__proto__": "a"}') }),
      path: 'rules.0.match.labels.__proto__',
      message: /no name for a label/,
    },
    {
      options: rules({ effect: 'refuse', actions: [] }),
      path: 'rules.0.effect',
      message: /expected one of "grant"\|"deny"/,
    },
    {
      options: rules({ effect: 'deny', actions: [] }),
      path: 'rules.0.actions',
      message: /denies nothing; write/,
    },
    {
      options: rules({ when: true, actions: [] }),
      path: 'rules.0.when',
      message: /must be a CEL expression/,
    },
    {
      options: rules({ when: 'acount', actions: [] }),
      path: 'rules.0.when',
      message: /did you mean "account"/,
    },
    { options: rules({ include: '' }), path: 'rules.0.include', message: /write the path of a file/ },
    {
      options: rules({ include: 'a.yml', match: {} }),
      path: 'rules.0.match',
      message: /does not belong beside include/,
    },
    {
      options: rules({ rules: [] }),
      path: 'rules.0.group',
      message: /is missing; give the rules below a name/,
    },
    { options: rules({ group: 'a' }), path: 'rules.0.rules', message: /is missing; write the list/ },
    {
      options: rules({ group: 'a', rules: [], effect: 'deny' }),
      path: 'rules.0.effect',
      message: /belongs to each rule of the group/,
    },
    {
      options: rules({ group: 'a', match: { name: '[' }, rules: [{ actions: [] }] }),
      path: 'rules.0.match.name',
      message: /malformed glob/,
    },
    {
      options: rules({ group: 'a', when: 'acount', rules: [{ include: 'a.yml' }] }),
      path: 'rules.0.when',
      message: /did you mean "account"/,
    },
    {
      options: rules({ group: 'a', when: 'true', rules: [{ when: 'acount', actions: [] }] }),
      path: 'rules.0.rules.0.when',
      message: /did you mean "account"/,
    },
    {
      options: rules({ group: 'a', match: { ip: '::1' }, rules: [{ match: { ip: '::1' }, actions: [] }] }),
      path: 'rules.0.rules.0.match.ip',
      message: /is set by group a too/,
    },
    {
      options: { ...named('/(/'), substitution: 'pattern' },
      path: 'rules.0.match.name',
      message: /no valid regular/,
    },
    {
      options: { ...named('/${account}(/'), substitution: 'pattern' },
      path: 'rules.0.match.name',
      message: /no valid regular/,
    },
  ],
  decisions: [
    {
      account: 'ann',
      resource: app('prod/app', 'push'),
      expect: deny('denied by rule 5 (Freeze)'),
    },
    {
      account: 'ann',
      client: { id: 'docker' },
      resource: app('prod/app', 'push', 'pull'),
      expect: grant(['pull'], 'rule 6; push denied by rule 5 (Freeze)'),
    },
    { account: 'ann', client: { id: 'podman' }, resource: app('prod/app', 'pull'), expect: pass },
    { resource: app('hello', 'pull'), expect: grant([], 'rule 1 (Nothing without a login)') },
    {
      account: 'ann',
      resource: app('ann/app', 'push', 'pull'),
      expect: grant(['push', 'pull'], 'rule 2 (Everybody owns a namespace)'),
    },
    { account: 'constructor', resource: app('constructor/app', 'pull'), expect: grant(['pull']) },
    {
      account: 'ann',
      labels: { group: ['ops', 'dev'] },
      service: 'reg1',
      resource: app('dev-shared/app', 'delete', 'push'),
      expect: grant(['push'], 'rule 3'),
    },
    { account: 'ann', resource: app('dev-shared/app', 'pull'), service: 'reg1', expect: pass },
    {
      account: 'ann',
      client: { ip: '::ffff:10.1.2.3' },
      resource: app('bob/app', 'push', 'pull'),
      expect: grant(['pull'], 'rule 4'),
    },
    { account: 'ann', client: { ip: '192.0.2.1' }, resource: app('bob/app', 'pull'), expect: pass },
    { account: 'ann', client: { ip: 'nonsense' }, resource: app('bob/app', 'pull'), expect: pass },
    { account: 'ann', resource: app('bob/app', 'pull'), expect: pass },
  ],
})

describe('acl: substitution', () => {
  async function matches(match: object, substitution: string, request: RequestScope, name: string) {
    const options = plugin.options.parse({ rules: [{ match, actions: ['*'] }], substitution })
    const instance = await plugin.create(options, testHost())
    return (await instance.authorize(app(name, 'pull'), request)).outcome === 'grant'
  }

  const withGroup = (...group: string[]) => testRequest({ account: 'ann', labels: toLabels({ group }) })
  const table: [
    what: string,
    match: object,
    request: RequestScope,
    name: string,
    literal: boolean | 'refused',
    pattern: boolean,
  ][] = [
    ['a glob in a label', { name: '${labels:group}' }, withGroup('d*'), 'dev', false, true],
    ['the text of such a label', { name: '${labels:group}' }, withGroup('d*'), 'd*', true, true],
    ['a regex in a label', { name: '${labels:group}' }, withGroup('/ev/'), 'dev', false, true],
    ['a dot of a label in a regex', { name: '/^${labels:group}$/' }, withGroup('d.v'), 'dev', false, true],
    [
      'an alternative of a label in a regex',
      { name: '/^${labels:group}$/' },
      withGroup('x|v'),
      'dev',
      false,
      true,
    ],
    ['a repetition after a label', { name: '/^${labels:group}+$/' }, withGroup('ab'), 'abab', true, false],
    ['a label that is left open', { name: '/^(${labels:none}|dev)$/' }, withGroup('ab'), 'dev', true, true],
    ['an unresolved label', { name: '${labels:none}' }, withGroup('ab'), '${labels:none}', false, false],
    [
      'an unresolved label in brackets',
      { name: '/[x${labels:none}]/' },
      withGroup('ab'),
      'x',
      'refused',
      false,
    ],
  ]
  for (const [what, match, request, name, literal, pattern] of table) {
    it(`${what}: ${literal} as literal, ${pattern} as pattern`, async () => {
      const { success } = plugin.options.safeParse({ rules: [{ match, actions: [] }] })
      expect(success ? await matches(match, 'literal', request, name) : 'refused').to.equal(literal)
      expect(await matches(match, 'pattern', request, name)).to.equal(pattern)
    })
  }

  it('literal: a group that took no part in the match stands for nothing; pattern: for an empty text', async () => {
    const match = { account: '/^(x)?ann$/', name: '${account:1}app' }
    const request = testRequest({ account: 'ann' })
    expect(await matches(match, 'literal', request, 'app')).to.equal(false)
    expect(await matches(match, 'pattern', request, 'app')).to.equal(true)
  })

  it('literal: a backslash keeps ${ as text', async () => {
    const request = testRequest({ account: 'ann' })
    expect(await matches({ name: '\\${account}' }, 'literal', request, '${account}')).to.equal(true)
    expect(await matches({ name: '/^\\${account}$/' }, 'literal', request, '${account}')).to.equal(true)
    expect(await matches({ name: '\\${account}' }, 'literal', request, 'ann')).to.equal(false)
  })

  it('literal: captures may come from an expression with variables, and several stand in one pattern', async () => {
    const match = { account: '/^(.+)@(.+)\\.${service}$/', name: '${service}/${account:2}/${account:1}' }
    const request = testRequest({ account: 'ann@dev.r.g', service: 'r.g' })
    expect(await matches(match, 'literal', request, 'r.g/dev/ann')).to.equal(true)
    expect(
      await matches(match, 'literal', testRequest({ account: 'ann@dev.rxg', service: 'r.g' }), 'r.g/dev/ann'),
    ).to.equal(false)
  })
})
