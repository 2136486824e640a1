// `dockwarden plugin try`: what each kind says on a page and as JSON, where options come from, and how it ends.
import { expect } from 'chai'
import { examine } from '../../../core/cli/check.ts'
import { openPluginPlace, type PluginPlace } from '../../support/plugin-commands.ts'
import {
  ACCEPTS,
  METHOD,
  ODD_SCHEMAS,
  oddPlugin,
  UNMAKEABLE,
  WRONG_ANSWERS,
} from '../../support/wrong-plugins.ts'

const PASSWORD = 'blue-whale-canary-42'
const CODES = `import { accept, definePlugin, labels, mapOf, pass, reject, secret, z } from 'dockwarden/plugin'
const code = z.strictObject({ code: secret(), group: z.string().default('guests') })
export default definePlugin({
  api: 1, kind: 'authenticator', name: 'codes', options: z.strictObject({ codes: mapOf(code) }),
  create: ({ codes }) => ({
    async authenticate({ account, password }, request) {
      const found = codes.get(account)
      request.log.warn({ account, given: password.reveal(), wanted: found?.code.reveal() }, 'looked for ' + password.reveal())
      if (!found) return pass
      if (account === 'down') throw new Error('no route to ' + found.code.reveal())
      return found.code.equals(password) ? accept({ labels: { group: [found.group] } }) : reject('wrong: ' + password.reveal())
    },
  }),
})`
const AGAIN = `import { accept, definePlugin, pass, reject, z } from 'dockwarden/plugin'
export default definePlugin({ api: 1, kind: 'authenticator', name: 'again', anonymous: true, exchange: true, options: z.strictObject({}), create: () => ({
  authenticate: async ({ kind, password }) => kind === 'token' ? accept({ account: 'of ' + password.reveal().length }) : kind === 'anonymous' ? accept() : pass,
  refresh: async ({ account }) => account === 'ann' ? accept({ labels: { still: ['there'] } }) : reject('gone'),
}) })`
const BOTH = `import { definePlugin, deny, grant, pass, z } from 'dockwarden/plugin'
const options = z.strictObject({ teams: z.record(z.string(), z.string()).default({}) })
export default [
  definePlugin({ api: 1, kind: 'labeler', name: 'both', options, create: ({ teams }, host) => ({
    label: async ({ account, labels }) => ({ team: [teams[account] ?? 'none'], seen: Object.keys(labels) }) }) }),
  definePlugin({ api: 1, kind: 'authorizer', name: 'both', options, create: () => ({
    authorize: async ({ name, actions }, { account, labels }) =>
      name === 'x' ? pass : (labels.team ?? []).includes(name) ? grant(actions.slice(0, 1), 'team') : deny('of another') }) }),
]`
const SHARING = `import { accept, createToken, definePlugin, pass, z } from 'dockwarden/plugin'
const NAMES = createToken('acme/names')
export default [
  definePlugin({ api: 1, kind: 'authenticator', name: 'sharing', provides: [NAMES], options: z.strictObject({ name: z.string() }),
    create: ({ name }, host) => (host.provide(NAMES, { name }), { authenticate: async () => pass }) }),
  definePlugin({ api: 1, kind: 'labeler', name: 'sharing', needs: { names: NAMES }, options: z.strictObject({}),
    create: (_, host) => ({ label: async () => ({ name: [host.resolve(NAMES).name] }) }) }),
]`

/** How long it took is another one each time. */
const withoutTimes = (text: string) => text.replace(/after [\d.]+ ms/g, 'after N ms')

