// docker_auth's form as a file in the native form: what becomes of keys, order and comments.
import { expect } from 'chai'
import { AlreadyNative } from '../../../core/convert/convert.ts'
import { ConfigError } from '../../../core/yaml/problems.ts'
import { chainsOf, converted, HEAD, proofOf } from './steps.ts'

const BCRYPT = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'

const WHOLE = `# Our registry's logins.

token: # signed with the same key
  issuer: 'Auth Service'
  expiration: 900 # a quarter of an hour

# Behind the balancer.
server:
  addr: ":5001"
  net: tcp
  # Given by the operators.
  certificate: /ssl/domain.crt
  key: /ssl/domain.key
  # hsts: true

# Who there is.
users:
  # Made with htpasswd -nB.
  "admin":
    password: "${BCRYPT}" # see the safe
  "": {} # everybody
  # nobody else

acl:
  # First the operators.
  - match: {account: "admin"}
    actions: ["*"]
    comment: "All of it"

  - match: {account: "/.+/", name: "\${account}/*"}
    actions: ["*"]
  # Denied by default.
# The end.
`

const WHOLE_CONVERTED = `# The native form of auth.yml, written by dockwarden convert.

# Our registry's logins.

token: # signed with the same key
  issuer: 'Auth Service'
  expiration: 900 # a quarter of an hour
  keys:
    - certificate: /ssl/domain.crt
      key: /ssl/domain.key
  x5c: false

# Behind the balancer.
server:
  listen: ":5001"
  # Not needed here: net: tcp
  # Given by the operators.
  tls:
    certificate: /ssl/domain.crt
    key: /ssl/domain.key
  reload: auto
  # hsts: true

authenticators:
  # Who there is.
  - plugin: static
    id: users
    timeout: 10s
    options:
      users:
        # Made with htpasswd -nB.
        admin:
          password: "${BCRYPT}" # see the safe
        "": {} # everybody
        # nobody else

authorizers:
  - plugin: acl
    id: acl
    timeout: 10s
    options:
      rules:
        # First the operators.
        - match: {account: "admin"}
          actions: ["*"]
          comment: "All of it"

        - match: {account: "/.+/", name: "\${account}/*"}
          actions: ["*"]
        # Denied by default.

# The end.
`

describe('convert', () => {
  it('keeps comments, their places, empty lines and the order', async () => {
    const { text } = await converted(WHOLE)
    expect(text).to.equal(WHOLE_CONVERTED)
  })

  it('keeps them whatever ends the lines', async () => {
    const { text } = await converted(`\uFEFF${WHOLE}`.slice(1).replaceAll('\n', '\r\n'))
    expect(text).to.equal(WHOLE_CONVERTED)
  })

  it("asks in docker_auth's order, whatever the file's", async () => {
    const conversion = await converted(
      `${HEAD}casbin_authz: { model_path: m, policy_path: p }\nacl: []\next_auth: { command: x }\nusers: {}\n`,
    )
    const { authenticators, authorizers } = chainsOf(conversion)
    expect(authenticators.match(/(?<=id: )\w+/g)).to.deep.equal(['users', 'ext_auth'])
    expect(authorizers.match(/(?<=id: )\w+/g)).to.deep.equal(['acl', 'casbin_authz'])
  })

  const VALUES: readonly (readonly [string, string, RegExp])[] = [
    ['an account that is a number', 'users: { 007: {} }\nacl: []', /"007": \{any_password: true\}/],
    [
      'words that YAML 1.1 takes for true',
      'users: {}\nacl: [{ match: { name: yes }, actions: [on] }]',
      /name: yes/,
    ],
    ['an octal number', 'users: {}\nacl: [{ match: { account: 0o17 }, actions: [] }]', /account: "0o17"/],
    ['an alias', 'users: {}\nacl: [&a { match: { name: x }, actions: [] }, *a]', /(name: x[\s\S]*){2}/],
    [
      'a merged map',
      'users: { a: &a { labels: { g: [x] } }, b: { <<: *a } }\nacl: []',
      /b: \{any_password: true, labels: \{g: \[x\]\}\}/,
    ],
    ['the last of two', 'users: { a: { labels: { g: [x] } }, a: {} }\nacl: []', /a: \{any_password: true\}/],
    [
      'a block of text',
      'users: {}\nacl:\n  - match: {}\n    actions: []\n    comment: >\n      one\n      two\n',
      /comment: >\n +one two\n/,
    ],
    [
      'nothing as a label',
      'users: {}\nacl: [{ match: { labels: { g: } }, actions: [] }]',
      /labels: \{g: ""\}/,
    ],
    [
      'an old hash',
      `users: { a: { password: ${BCRYPT.replace('$2y', '$2x')} } }\nacl: []`,
      /password: \$2b\$04/,
    ],
    [
      'a program beside the file',
      'ext_auth: { command: ./x.sh, args: [a b] }\nacl: []',
      /command: \.\/x\.sh\n/,
    ],
    ['a program in PATH', 'ext_auth: { command: my_auth }\nacl: []', /command: my_auth\n/],
    [
      'a duration',
      'users: {}\nacl_mongo: { dial_info: { addrs: [a], database: d }, collection: c, cache_ttl: 1m }',
      /cache_ttl: 1m\n/,
    ],
    ['native keys', 'users: {}\nacl: []\nlog: { labels: no }', /log:\n {2}labels: false\n/],
  ]
  for (const [what, text, expected] of VALUES) {
    it(`writes ${what} as the native form reads it`, async () => {
      const source = `${HEAD}${text}\n`
      expect((await converted(source)).text).to.match(expected)
      const { differences } = await proofOf(source, 0)
      expect(differences).to.deep.equal([])
    })
  }

  it('reads the first document only, and says so of nothing else', async () => {
    const { text } = await converted(
      `---\n${HEAD}users: {}\nacl: [] # none\n---\n# another\nusers: { a: {} }\n`,
    )
    expect(text).to.contain('# none').and.not.contain('another')
  })

  it('writes one list of a file in JSON', async () => {
    const { text } = await converted(
      '{"server":{"addr":":5001"},"token":{"issuer":"x","expiration":900,"certificate":"c","key":"k"},"users":{"":{}},"acl":[{"match":{},"actions":["pull"]}]}',
    )
    expect(text).to.contain('  listen: ":5001"\n').and.contain('rules: [{match: {}, actions: ["pull"]}]')
  })

  it('takes no conversion of a native file', async () => {
    for (const text of ['authenticators: []\nauthorizers: []\n', 'server: { listen: ":1" }\n'])
      await rejects(converted(text), AlreadyNative, /native form already/)
  })

  const FAULTS: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'server: {\n', /./],
    ['nothing', '', /is empty/],
    ['no authenticator', `${HEAD}acl: []\n`, /users: is missing/],
    ['both forms', `${HEAD}users: {}\nacl: []\nauthorizers: []\n`, /either plugin lists or/],
    [
      'a fault of the server',
      `server: { addr: x }\ntoken: { issuer: x, expiration: 9, certificate: c, key: k }\nusers: {}\nacl: []\n`,
      /server\.addr/,
    ],
    [
      'a section before others',
      `${HEAD}users: {}\nacl: [{ actions: [] }]\next_authz: { command: x }\n`,
      /rule 1\.match: is missing/,
    ],
  ]
  for (const [what, text, message] of FAULTS)
    it(`refuses ${what}`, async () => await rejects(converted(text), ConfigError, message))
})

