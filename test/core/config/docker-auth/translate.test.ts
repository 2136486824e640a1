import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { readConfig } from '../../../../core/config/config.ts'
import { isDockerAuthForm, translate } from '../../../../core/config/docker-auth/translate.ts'
import { nativeSchema } from '../../../../core/config/native/schema.ts'
import { Secret } from '../../../../core/plugin.ts'
import { ConfigError, formatProblem, type Problem } from '../../../../core/yaml/problems.ts'
import { validate } from '../../../../core/yaml/validate.ts'
import { parseYaml } from '../../../../core/yaml/yaml.ts'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

const HASH = '$2y$05$gZkseKHTDP2nckDyFITLa.67vp3KZ5rcuUhZrSZuYrB4zxy1ragD.'
const CHAINS = 'users: {}\nacl: []\n'
const FIXTURES = join(import.meta.dirname, 'fixtures')
const SEED = join(import.meta.dirname, '../../../../examples/seed/config/extAuth.yml')

describe("docker_auth's form", () => {
  const forms: [string, boolean][] = [
    ['users: {}', true],
    ['acl: []', true],
    ['ldap_auth: {}', true],
    ['casbin_authz:', true],
    ['server: { addr: x }', true],
    ['token: { disable_legacy_key_id: true }', true],
    ['authenticators: []\nacl: []', true],
    ['authenticators: []\nserver: { addr: x }', false],
    ['authenticators: []\nauthorizers: []', false],
    ['server: { listen: ":1" }', false],
    ['labelers: []', false],
    ['', false],
    ['text', false],
    ['[users]', false],
    ['server: users', false],
  ]
  for (const [text, expected] of forms) {
    it(`is ${expected ? '' : 'not '}what ${JSON.stringify(text)} is in`, () => {
      expect(isDockerAuthForm(parseYaml(text, 'f', { version: '1.2', base: '/' }).value)).to.equal(expected)
    })
  }

  it('is not to be mixed with plugin lists, which is all that is said of the missing other half', () => {
    expect(translateText(`${SERVER}${TOKEN}users: {}\nauthorizers: []\n`).problems).to.deep.equal([
      "f:4:1: authorizers: a file has either plugin lists or docker_auth's sections (here users), not both; write all in one form (in plugin lists users is static)",
    ])
  })

  it('needs a server, a token, an authenticator and an authorizer', () => {
    expect(translateText('server:\nusers: \n').problems).to.deep.equal([
      'f:1:1: server.addr: is missing; write ":5001", "HOST:PORT", or a path beside net: unix',
      "f:1:1: token.issuer: is missing; write the registry's auth.token.issuer",
      'f:1:1: token.expiration: must be a number of seconds greater than 0, such as 900',
      'f:1:1: token.certificate: is missing; name a certificate and a key here, or in server',
      'f:2:8: users: is missing, so that nobody could log in; write users or ext_auth, or users: {} to refuse everyone',
      'f:1:1: acl: is missing, so that nothing could be granted; write acl or ext_authz, or acl: [] to deny everything',
    ])
  })

  it('takes an empty user map and an empty ACL', () => {
    const { native, problems, warnings } = translateText(SERVER + TOKEN + CHAINS)
    expect([...problems, ...warnings]).to.deep.equal([])
    expect(native.authenticators[0].options).to.deep.equal({ users: {} })
    expect(native.authorizers[0].options).to.deep.equal({ rules: [], substitution: 'pattern' })
  })

  it('orders the chains as docker_auth does, whatever the order in the file', () => {
    const { native } = translateText(
      `ext_authz: { command: b }\nacl: []\next_auth: { command: a }\nusers: {}\n${SERVER}${TOKEN}`,
    )
    expect(native.authenticators).to.deep.equal([
      { plugin: 'static', id: 'users', timeout: '10s', options: { users: {} } },
      {
        plugin: 'exec',
        id: 'ext_auth',
        timeout: '10s',
        options: { command: 'a', max_processes: 128, protocol: 'ext_auth', anonymous: true },
      },
    ])
    expect(native.authorizers).to.deep.equal([
      { plugin: 'acl', id: 'acl', timeout: '10s', options: { rules: [], substitution: 'pattern' } },
      {
        plugin: 'exec',
        id: 'ext_authz',
        timeout: '10s',
        options: { command: 'b', max_processes: 128 },
      },
    ])
  })

  it('warns of unknown keys only', () => {
    const { problems, warnings } = translateText(
      `${SERVER}${TOKEN}acl: []\nusers: { a: { pasword: x, password: ${HASH} } }\nusres: {}\next_auth: { command: a, arg: [] }\n`,
    )
    expect(problems).to.deep.equal([])
    expect(warnings).to.have.members([
      'f:5:1: usres: unknown key, which is ignored; did you mean "users"?',
      'f:4:15: users.a.pasword: unknown key, which is ignored; did you mean "password"?',
      'f:6:25: ext_auth.arg: unknown key, which is ignored; did you mean "args"?',
    ])
  })

  it('says where keys belong that stand in another place, or stood in former versions', () => {
    const { problems, warnings } = translateText(
      [
        'server: { addr: ":1", issuer: x }',
        'token: { issuer: x, expiration: 900, certificate: c, key: k, addr: ":2" }',
        'users: {}',
        'acl: []',
        'addr: ":5001"',
        'expiration: 900',
        'key: k',
        'letsencrypt: { email: a@b }',
        'token_db: /x',
        'github_auth: { client_id: a, client_secret: b, token_db: /x }',
      ].join('\n'),
    )
    expect(problems).to.deep.equal([])
    const unknown = 'unknown key, which is ignored'
    const gone = 'remove it: passwords are kept in server.state_dir, or in server.store'
    expect(warnings).to.deep.equal([
      `f:5:1: addr: ${unknown}; write it in server`,
      `f:6:1: expiration: ${unknown}; write it in token`,
      `f:7:1: key: ${unknown}; write it in server, or in token`,
      `f:8:1: letsencrypt: ${unknown}; write it in server`,
      `f:9:1: token_db: ${unknown}; ${gone}`,
      `f:1:23: server.issuer: ${unknown}; write it in token`,
      `f:2:62: token.addr: ${unknown}; write it in server`,
      `f:10:48: github_auth.token_db: ${unknown}; ${gone}`,
    ])
  })

  it('refuses values of another type than docker_auth wants, each once', () => {
    const { problems } = translateText(
      [
        'server: { addr: [x], hsts: "true", real_ip_pos: "1", tls_cipher_suites: x, certificate: {} }',
        'token: { issuer: {}, expiration: "900", disable_legacy_key_id: 1 }',
        'users: []',
        'ext_auth: { command: [], args: a }',
        'acl: { match: {} }',
        'ext_authz: text',
      ].join('\n'),
    )
    expect(problems.map((problem) => problem.replace(/;.*/, ''))).to.have.members([
      'f:1:17: server.addr: must be text',
      'f:1:28: server.hsts: must be true or false, without quotes',
      'f:1:49: server.real_ip_pos: must be a whole number, without quotes',
      'f:1:73: server.tls_cipher_suites: must be a list',
      'f:1:89: server.certificate: must be text',
      'f:2:18: token.issuer: must be text',
      'f:2:34: token.expiration: must be a whole number, without quotes',
      'f:2:64: token.disable_legacy_key_id: must be true or false, without quotes',
      'f:3:8: users: must be a map (KEY: VALUE)',
      'f:4:22: ext_auth.command: must be text',
      'f:4:32: ext_auth.args: must be a list',
      'f:5:6: acl: must be a list',
      'f:6:12: ext_authz: must be a map (KEY: VALUE)',
    ])
  })

  it('takes null for absent', () => {
    const { native, problems, warnings } = translateText(
      [
        'server: { addr: ":1", net: , path_prefix: ~, certificate: null, key: , hsts: , letsencrypt: , real_ip_header: , tls_min_version: , tls_cipher_suites: , listen: , tls: }',
        'token: { issuer: x, expiration: 900, certificate: c, key: k, disable_legacy_key_id: , keys: , x5c: }',
        'ext_auth: { command: a, args: }',
        'ldap_auth: ',
        'ext_authz: ',
        'acl: [{ match: { account: ~, ip: null, labels: ~ }, actions: [], comment: }]',
      ].join('\n'),
    )
    expect([...problems, ...warnings]).to.deep.equal([])
    expect(native.server).to.deep.equal({ listen: ':1' })
    expect(native.authorizers).to.have.length(1)
    expect(native.authorizers[0].options.rules).to.deep.equal([{ match: {}, actions: [] }])
  })
})

