// `check` and rules that can't mean what they say: each at its own line and column, many alike in one line, none of correct files.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { examine } from '../core/cli/check.ts'
import { compileRules } from '../core/plugin.ts'
import { formatProblem, type Problem } from '../core/yaml/problems.ts'
import { newPair } from './support/key-pairs.ts'

const NATIVE = `server: { listen: "127.0.0.1:0" }
authenticators: [{ plugin: static, options: { users: { ann: { password: !env RULES_PASSWORD } } } }]
authorizers:
  - plugin: acl
    options:
      rules:
`

describe('check and rules', () => {
  let folder: string
  before(() => {
    process.env.RULES_PASSWORD = 'a password of the test'
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rule-warnings-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  after(() => {
    delete process.env.RULES_PASSWORD
  })

  /** What is said of a file, with paths from the folder on. */
  async function said(text: string, others: Record<string, string> = {}) {
    for (const [name, content] of Object.entries({ 'c.yml': text, ...others })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    const { problems, warnings, notes } = await examine(join(folder, 'c.yml'))
    const shown = (list: readonly Problem[]) =>
      list.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''))
    return { problems: shown(problems), warnings: shown(warnings), notes: shown(notes) }
  }

  const ruled = (...rules: string[]) => NATIVE + rules.map((rule) => `        - ${rule}\n`).join('')

  it('each is told at its line and column, by its number, and nothing else stands there', async () => {
    const { problems, warnings } = await said(
      ruled(
        '{ match: { account: ann }, actions: ["*"] }',
        '{ match: { name: "team/app:latest" }, actions: [pull] }',
        '{ match: { name: "a/*" }, actions: [pull, psuh] }',
        '{ match: { name: "a/b" }, actions: [pull] }',
      ),
    )
    expect(problems).to.deep.equal([])
    expect(warnings).to.deep.equal([
      'c.yml:8:28: authorizers[0].options.rule 2.match.name: has a tag, which is not in the name that a registry asks for; write "team/app"',
      'c.yml:9:53: authorizers[0].options.rule 3.actions[1]: "psuh" is no action that clients of registries ask for; did you mean "push"?',
      'c.yml:10:11: authorizers[0].options.rule 4: can never be reached: rule 3 stands before it and matches whatever it matches; move it up, or make that one narrower',
    ])
  })

  it('in groups, where the condition is written, and in included files', async () => {
    const { warnings } = await said(
      ruled(
        '{ group: g, match: { name: "Team/*" }, rules: [{ match: { account: x }, actions: [pull] }, { effect: deny, actions: [psuh] }, { include: d/more.yml }] }',
        '{ include: d }',
      ),
      { 'd/more.yml': '- { match: { type: repo }, actions: [pull] }\n' },
    )
    expect(warnings).to.deep.equal([
      'd/more.yml:1:20: rule 1.match.type: is no type that registries ask for; write repository',
      'c.yml:7:38: authorizers[0].options.rule 1.match.name: has capitals, which no repository has in its name; write "team/*"',
      'c.yml:7:128: authorizers[0].options.rule 1.rule 2.actions[0]: "psuh" is no action that clients of registries ask for; did you mean "push"?',
    ])
  })

  it('many alike are one line, with their count', async () => {
    const rules = Array.from({ length: 30 }, (_, index) => `{ match: { name: n${index} }, actions: [push] }`)
    const { warnings } = await said(ruled(...rules))
    expect(warnings).to.deep.equal([
      'c.yml:7:43: authorizers[0].options.rule 1.actions: have push without pull, with which no client can push, as it asks for both; write [pull, push] (and 29 alike: rule 2, rule 3, rule 4, rule 5, rule 6, rule 7, rule 8, rule 9, rule 10, rule 11, 19 more)',
    ])
  })

  it('** is noted, not warned of, in one line', async () => {
    const { warnings, notes } = await said(ruled('{ match: { name: "a/**" }, actions: [pull] }'))
    expect(warnings).to.deep.equal([])
    expect(notes.filter((note) => note.includes('**'))).to.deep.equal([
      'c.yml:7:28: authorizers[0].options.rule 1.match.name: ** is any text here, slashes included (but a/** is not a, nor a/**/b a/b); it was the same as * before: see UPGRADE.md',
    ])
  })

  it("in docker_auth's form too, and everything for this machine where everybody comes from it", async () => {
    const { certificate, key } = await newPair('RSA-2048')
    const form = (server: string) => `server: { addr: "127.0.0.1:0"${server} }
token: { issuer: i, expiration: 900, certificate: ${folder}/c.pem, key: ${folder}/k.pem }
users: { ann: { password: "$2y$05$LO.vzwpWC5LZGqThvEfznu8qhb5SGqvBSWY1J3yZ4AxtMRZ3kN5jC" } }
acl:
  - { match: { ip: "127.0.0.0/8" }, actions: ["*"] }
  - { match: { account: "" }, actions: ["pull"] }
  - { match: { account: "/.+" }, actions: ["pull"] }
`
    const files = { 'c.pem': certificate, 'k.pem': key }
    const { warnings } = await said(form(''), files)
    expect(warnings.map((line) => line.replace(/;.*/, ''))).to.deep.equal([
      'c.yml:5:20: rule 1.match.ip: grants everything to this machine, from which everybody comes when a proxy runs on it',
      'c.yml:6:25: rule 2.match.account: is for clients without credentials, and no authenticator accepts any',
      'c.yml:7:25: rule 3.match.account: looks like a regular expression, but is matched as a glob',
    ])
    const direct = await said(form(`, certificate: ${folder}/c.pem, key: ${folder}/k.pem`), files)
    expect(direct.warnings).to.have.length(2)
  })

  it('no rules at all are warned of', async () => {
    const { warnings } = await said(`${NATIVE.trimEnd()} []\n`)
    expect(warnings).to.deep.equal([
      'c.yml:6:14: authorizers[0].options.rules: is empty, so that this authorizer grants nothing; write a rule, or remove it',
    ])
  })

  it("nothing is said of the rules of docker_auth's examples that work", async () => {
    const examples = `[
      { match: { ip: "127.0.0.0/8" }, actions: ["*"] }, { match: { ip: "::1" }, actions: ["*"] },
      { match: { account: "admin" }, actions: ["*"] },
      { match: { account: "test", name: "test-*" }, actions: ["*"] }, { match: { account: "test" }, actions: [] },
      { match: { account: "/.+/", name: "\${account}/*" }, actions: ["*"] },
      { match: { account: "/.+/", type: "registry", name: "catalog" }, actions: ["*"] },
      { match: { account: "/.+/" }, actions: ["pull"] },
      { match: { account: "", name: "hello-world" }, actions: ["pull"] },
      { match: { labels: { group: "/trainee|dev/" } }, actions: ["push", "pull"] },
      { match: { name: "\${labels:group}-shared/*" }, actions: ["push", "pull"] },
    ]`
    const { certificate, key } = await newPair('RSA-2048')
    const { problems, warnings } = await said(
      `server: { addr: "127.0.0.1:0", certificate: ${folder}/c.pem, key: ${folder}/k.pem }
token: { issuer: i, expiration: 900 }
users: { admin: { password: "$2y$05$LO.vzwpWC5LZGqThvEfznu8qhb5SGqvBSWY1J3yZ4AxtMRZ3kN5jC" }, "": {} }
acl: ${examples}
`,
      { 'c.pem': certificate, 'k.pem': key },
    )
    expect(problems).to.deep.equal([])
    expect(warnings.filter((line) => !/is read as a pattern, as in docker_auth/.test(line))).to.deep.equal([])
  })

  it('of random rules only what is certain: push without pull, the catalog without *, a host', () => {
    const cases = JSON.parse(readFileSync(new URL('vectors/acl-docker_auth.json', import.meta.url), 'utf8'))
    const found = new Set<string>()
    for (const { acl } of cases) {
      const rules = acl.map((rule: object) => ({ match: {}, ...rule }))
      for (const { message } of compileRules(rules, { substitution: 'pattern' }).warnings)
        found.add(message.split(/[;,]| that | host /)[0]!)
    }
    const known = [
      /^have push without pull/,
      /^are not what the catalog/,
      /^begins with the/,
      /^can never be reached/,
    ]
    const before = [
      /^is a malformed glob/,
      /^looks like a regular/,
      /is never replaced/,
      /stands for nothing/,
      /captures/,
    ]
    for (const message of found)
      expect(
        [...known, ...before].some((kind) => kind.test(message)),
        message,
      ).to.equal(true)
  })
})
