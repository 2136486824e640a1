// `dockwarden explain --who`: turned round.
import { expect } from 'chai'
import { type Given, openPlace, type Place } from './explain-steps.ts'

const HASH = '"$2y$05$mdG8K4U.5d4h7RYqVw7vWeN7F8qztzgn5CvzKQfFtOY8Fz7WD..9a"'
const USERS = `{
  alice: { password: ${HASH}, labels: { team: [red, ops] } },
  bob: { password: ${HASH} },
  eve: { disabled: true },
  "": {},
}`
const MUTE = `
import { accept, definePlugin, pass, z } from 'dockwarden/plugin'
const authenticator = definePlugin({ kind: 'authenticator', name: 'mute', options: z.strictObject({}), create: () => ({
  authenticate: async () => accept(),
}) })
const authorizer = definePlugin({ kind: 'authorizer', name: 'mute', options: z.strictObject({}), create: () => ({
  authorize: async () => pass,
}) })
export default [authenticator, authorizer]`

describe('dockwarden explain --who', () => {
  let place: Place
  before(async () => {
    place = await openPlace()
    place.file('mute.ts', MUTE)
    place.file('htpasswd', `zoe:${HASH.slice(1, -1)}\n`)
  })
  after(() => place.remove())

  const configOf = (rules: string, more: { authenticators?: string; authorizers?: string } = {}) =>
    place.file(
      'who.yml',
      `
server: { listen: 127.0.0.1:5001 }
token: { keys: [{ certificate: cert.pem, key: key.pem }] }
authenticators:
  - { plugin: static, options: { users: ${USERS.replaceAll('\n', ' ')} } }
  - { plugin: htpasswd, options: { file: htpasswd } }
${more.authenticators ?? ''}
authorizers:
${more.authorizers ?? ''}
  - plugin: acl
    options:
      rules:
${rules}
`,
    )
  async function who(rules: string, scope: string, given: Given = {}, more = {}) {
    const file = configOf(rules, more)
    const { status, stdout } = await place.run(file, { who: scope, json: true, ...given })
    const { accounts, rules: by, ...rest } = JSON.parse(stdout)
    return {
      exit: status,
      accounts: accounts.map((one: { account: string; by: string }) => `${one.account}: ${one.by}`),
      by: by.map((one: { rule: string; who: string }) => `${one.rule.replace(/ at .*/, '')}: ${one.who}`),
      ...rest,
    }
  }

  const table: [string, string, string, { accounts: string[]; by: string[]; open?: RegExp[] }, Given?][] = [
    [
      'an account',
      '        - { match: { account: bob, name: team/* }, actions: [push] }',
      'repository:team/app:push',
      { accounts: ['bob: acl: rule 1'], by: ['acl: rule 1: account bob'] },
    ],
    [
      'everybody, but those without credentials',
      '        - { match: { account: "/.+/" }, actions: [pull] }',
      'repository:team/app:pull',
      {
        accounts: ['alice: acl: rule 1', 'bob: acl: rule 1', 'zoe: acl: rule 1'],
        by: ['acl: rule 1: any account that matches /.+/'],
      },
    ],
    [
      'nobody',
      '        - { match: { account: "/.+/" }, actions: [pull] }',
      'repository:team/app:push',
      { accounts: [], by: [] },
    ],
    [
      'a label',
      '        - { match: { labels: { team: ops } }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: ['alice: acl: rule 1'], by: ['acl: rule 1: any account, with label team = ops'] },
    ],
    [
      'a label in the name',
      '        - { match: { name: "teams/${labels:team}/*" }, actions: ["*"] }',
      'repository:teams/red/app:push',
      { accounts: ['alice: acl: rule 1'], by: ['acl: rule 1: any account, with label team = red'] },
    ],
    [
      'the account in the name',
      '        - { match: { name: "${account}/*" }, actions: ["*"] }',
      'repository:bob/app:push',
      { accounts: ['bob: acl: rule 1'], by: ['acl: rule 1: account bob'] },
    ],
    [
      'an earlier denial',
      `        - { match: { account: bob }, effect: deny, actions: [push] }
        - { match: { account: "/.+/" }, actions: ["*"] }`,
      'repository:team/app:push',
      {
        accounts: ['alice: acl: rule 2', 'zoe: acl: rule 2'],
        by: ['acl: rule 2: any account that matches /.+/'],
      },
    ],
    [
      'a pattern that nobody can be made up for',
      '        - { match: { account: "/^svc-[0-9]+$/" }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: [], by: [], open: [/^acl: rule 1 at .* also wants account "\/\^svc-\[0-9\]\+\$\/"$/] },
    ],
    [
      'captures',
      '        - { match: { account: "/^(.+)@x$/", name: "${account:1}/*" }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: [], by: [], open: [/also wants account .*, and name \$\{account:1\}\/\*$/] },
    ],
    [
      'a rule about other names',
      '        - { match: { account: "/^svc-/", name: other/* }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: [], by: [] },
    ],
    [
      'an address that is not given',
      '        - { match: { ip: 10.0.0.0/8 }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: [], by: [], open: [/also wants a client of 10\.0\.0\.0\/8$/] },
    ],
    [
      'an address that is given',
      '        - { match: { ip: 10.0.0.0/8, account: bob }, actions: ["*"] }',
      'repository:team/app:push',
      { accounts: ['bob: acl: rule 1'], by: ['acl: rule 1: account bob'] },
      { ip: '10.1.2.3' },
    ],
    [
      'a condition in CEL',
      '        - { match: { account: bob }, when: \'client.id == "x"\', actions: ["*"] }',
      'repository:team/app:push',
      { accounts: [], by: [], open: [/also wants when client\.id == "x"$/] },
    ],
    [
      'somebody who is what an earlier rule is about',
      `        - { match: { account: "/^some/" }, actions: [] }
        - { match: { account: "/.+/" }, actions: ["*"] }`,
      'repository:team/app:push',
      {
        accounts: ['alice: acl: rule 2', 'bob: acl: rule 2', 'zoe: acl: rule 2'],
        by: [],
        open: [/rule 2 at .* is about any account that matches \/\.\+\/; for somebody acl: rule 1 decides$/],
      },
    ],
  ]
  for (const [name, rules, scope, { accounts, by, open = [] }, given] of table) {
    it(name, async () => {
      const found = await who(rules, scope, given)
      expect(found).to.deep.include({ scope, accounts, by, complete: open.length === 0 })
      expect(found.exit).to.equal(accounts.length + by.length > 0 ? 0 : 1)
      expect(found.open).to.have.length(open.length)
      for (const [index, pattern] of open.entries()) expect(found.open[index]).to.match(pattern)
    })
  }

  it('says who can not be turned round', async () => {
    const found = await who(
      '        - { match: { account: bob }, actions: ["*"] }',
      'repository:a:push',
      {},
      {
        authenticators: '  - { plugin: ./mute.ts, id: corp }',
        authorizers: '  - { plugin: ./mute.ts, id: policy }',
      },
    )
    expect(found.complete).to.equal(false)
    expect(found.open).to.deep.equal([
      "plugin mute (id corp) can't list its accounts; ask with --account NAME --ask",
      'plugin mute (id policy) can only be asked about somebody',
    ])
    expect(found.accounts).to.deep.equal(['bob: acl: rule 1'])
  })

  it('as a page', async () => {
    const file = configOf('        - { match: { account: bob }, actions: ["*"] }')
    const { stdout } = await place.run(file, { who: 'repository:team/app:push' })
    expect(stdout).to.equal(`Who could: repository:team/app:push

Known accounts
  bob (static), by acl: rule 1

By rules
  acl: rule 1 at who.yml:13: account bob

complete
`)
  })

  it('asks about everybody, and a scope that can be read', async () => {
    const file = configOf('        - { actions: ["*"] }')
    for (const given of [{ account: 'x' }, { ask: true as const }])
      expect(
        await place.run(file, { who: 'repository:a:push', ...given }).catch(({ message }) => message),
      ).to.match(/--who asks about everybody/)
    expect(await place.run(file, { who: 'repository:a' })).to.deep.include({ status: 2, stdout: '' })
  })
})
