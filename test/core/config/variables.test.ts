// `${NAME}` and `$NAME` as a whole value are meant as environment variables; other dollars are nobody's business.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { inspectConfig } from '../../../core/config/config.ts'
import { formatProblem } from '../../../core/yaml/problems.ts'

const HASH = '$2b$04$XHWjtzOV5sxNGf5HiWWNZuvx34KSOPe.EacyIdsan/T68CM.uDuNy'
const NATIVE = 'authenticators: []\nauthorizers: []\n'
const PAIR = 'issuer: a, expiration: 900, certificate: c, key: k'
const THEIRS = `server: { addr: "127.0.0.1:5001" }\ntoken: { ${PAIR} }\n`
const authenticator = (plugin: string, options: string) =>
  `authenticators: [{ plugin: ${plugin}, options: { ${options} } }]\nauthorizers: []\n`
const rules = (match: string) =>
  `authenticators: []\nauthorizers: [{ plugin: acl, options: { rules: [{ match: ${match}, actions: ["*"] }] } }]\n`

describe('a text that looks like a variable', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-'))
  })

  after(() => rmSync(folder, { recursive: true }))

  /** What is said of variables, without the file's name. */
  async function said(text: string): Promise<string[]> {
    const file = join(folder, 'config.yml')
    writeFileSync(file, text)
    const { problems, warnings } = await inspectConfig(file)
    const all = [
      ...problems.map((problem) => `error ${formatProblem({ ...problem, file: '' })}`),
      ...warnings.map((warning) => `warning ${formatProblem({ ...warning, file: '' })}`),
    ]
    return all.filter((line) => line.includes('write !env NAMED'))
  }

  const SAYS = 'is this text, not the value of the variable; write !env NAMED'
  const found: [string, string, string][] = [
    ['an option of the server', `server: { state_dir: @ }\n${NATIVE}`, 'warning :1:22: server.state_dir: '],
    ['the issuer', `token: { issuer: @ }\n${NATIVE}`, 'warning :1:18: token.issuer: '],
    ['an item of a list', `token: { services: [a, @] }\n${NATIVE}`, 'warning :1:24: token.services[1]: '],
    [
      'an option of a plugin',
      authenticator('exec', 'command: a, args: [@]'),
      'warning :1:64: authenticators[0].options.args[0]: ',
    ],
    [
      'a label of a user',
      authenticator('static', `users: { a: { password: "${HASH}", labels: { b: [@] } } }`),
      'warning :1:149: authenticators[0].options.users.a.labels.b[0]: ',
    ],
    [
      "docker_auth's client secret",
      `${THEIRS}acl: []\ngithub_auth: { organization: a, client_id: b, client_secret: @ }\n`,
      'warning :4:62: github_auth.client_secret: ',
    ],
    [
      "docker_auth's issuer",
      `${THEIRS.replace('issuer: a', 'issuer: @')}acl: []\nusers: {}\n`,
      'warning :2:18: token.issuer: ',
    ],
    [
      "a password in docker_auth's form",
      `${THEIRS}acl: []\nusers: { a: { password: @ } }\n`,
      'warning :4:25: users.a.password: ',
    ],
    ['an address', `server: { listen: @ }\n${NATIVE}`, 'error :1:19: server.listen: '],
    ['a time', `token: { expiration: @ }\n${NATIVE}`, 'error :1:22: token.expiration: '],
    [
      "docker_auth's address of a database",
      `${THEIRS}acl: []\nxorm_auth: { database_type: mysql, conn_string: @ }\n`,
      'error :4:49: xorm_auth.conn_string: ',
    ],
    [
      'a secret',
      authenticator(
        'ldap',
        'servers: ["ldaps://a"], base: b, filter: "(uid=${account})", bind_dn: c, bind_password: @',
      ),
      'error :1:133: authenticators[0].options.bind_password: ',
    ],
  ]
  for (const [name, text, place] of found) {
    for (const variable of ['$NAMED', '"${NAMED}"']) {
      it(`is ${place.split(' ')[0]} at its place: ${name}, ${variable}`, async () => {
        expect(await said(text.replace('@', variable))).to.deep.equal([`${place}${SAYS}`])
      })
    }
  }

  it('is nothing where the option has placeholders, nor beside other text', async () => {
    const url = 'url: "https://a/b"'
    for (const text of [
      rules('{ account: "$NAMED", name: "$NAMED", labels: { a: "$NAMED" } }'),
      authenticator(
        'http',
        `${url}, json: { a: "$NAMED", b: ["$NAMED"] }, headers: { a: "$NAMED" }, form: {}`,
      ),
      authenticator('ldap', 'servers: ["ldaps://a"], base: "$NAMED", filter: "(uid=${account})"'),
      `${THEIRS}users: {}\nacl: [{ match: { account: "$NAMED", name: "\${NAMED}" }, actions: ["*"] }]\n`,
    ]) {
      expect(await said(text)).to.deep.equal([])
    }
    for (const value of [
      'a$NAMED',
      '$NAMED/b',
      '$named',
      '$1',
      '$',
      '${named}',
      '$$NAMED',
      '${NAMED:-x}',
      HASH,
      '/^NAMED$/',
    ]) {
      writeFileSync(join(folder, 'other.yml'), `token: { issuer: ${JSON.stringify(value)} }\n${NATIVE}`)
      const { warnings } = await inspectConfig(join(folder, 'other.yml'))
      expect(
        warnings.map(({ message }) => message).filter((text) => text.includes('!env')),
        value,
      ).to.deep.equal([])
    }
  })

  it('is in none of the files that we ship', async () => {
    const root = join(import.meta.dirname, '../../..')
    const files = ['config', 'examples', 'plugins'].flatMap((under) =>
      readdirSync(join(root, under), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yml'))
        .map((name) => join(root, under, name)),
    )
    expect(files).to.have.length.above(10)
    for (const file of files) {
      if (!/^(authenticators|users|acl|server):/m.test(readFileSync(file, 'utf8'))) continue
      const { warnings } = await inspectConfig(file)
      expect(
        warnings.filter(({ message }) => message.includes('of the variable')),
        file,
      ).to.deep.equal([])
    }
  })
})