describe('dockwarden plugin try', () => {
  let place: PluginPlace
  let codes: string
  let both: string
  before(() => {
    place = openPluginPlace()
    codes = place.file('codes.ts', CODES)
    both = place.file('both.ts', BOTH)
    place.file('code', PASSWORD)
  })
  after(() => place.remove())
  const options = () =>
    `codes: { ann: { code: !file ${place.path('code')} }, down: { code: !file ${place.path('code')} } }`

  it('says what an authenticator answers, how long it took, and what it logged, without any secret', async () => {
    const right = await place.try(codes, { account: 'ann', input: `${PASSWORD}\n`, options: options() })
    expect(withoutTimes(right.stdout)).to.equal(`authenticator codes, codes.ts
  accepts ann with labels group [guests]
    after N ms
Log
  warn   looked for ***  {"account":"ann","given":"***","wanted":"***"}
`)
    expect([right.status, right.stderr]).to.deep.equal([0, ''])
    const cases: [account: string, input: string, said: RegExp][] = [
      ['ann', 'a-wrong-canary-77', /^ {2}rejects: wrong: \*\*\*$/m],
      ['bob', PASSWORD, /^ {2}passes: it has nothing to say$/m],
      ['down', PASSWORD, /^ {2}could not be asked: no route to \*\*\*$/m],
    ]
    for (const [account, input, said] of cases) {
      for (const json of [undefined, true] as const) {
        const { status, stdout, stderr } = await place.try(codes, {
          account,
          input,
          options: options(),
          json,
        })
        if (!json) expect(stdout).to.match(said)
        expect(status, account).to.equal(1)
        expect(stdout + stderr)
          .to.not.include(PASSWORD)
          .and.not.include('a-wrong-canary-77')
      }
    }
  })

  it('asks an authenticator without a password for a refresh, without credentials, or to exchange a token', async () => {
    const again = place.file('again.js', AGAIN)
    const first = async (given: Parameters<PluginPlace['try']>[1]) => {
      const { status, stdout } = await place.try(again, { ...given, json: true })
      const [{ asked, outcome, account }] = JSON.parse(stdout).answers
      return [status, asked, outcome, account]
    }
    expect(await first({ account: 'ann' })).to.deep.equal([0, 'refresh', 'accept', 'ann'])
    expect(await first({ account: 'bob' })).to.deep.equal([1, 'refresh', 'reject', undefined])
    expect(await first({})).to.deep.equal([0, 'authenticate', 'accept', ''])
    expect(await first({ input: 'a.token.of.somebody' })).to.deep.equal([
      0,
      'authenticate',
      'accept',
      'of 19',
    ])
    const { status, stdout } = await place.try(codes, { options: options() })
    expect(stdout).to.match(/was not asked: authentication required/)
    expect(status).to.equal(1)
  })

  it('gives a labeler the account and its labels, and an authorizer each scope', async () => {
    const given = { account: 'ann', label: ['team=web', 'x=y'], options: '{"teams": {"ann": "api"}}' }
    const labeled = await place.try(both, { ...given, kind: 'labeler', json: true })
    expect(JSON.parse(labeled.stdout)).to.deep.include({
      kind: 'labeler',
      plugin: 'both',
      id: 'both',
      log: [],
    })
    expect(JSON.parse(labeled.stdout).answers[0].labels).to.deep.equal({ team: ['api'], seen: ['team', 'x'] })
    expect(labeled.status).to.equal(0)
    const scopes = ['repository:web:pull,push', 'repository:api:pull', 'repository:x:pull']
    const decided = await place.try(both, { ...given, kind: 'authorizer' }, ...scopes)
    expect(withoutTimes(decided.stdout)).to.equal(`authorizer both, both.ts
  repository:web:pull,push: grants pull (team)
    after N ms
  repository:api:pull: denies (of another)
    after N ms
  repository:x:pull: passes: it has nothing to say
    after N ms
`)
    expect(decided.status).to.equal(1)
    const granted = await place.try(both, { ...given, kind: 'authorizer' }, 'repository:web:pull')
    expect(granted.status).to.equal(0)
  })

  it('takes the options of a configuration, and what the plugin needs of others there', async () => {
    place.file('sharing.ts', SHARING)
    const config = place.file(
      'dockwarden.yml',
      `authenticators:
  - { plugin: ./codes.ts, id: first, options: { codes: { ann: { code: !file code, group: one } } } }
  - { plugin: ./codes.ts, id: second, options: { codes: { ann: { code: !file code, group: two } } } }
  - { plugin: ./sharing.ts, options: { name: shared } }
labelers: [{ plugin: ./sharing.ts }]
authorizers: [{ plugin: acl, options: { rules: [{ match: { account: ann }, actions: [pull] }] } }]
`,
    )
    const given = { account: 'ann', input: PASSWORD, config }
    expect((await place.try(codes, { ...given, id: 'second' })).stdout).to.include('group [two]')
    const several = await place.try(codes, given)
    expect(several.stderr).to.include('as first, second; say which one with --id')
    const none = await place.try(codes, { ...given, id: 'third' })
    expect(none.stderr).to.include('as first, second, and not as third')
    const other = await place.try(both, given)
    expect(other.stderr).to.match(/does not use both\.ts; name it there, or give its options with --options/)
    const shared = await place.try(place.path('sharing.ts'), { account: 'ann', config, kind: 'labeler' })
    expect(shared.stdout).to.include('gives name [shared]')
    const builtIn = await place.try('acl', { account: 'ann', config }, 'repository:a:pull')
    expect(builtIn.stdout).to.include('repository:a:pull: grants pull (rule 1)')
    expect([several, none, other, shared, builtIn].map(({ status }) => status)).to.deep.equal([2, 2, 2, 0, 0])
  })

  const wrong: [what: string, run: () => Promise<{ status: number; stderr: string }>, said: RegExp][] = [
    ['no options', () => place.try(codes, { account: 'ann' }), /^--options:1:1: codes: is missing/m],
    [
      'a plain secret',
      () => place.try(codes, { account: 'a', options: 'codes:\n  a: { code: x }' }),
      /^--options:2:14: codes\.a\.code: is a secret that stands in the file/m,
    ],
    [
      'an unknown key',
      () => place.try(codes, { account: 'a', options: '{"codes": {}, "coeds": 1}' }),
      /^--options:1:15: coeds: unknown key/m,
    ],
    ['no YAML', () => place.try(codes, { account: 'a', options: '{ codes: ' }), /^--options:1:\d+: /m],
    [
      'no such file',
      () => place.try(place.path('coeds.ts'), { account: 'a' }),
      /there is no such file; write .*codes\.ts/,
    ],
    [
      'no such plugin',
      () => place.try('ldpa', { account: 'a' }),
      /there is no plugin "ldpa"; did you mean "ldap"/,
    ],
    [
      'several kinds',
      () => place.try(both, { account: 'a' }),
      /has several plugins; write --kind with one of labeler, authorizer/,
    ],
    [
      'another kind',
      () => place.try(both, { account: 'a', kind: 'authenticator' }),
      /has no authenticator; it has: labeler, authorizer/,
    ],
    [
      'no scope',
      () => place.try(both, { account: 'a', kind: 'authorizer' }),
      /add a scope such as repository:/,
    ],
    [
      'a broken scope',
      () => place.try(both, { account: 'a', kind: 'authorizer' }, 'repository'),
      /repository/,
    ],
    [
      'no password',
      () => place.try(codes, { account: 'ann', options: options() }),
      /the password is missing.*hand it over/,
    ],
    [
      'options twice',
      () => place.try(codes, { account: 'a', options: '{}', config: 'x.yml' }),
      /leave out --options/,
    ],
    ['an id of nothing', () => place.try(codes, { account: 'a', id: 'x' }), /add --config FILE/],
    ['no address', () => place.try(codes, { account: 'a', ip: 'here' }), /--ip "here" is no address/],
    ['no label', () => place.try(codes, { account: 'a', label: ['x'] }), /--label "x" is not name=value/],
  ]
  for (const [what, run, said] of wrong) {
    it(`ends with 2 and says what to write for ${what}`, async () => {
      const { status, stderr } = await run()
      expect(stderr).to.match(said)
      expect(status).to.equal(2)
    })
  }
})

