// `dockwarden plugin test`: the conformance kit on a plugin, with cases and without, and test files without an installation.
import { expect } from 'chai'
import { openPluginPlace, type PluginPlace } from '../../support/plugin-commands.ts'

const PASSWORD = 'blue-whale-canary-42'
/** @param body of authenticate */
const authenticator = (
  body: string,
) => `import { accept, definePlugin, pass, reject, z } from 'dockwarden/plugin'
export default definePlugin({ api: 1, kind: 'authenticator', name: 'codes', options: z.strictObject({ code: z.string() }),
  create: ({ code }, host) => ({ async authenticate({ account, password }, request) { ${body} } }) })`
const GOOD = authenticator(
  "return account !== 'ann' ? pass : password.reveal() === code ? accept({ labels: { group: ['guests'] } }) : reject('no')",
)
const LABELER = `import { definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({ api: 1, kind: 'labeler', name: 'teams', options: z.strictObject({}),
  create: () => ({ label: async ({ account }) => ({ team: [account[0]] }) }) })`
const AUTHORIZER = `import { definePlugin, deny, grant, pass, z } from 'dockwarden/plugin'
export default definePlugin({ api: 1, kind: 'authorizer', name: 'names', options: z.strictObject({}),
  create: () => ({ authorize: async ({ type, name, actions }, { account, client }) =>
    type !== 'repository' ? pass : name === account && client.ip === '192.0.2.1' ? grant(actions) : deny('other') }) })`
const TESTS = `import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conformance } from 'dockwarden/testing'
import plugin from './teams.ts'
conformance(plugin, { runner: { describe, it }, options: () => ({}), labels: [{ identity: { account: 'ann' }, expect: { team: ['a'] } }] })
describe('more', () => {
  it('is so', () => {})
  it('is left out', { skip: true }, () => {})
  it('is not so', () => { console.log('it wrote this'); assert.equal(1, 2, 'one is not two') })
})`

