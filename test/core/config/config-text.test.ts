// What is wrong with the text of a configuration, from the bytes of its file to what `check` and a start say.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { examine } from '../../../core/cli/check.ts'
import { readConfig } from '../../../core/config/config.ts'
import { formatProblem } from '../../../core/yaml/problems.ts'
import { newPair, type TestPair } from '../../support/key-pairs.ts'

const HASH = '$2y$05$gZkseKHTDP2nckDyFITLa.67vp3KZ5rcuUhZrSZuYrB4zxy1ragD.'
const NATIVE = 'server: { listen: "127.0.0.1:0" }\ntoken: { issuer: a }\n'
const USERS = `authenticators: [{ plugin: static, options: { users: { ann: { password: "${HASH}" } } } }]\n`
const THEIRS =
  'server: { addr: "127.0.0.1:0" }\ntoken: { issuer: a, expiration: 900, certificate: DIR/crt, key: DIR/key, x5c: true }\n'

describe('the text of a configuration', () => {
  let folder: string
  let file: string
  let pair: TestPair
  before(async () => {
    pair = await newPair('P-256')
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'))
    file = join(folder, 'c.yml')
    writeFileSync(join(folder, 'crt'), pair.certificate)
    writeFileSync(join(folder, 'key'), pair.key)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const here = (text: string) => {
    const given = text.replaceAll('DIR', folder)
    return text.includes('addr:') || text.includes('authorizers:') ? given : `${given}\nauthorizers: []\n`
  }

  async function found(text: string, encoding: BufferEncoding = 'utf8') {
    writeFileSync(file, here(text), encoding)
    const { problems, warnings } = await examine(file)
    const told = (list: typeof problems) => list.map((one) => formatProblem(one).replace(`${file}:`, ''))
    return { problems: told(problems), warnings: told(warnings) }
  }

  const none = (name: string) =>
    `there is no anchor &${name} before this *${name}; text that begins with * needs quotes: "*${name}"`
  const aliases: [string, string][] = [
    [
      `${THEIRS}users: {}\nacl: [{match: {account: *@corp.com}, actions: ["*"]}]`,
      `4:25: rule 1.match.account: ${none('@corp.com')}`,
    ],
    [`${THEIRS}users: {}\nacl: [{match: *all, actions: ["*"]}]`, `4:15: rule 1.match: ${none('all')}`],
    [`${THEIRS}users: {}\nacl: *rules`, `4:6: acl: ${none('rules')}`],
    [
      `${THEIRS}users: {admin: {password: *admin_hash}}\nacl: []`,
      `3:27: users.admin.password: ${none('admin_hash')}`,
    ],
    [`${THEIRS}users: {admin: *admin}\nacl: []`, `3:16: users.admin: ${none('admin')}`],
    [`${THEIRS}users: *users\nacl: []`, `3:8: users: ${none('users')}`],
    [
      `${NATIVE}${USERS}authorizers: [{ plugin: acl, options: { rules: [{ match: { account: *x }, actions: ["*"] }] } }]`,
      `4:69: authorizers[0].options.rule 1.match.account: ${none('x')}`,
    ],
    [
      `${NATIVE}${USERS}authorizers: [{ plugin: acl, options: { rules: [{ match: *x, actions: ["*"] }] } }]`,
      `4:58: authorizers[0].options.rule 1.match: ${none('x')}`,
    ],
    [
      `${NATIVE}authenticators: [{ plugin: static, options: { users: { a: { password: *x } } } }]`,
      `3:71: authenticators[0].options.users.a.password: ${none('x')}`,
    ],
    [`${NATIVE.replace('a }', '*x }')}${USERS}`, `2:18: token.issuer: ${none('x')}`],
    [`${NATIVE}${USERS}authorizers: *x`, `4:14: authorizers: ${none('x')}`],
  ]
  for (const [text, problem] of aliases) {
    it(`has one fault where an alias has no anchor, and nothing that comes of it: ${text.split('\n').at(-1)}`, async () => {
      expect(await found(text)).to.deep.equal({ problems: [problem], warnings: [] })
    })
  }

  it('names the byte that is no text, in both forms', async () => {
    for (const text of [NATIVE + USERS, `${THEIRS}users: {}\nacl: []\n`]) {
      const { problems } = await found(text.replace('issuer: a', 'issuer: Acm\xE9'), 'latin1')
      const offset = text.indexOf('issuer: a') + 'issuer: Acm'.length
      const column = offset - text.indexOf('token') + 1
      expect(problems).to.deep.equal([
        `2:${column}: the byte at offset ${offset} is not UTF-8; save the file as UTF-8, or correct this character`,
      ])
    }
  })

  it('is read from UTF-16 with a byte order mark, in both forms', async () => {
    for (const text of [NATIVE + USERS, `${THEIRS}users: {}\nacl: []\n`]) {
      const bytes = Buffer.from(`\uFEFF${here(text).replace('issuer: a', 'issuer: "Acmé 😀"')}`, 'utf16le')
      for (const written of [bytes, Buffer.from(bytes).swap16()]) {
        writeFileSync(file, written)
        expect((await readConfig(file)).token.issuer).to.equal('Acmé 😀')
      }
    }
  })

  it('has one document: a second one is an error in the native form, and a warning in docker_auth’s', async () => {
    expect((await found(`${NATIVE}${USERS}authorizers: []\n---\n`)).problems).to.deep.equal([])
    expect((await found(`${NATIVE}${USERS}authorizers: []\n---\nx: y\n`)).problems).to.deep.equal([
      '5:1: a second document begins here, and a file holds one; remove it, or the line (---) that begins it',
    ])
    const theirs = await found(`${THEIRS}users: {}\nacl: []\n---\nusers: {a: [\n`)
    expect(theirs).to.deep.equal({
      problems: [],
      warnings: ['5:1: a second document begins here, which is ignored, as in docker_auth; remove it'],
    })
  })

  it('says what to write for a name that YAML takes for nothing, in both forms', async () => {
    for (const key of ['null', '~', 'NULL']) {
      const message = `${key} is no name; write "" for the empty one (of users: requests without credentials), or "null" in quotes for that name`
      expect(await found(`${THEIRS}users: {${key}: {}}\nacl: []`)).to.deep.equal({
        problems: [`3:9: users: ${message}`],
        warnings: [],
      })
      const users = `authenticators: [{ plugin: static, options: { users: { ${key}: {} } } }]`
      expect((await found(NATIVE + users)).problems).to.deep.equal([
        `3:56: authenticators[0].options.users: ${message}`,
      ])
      const labels = `authenticators: [{ plugin: static, options: { users: { a: { disabled: true, labels: { ${key}: b } } } } }]`
      expect((await found(NATIVE + labels)).problems[0]).to.contain(`.users.a.labels: ${key} is no name`)
      const acl = `${THEIRS}users: {}\nacl: [{match: {labels: {${key}: b}}, actions: ["*"]}]`
      expect((await found(acl)).problems).to.deep.equal([`4:25: rule 1.match.labels: ${message}`])
    }
  })

  it('refuses a misspelt tag of a secret, which would be the secret', async () => {
    const users = 'authenticators: [{ plugin: static, options: { users: { a: { password: !evn ADMIN } } } }]'
    expect((await found(NATIVE + users)).problems[0]).to.contain(
      '3:71: there is no tag !evn; did you mean "!env"?',
    )
  })

  it('never makes another secret of a file that is no text', async () => {
    writeFileSync(join(folder, 'secret'), 'open s\xE9same', 'latin1')
    const users =
      'authenticators: [{ plugin: static, options: { users: { a: { password: !file secret } } } }]'
    expect((await found(NATIVE + users)).problems).to.deep.equal([
      `3:77: authenticators[0].options.users.a.password: ${join(folder, 'secret')}:1:7: the byte at offset 6 is not UTF-8; save the file as UTF-8, or correct this character`,
    ])
    writeFileSync(join(folder, 'secret'), `\uFEFF${HASH}\n`)
    expect((await found(NATIVE + users)).problems).to.deep.equal([])
  })

  it('tells the first hundred of many problems', async () => {
    const rules = `[${'{ match: { acount: a }, actions: [] },\n '.repeat(300)}]`
    const { problems } = await found(
      `${NATIVE}${USERS}authorizers: [{ plugin: acl, options: { rules: ${rules} } }]`,
    )
    expect(problems).to.have.length(101)
    expect(problems[100]).to.match(/^104:\d+: 200 more problems from here on; mend those above first$/)
  })
})