describe("a file in docker_auth's form", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** What is wrong with the text as a file, without the file's name. */
  async function faultsOf(text: string): Promise<string[]> {
    const file = join(folder, 'config.yml')
    writeFileSync(file, text)
    try {
      await readConfig(file)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return error.problems.map((problem) => formatProblem(problem).slice(file.length + 1))
    }
  }

  it('loads: the deployment that Dockwarden stands in for', async () => {
    const { server, token, plugins, warnings } = await readConfig(SEED)
    expect(warnings).to.deep.equal([])
    const pair = { certificate: '/ssl/domain.crt', key: '/ssl/domain.key' }
    expect(server).to.deep.include({
      listen: { listed: false, entries: [{ address: { port: 5001 } }] },
      tls: { pairs: [{ at: '', ...pair }] },
    })
    expect(token).to.deep.include({ issuer: 'Auth Service', expiration: 900_000, keys: [pair], x5c: false })
    const [exec, acl] = plugins
    expect(exec).to.deep.include({ id: 'ext_auth', timeout: 10_000, onError: 'fail' })
    expect(exec!.options).to.include({
      command: '/extensions/ext_auth.sh',
      protocol: 'ext_auth',
      anonymous: true,
    })
    expect(exec!.options).to.have.deep.property('args', [''])
    expect(acl!.options).to.have.property('rules').with.length(4)
  })

  /** Every key, with a file where one is named that is read at load. */
  function everyKey(): string {
    const secret = join(folder, 'secret.txt')
    writeFileSync(secret, 'from a file\n')
    return readFileSync(join(FIXTURES, 'every-key.yml'), 'utf8').replace(': secret.txt', `: ${secret}`)
  }

  it('is refused with every Go plugin at once, each at its own line', async () => {
    const text = everyKey()
    const lineOf = (key: string) => text.split('\n').indexOf(`${key}:`) + 1
    const goPlugins = ['plugin_authn', 'plugin_authz'].map(
      (key) => `${lineOf(key)}:1: ${key}: a Go plugin (.so) can't be loaded here`,
    )
    const faults = await faultsOf(text)
    expect(faults.map((fault) => fault.replace(/;.*/, ''))).to.have.members(goPlugins)
  })

  it('loads: every supported key', async () => {
    const supported = everyKey().replace(/^plugin_\w+:\n(?: .*\n)*/gm, '')
    const file = join(folder, 'supported.yml')
    writeFileSync(file, supported)
    const { server, token, plugins, warnings } = await readConfig(file)
    expect(server).to.deep.equal({
      listen: { listed: false, entries: [{ address: { host: '0.0.0.0', port: 5443 } }] },
      path_prefix: '/registry-auth',
      tls: {
        pairs: [{ at: '', certificate: 'server.pem', key: 'server.key' }],
        min_version: 'TLSv1.2',
        curves: ['X25519', 'secp384r1'],
        cipher_suites: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-SHA'],
      },
      hsts: true,
      limits: { body: 65_536, headers: 65_536, keep_alive: 75_000, rule_steps: 1_000_000, scopes: 100 },
      client_ip: { header: 'X-Forwarded-For', position: -1 },
      guard: {},
      store: {
        redis: {
          addresses: [{ host: 'redis', port: 6379 }],
          cluster: false,
          database: 3,
          key_prefix: 'dockwarden:',
          password: new Secret('p'),
        },
      },
      workers: 1,
    })
    expect(token).to.deep.include({
      issuer: 'Example',
      expiration: 600_000,
      keys: [{ certificate: 'token.pem', key: 'token.key' }],
      key_id: 'thumbprint',
      x5c: false,
    })
    expect(plugins.map(({ id }) => id)).to.deep.equal([
      'users',
      'ext_auth',
      'google_auth',
      'github_auth',
      'oidc_auth',
      'gitlab_auth',
      'ldap_auth',
      'mongo_auth',
      'xorm_auth',
      'acl',
      'acl_mongo',
      'acl_xorm',
      'ext_authz',
      'casbin_authz',
    ])
    expect(plugins.slice(2, 6).map(({ timeout }) => timeout)).to.deep.equal([10_000, 1_500, 60_000, 10_000])
    expect(warnings.map(({ path }) => path)).to.deep.equal([
      'server.letsencrypt',
      'server.real_ip_header',
      'google_auth',
      'google_auth.level_token_db',
      'github_auth.client_secret',
      'github_auth.gcs_token_db',
      'oidc_auth.redis_token_db',
      'oidc_auth.redis_token_db.redis_options.poolsize',
      'oidc_auth.http_timeout',
      'gitlab_auth.organization',
      'gitlab_auth.level_token_db',
      'gitlab_auth.redis_token_db',
      'acl[0].match.name',
    ])
  })

  it("names docker_auth's own keys and lines when the native form or a plugin refuses a value", async () => {
    const text = [
      'server:',
      '  addr: nowhere',
      '  path_prefix: no/slash',
      '  real_ip_header: "not a header"',
      'token: { issuer: x, expiration: 900, certificate: c, key: k, state: 1, algorithm: RS256, x5c: maybe }',
      'users: {}',
      'acl:',
      '  - { match: {}, actions: [] }',
      '  - match: { account: "/(/" }',
      '    actions: [pull]',
      '  - match: { ip: 300.1.1.1, labels: { team: "/[/" } }',
      '    actions: [pull]',
    ].join('\n')
    const faults = await faultsOf(text)
    expect(faults.map((fault) => fault.split(': ').slice(0, 2).join(': '))).to.deep.equal([
      '2:9: server.addr',
      '3:16: server.path_prefix',
      '4:19: server.real_ip_header',
      '5:95: token.x5c',
      '9:23: rule 2.match.account',
      '11:18: rule 3.match.ip',
      '11:45: rule 3.match.labels.team',
    ])
  })

  it('may use anchors, <<, and native keys with !env', async () => {
    process.env.T_DOCKER_AUTH_ISSUER = 'from the environment'
    try {
      const file = join(folder, 'config.yml')
      writeFileSync(
        file,
        [
          'server: { <<: &pair { certificate: c, key: k }, addr: ":1", state_dir: /state }',
          'token: { <<: *pair, issuer: !env T_DOCKER_AUTH_ISSUER, expiration: 900 }',
          `users: { 007: &user { password: ${HASH} }, yes: *user }`,
          'acl: [{ match: {}, actions: [off] }]',
        ].join('\n'),
      )
      const { stateDir, token, plugins } = await readConfig(file)
      expect(stateDir).to.equal('/state')
      expect(token).to.deep.include({
        issuer: 'from the environment',
        keys: [{ certificate: 'c', key: 'k' }],
      })
      const { users } = plugins[0]!.options as { users: Map<string, unknown> }
      expect([...users.keys()]).to.deep.equal(['007', 'yes'])
      expect(plugins[1]!.options).to.have.deep.property('rules', [{ match: {}, actions: ['off'] }])
    } finally {
      delete process.env.T_DOCKER_AUTH_ISSUER
    }
  })

  it('is translated without a throw, whatever stands in it', () => {
    const key = fc.oneof(
      fc.constantFrom(
        ...[
          'server',
          'token',
          'users',
          'ext_auth',
          'acl',
          'ext_authz',
          'ldap_auth',
          'authorizers',
          'addr',
          'net',
        ],
        ...[
          'certificate',
          'key',
          'letsencrypt',
          'email',
          'tls_min_version',
          'tls_cipher_suites',
          'listen',
          'tls',
        ],
        ...[
          'real_ip_header',
          'issuer',
          'expiration',
          'keys',
          'password',
          'labels',
          'match',
          'actions',
          'account',
        ],
        ...['client_id', 'client_secret', 'issuer', 'redirect_url', 'http_timeout', 'labels_claims'],
        ...['redis_token_db', 'redis_options', 'redis_cluster_options', 'level_token_db', 'addrs'],
        ...['command', 'args', '__proto__', 'constructor', ''],
      ),
      fc.string(),
    )
    const scalar = fc.oneof(
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        900,
        1e300,
        'TLS12',
        '0xc014',
        'unix',
        ':5001',
        '2001-01-01',
        HASH,
        '',
      ),
      fc.string(),
      fc.double(),
    )
    const few = { maxKeys: 4, maxLength: 4 }
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('tree'), few),
        fc.dictionary(key, tie('tree'), few),
      ),
    }))
    const section = fc.dictionary(key, tree, few)
    fc.assert(
      fc.property(
        fc.record({
          server: tree,
          token: tree,
          users: tree,
          oidc_auth: tree,
          github_auth: tree,
          acl: fc.oneof(tree, fc.array(section, few)),
        }),
        (held) => {
          const yaml = parseYaml(stringify(held), 'f', { version: '1.1', base: '/nowhere' })
          fc.pre(yaml.value !== undefined)
          const problems: Problem[] = []
          const warnings: Problem[] = []
          const native = translate(yaml, { problems, warnings })
          validate(nativeSchema, native, yaml, { line: 1, column: 1, path: '' }, problems)
          const places = new Set(
            problems.map((problem) => `${problem.line}:${problem.column}:${problem.path}`),
          )
          expect(places.size, problems.map(formatProblem).join('\n')).to.equal(problems.length)
          for (const { line, column, message } of [...problems, ...warnings]) {
            expect(line >= 1 && column >= 1 && message !== '').to.equal(true)
          }
        },
      ),
    )
  })
})