describe('dockwarden plugin test', () => {
  let place: PluginPlace
  let good: string
  before(() => {
    place = openPluginPlace()
    good = place.file('codes.ts', GOOD)
    place.file('code', `${PASSWORD}\n`)
  })
  after(() => place.remove())
  const options = `{ code: ${PASSWORD} }`

  it('runs the kit on what a plugin answers a stranger, when nobody gives it cases', async () => {
    const { status, stdout, stderr } = await place.test([good], { options })
    expect(stdout)
      .to.match(/^ok {6}answers a stranger$/m)
      .and.match(/^ok .*passes "stranger"$/m)
    expect(stdout).to.match(/^7 passed, 0 failed\n$/m)
    expect([status, stderr]).to.deep.equal([0, ''])
    for (const [name, text] of [
      ['teams.ts', LABELER],
      ['names.ts', AUTHORIZER],
    ] as const)
      expect((await place.test([place.file(name, text)])).status, name).to.equal(0)
  })

  it('runs it on cases of a file', async () => {
    const cases = place.file(
      'cases.yml',
      `accepts: [{ account: ann, password: !file code, labels: { group: guests } }]
rejects: [{ account: ann, password: another-one }]
passes: [{ account: bob, password: !file code, ip: 192.0.2.1, client: docker, service: registry }]
invalid: [{ options: { code: 7 }, path: code, message: string }]
`,
    )
    const { status, stdout } = await place.test([good], { options, cases, json: true })
    const { passed, failed, tests } = JSON.parse(stdout)
    expect([status, passed, failed]).to.deep.equal([0, tests.length, 0])
    expect(tests.map(({ name }: { name: string }) => name)).to.include.members([
      'accepts "ann"',
      'passes "bob"',
      'refuses code: string',
    ])
    expect(stdout).to.not.include(PASSWORD)
    const decisions = place.file(
      'decisions.yml',
      `decisions:
  - { account: a/b, ip: 192.0.2.1, scope: "repository:a/b:pull,push", expect: [pull, push] }
  - { account: a/b, scope: "repository:a/b:pull,push", expect: denied }
  - { account: a/b, scope: "registry:catalog:*", expect: pass }
`,
    )
    expect((await place.test([place.file('names.ts', AUTHORIZER)], { cases: decisions })).stdout).to.match(
      /0 failed/,
    )
    const labels = place.file(
      'labels.yml',
      'labels: [{ account: ann, expect: { team: a } }, { account: bob, expect: { team: x } }]',
    )
    const wrong = await place.test([place.file('teams.ts', LABELER)], { cases: labels })
    expect(wrong.stdout)
      .to.match(/^ok .*labels "ann"$/m)
      .and.match(/^FAILED .*labels "bob"$/m)
    expect(wrong.status).to.equal(1)
  })

  it('takes the options of a configuration', async () => {
    const config = place.file(
      'dockwarden.yml',
      `authenticators: [{ plugin: ./codes.ts, options: { code: ${PASSWORD} } }]\nauthorizers: []\n`,
    )
    expect((await place.test([good], { config })).status).to.equal(0)
  })

  const faulty: [what: string, body: string, said: RegExp][] = [
    ['accepts everybody', 'return accept()', /it accepts a stranger with a made up password/],
    ['throws', "throw new Error('no route to the backend')", /answers a stranger\n +no route to the backend/],
    ['answers nothing', '', /FAILED/],
    ['changes what it gets', "request.client.ip = 'x'; return pass", /frozen: copy it before you change it/],
    [
      'tells the password',
      'host.log.info({}, password.reveal()); return reject("no")',
      /a log line shows a password/,
    ],
    [
      'is not the same twice',
      "globalThis.asked = !globalThis.asked; return globalThis.asked ? pass : reject('no')",
      /FAILED/,
    ],
  ]
  for (const [index, [what, body, said]] of faulty.entries()) {
    it(`fails for a plugin that ${what}`, async () => {
      const file = place.file(`faulty-${index}/codes.ts`, authenticator(body))
      const { status, stdout } = await place.test([file], { options })
      expect(stdout)
        .to.match(said)
        .and.match(/[1-9]\d* failed/)
      expect(status).to.equal(1)
    })
  }

  it('runs test files, in which dockwarden/testing is there', async () => {
    place.file('teams.ts', LABELER)
    const file = place.file('teams.test.ts', TESTS)
    const { status, stdout, stderr } = await place.test([file])
    expect(stdout).to.match(/^ok {6}teams keeps the plugin contract > labels "ann"$/m)
    expect(stdout)
      .to.match(/^ok {6}more > is so$/m)
      .and.match(/^skipped more > is left out$/m)
    expect(stdout).to.match(/^FAILED {2}more > is not so\n +one is not two\n.*\n.*teams\.test\.ts:9:/m)
    expect(stdout).to.match(/^\d+ passed, 1 failed, 1 skipped$/m)
    expect(stderr).to.include('it wrote this')
    expect(status).to.equal(1)
    const broken = place.file('broken.test.ts', "import { nothing } from 'dockwarden/testing'\nnothing()\n")
    const both = await place.test([file, broken], { json: true })
    expect([both.status, JSON.parse(both.stdout).failed]).to.deep.equal([1, 2])
    expect(both.stderr).to.include("does not provide an export named 'nothing'")
  })

  const wrong: [what: string, run: () => ReturnType<PluginPlace['test']>, said: RegExp][] = [
    [
      'a file that is not there',
      () => place.test([place.path('no.test.ts')]),
      /there is no file .*no\.test\.ts/,
    ],
    ['a plugin that is not there', () => place.test([place.path('no.ts')]), /there is no such file/],
    ['options that are missing', () => place.test([good]), /--options:1:1: code: is missing/],
    [
      'options of a test file',
      () => place.test([place.file('x.test.ts', '')], { options }),
      /--options is for a plugin/,
    ],
    ['several plugins', () => place.test([good, good], { options }), /one plugin at a time/],
    [
      'cases of another kind',
      () =>
        place.test([good], { options, cases: place.file('c.yml', 'labels: [{ account: a, expect: {} }]') }),
      /has labels, which are for labelers/,
    ],
    [
      'cases with an unknown key',
      () => place.test([good], { options, cases: place.file('c.yml', 'accept: []') }),
      /c\.yml:1:1: accept: unknown key/,
    ],
    [
      'a case without its password',
      () => place.test([good], { options, cases: place.file('c.yml', 'passes: [{ account: a }]') }),
      /passes\[0\]\.password/,
    ],
    [
      'a scope that is none',
      () =>
        place.test([place.file('names.ts', AUTHORIZER)], {
          cases: place.file('c.yml', 'decisions: [{ scope: x, expect: pass }]'),
        }),
      /decisions\[0\]\.scope/,
    ],
    [
      'a pattern that is none',
      () =>
        place.test([good], {
          options,
          cases: place.file('c.yml', 'invalid: [{ options: {}, message: "(" }]'),
        }),
      /invalid\[0\]\.message/,
    ],
    [
      'no cases in the file',
      () => place.test([good], { options, cases: place.file('c.yml', '{}') }),
      /has no case for its kind/,
    ],
  ]
  for (const [what, run, said] of wrong) {
    it(`ends with 2 and says what to write for ${what}`, async () => {
      const { status, stderr } = await run()
      expect(stderr).to.match(said)
      expect(status).to.equal(2)
    })
  }
})