async function rejects(promise: Promise<unknown>, type: new (...args: never[]) => Error, message: RegExp) {
  const error = await promise.then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(error).to.be.instanceOf(type)
  expect(error!.message).to.match(message)
}

describe('what can not be carried over', () => {
  const LEFT: readonly (readonly [string, string, string])[] = [
    [
      'a Go plugin at the end of its chain',
      'users: {}\nplugin_authn: { plugin_path: /a.so }\nacl: []',
      '#   plugin_authn:\n  #     plugin_path: /a.so\n\nauthorizers:',
    ],
    ['an unknown key', 'users: {}\nacl: []\nldap: { passwort: geheim }', '#   ldap:\n#     passwort: "***"'],
    [
      'a database of tokens',
      'github_auth:\n  client_id: a\n  client_secret: b\n  # Kept for long.\n  level_token_db: { path: /x, token_hash_cost: 5 }\nacl: []',
      '# Kept for long.\n      # Not carried over: level_token_db is not read',
    ],
    [
      'a password with its secret',
      'users: {}\nacl: []\nmongo: { password: geheim, url: "mongodb://a:geheim@b", at: "host=a password=geheim" }',
      '#     password: "***"\n#     url: "***"\n#     at: "***"',
    ],
    [
      'what stands twice',
      'users: { a: { password: x, password: y } }\nacl: []',
      '# Not carried over: password stands twice; the last one counts',
    ],
  ]
  for (const [what, text, expected] of LEFT) {
    it(`stands as a comment: ${what}`, async () => {
      const conversion = await converted(`${HEAD}${text}\n`)
      expect(conversion.text).to.contain(expected).and.not.contain('geheim')
    })
  }

  it('is told of sections that decide, in their places among the others', async () => {
    const conversion = await converted(
      `${HEAD}plugin_authz: { plugin_path: /z.so }\nplugin_authn: { plugin_path: /n.so }\nusers: {}\nacl: []\n`,
    )
    expect(conversion.missing.map(({ path }) => path)).to.have.members(['plugin_authn', 'plugin_authz'])
    const { authenticators, authorizers } = chainsOf(conversion)
    expect(authenticators).to.match(/plugin: static[\s\S]*#.*Go plugin[\s\S]*n\.so/)
    expect(authorizers).to.match(/plugin: acl[\s\S]*#.*Go plugin[\s\S]*z\.so/)
  })

  it('is told where a value is another one', async () => {
    const { text } = await converted(
      'server: { addr: ":5001" }\ntoken:\n  issuer: x\n  expiration: 30\n  certificate: c\n  key: k\nusers: {}\nacl: []\n',
    )
    expect(text).to.match(/# expiration: 30 seconds are taken as 60.*\n {2}expiration: 60\n/)
  })
})