describe('dockwarden plugin try with a plugin that is wrong', () => {
  let place: PluginPlace
  before(() => {
    place = openPluginPlace()
  })
  after(() => place.remove())

  /** What stands behind the place in what a start says of the same plugin. */
  async function atLoad(file: string, options: object): Promise<string[]> {
    const lists = { authenticators: [{ plugin: file, options }], authorizers: [] }
    const { problems } = await examine(place.file('dockwarden.yml', JSON.stringify(lists)))
    return problems.map(({ message }) => message.replaceAll(`${place.path('')}/`, ''))
  }

  const makeable: [what: string, source: string, options: object][] = [
    ...UNMAKEABLE.map(
      ([what, create, , more]) =>
        [what, oddPlugin('authenticator', `${create}; ${ACCEPTS}`, more), {}] as [string, string, object],
    ),
    ...ODD_SCHEMAS.map(
      ([what, schema]) =>
        [what, oddPlugin('authenticator', ACCEPTS, '', `z.strictObject({ a: ${schema} })`), { a: 'x' }] as [
          string,
          string,
          object,
        ],
    ),
    ['does not load', 'import { nothing } from "dockwarden/plugin"', {}],
    ['exports nothing', 'export const x = 1', {}],
    ['is no TypeScript', 'export default {', {}],
    [
      'has no create',
      "import { z } from 'dockwarden/plugin'\nexport default { kind: 'authenticator', name: 'x', options: z.any() }",
      {},
    ],
  ]
  for (const [index, [what, source, options]] of makeable.entries()) {
    it(`that ${what} has the words of a start`, async () => {
      const file = place.file(`wrong-${index}/odd.ts`, source)
      const words = await atLoad(file, options)
      const { status, stderr, stdout } = await place.try(file, {
        account: 'ann',
        options: JSON.stringify(options),
      })
      expect(words).to.have.length(1)
      expect(stderr).to.include(words[0])
      expect([status, stdout]).to.deep.equal([2, ''])
    })
  }

  for (const [index, [kind, what, body, said]] of WRONG_ANSWERS.entries()) {
    it(`that ${what} (${kind}) has the words of an audit line`, async () => {
      const source = oddPlugin(kind, `return { async ${METHOD[kind]}(c, request) { ${body} } }`)
      const file = place.file(`answer-${index}/odd.ts`, source)
      const input = 'canary of the wrong plugins'
      const { status, stdout } = await place.try(file, { account: 'ann', input }, 'repository:app:push,pull')
      expect(stdout)
        .to.match(/could not be asked: /)
        .and.include(said.replace('plugin odd (id odd): ', ''))
      expect(stdout).to.not.include(input)
      expect(status).to.equal(1)
    })
  }
})
