// Mistakes of new users: each is told with a remedy, and the remedy, followed to the letter, works.
import { expect } from 'chai'
import { examineText } from '../../support/examine-text.ts'

const LISTS =
  'authenticators: [{ plugin: htpasswd, options: { file: users } }]\nauthorizers: [{ plugin: acl, options: { rules: [] } }]\n'
const AUTHORIZERS = 'authorizers: [{ plugin: acl, options: { rules: [] } }]\n'
const HASH = '$2y$05$gZkseKHTDP2nckDyFITLa.67vp3KZ5rcuUhZrSZuYrB4zxy1ragD.'
const FILES = { users: `ann:${HASH}\n` }

const rule = (text: string) =>
  `authenticators: []\nauthorizers: [{ plugin: acl, options: { rules: [${text}] } }]\n`
const redis = (text: string) => `server: { store: ${text} }\n${LISTS}`

describe('a mistake in a configuration', () => {
  const cases: [wrong: string, problem: string, right: string][] = [
    [
      `token:\n  issuer:Acme\n${LISTS}`,
      'token: is text; write a blank after the colon: issuer: Acme',
      `token:\n  issuer: Acme\n${LISTS}`,
    ],
    [
      `token: {issuer:Acme}\n${LISTS}`,
      'token."issuer:Acme": unknown key; write a blank after the colon: issuer: Acme',
      `token: {issuer: Acme}\n${LISTS}`,
    ],
    [
      `authenticators:\n  -plugin: htpasswd\n${AUTHORIZERS}`,
      'authenticators: is a map; write a blank after the -: "- plugin: ..."',
      `authenticators:\n  - plugin: htpasswd\n${AUTHORIZERS}`,
    ],
    [
      `issuer: Acme\n${LISTS}`,
      'issuer: unknown key; write it in token: { issuer: ... }',
      `token: { issuer: Acme }\n${LISTS}`,
    ],
    [
      `authenticators: [htpasswd]\n${AUTHORIZERS}`,
      'authenticators[0]: is text; write a map: { plugin: htpasswd }',
      `authenticators: [{ plugin: htpasswd }]\n${AUTHORIZERS}`,
    ],
    [
      `authenticators: [{ plugin: htpasswd, file: users }]\n${AUTHORIZERS}`,
      'authenticators[0].file: unknown key; an option of the plugin stands in options: { file: ... }',
      LISTS,
    ],
    [
      `server: { listen: 8080 }\n${LISTS}`,
      'server.listen: "8080" is no address; write ":8080"',
      `server: { listen: ":8080" }\n${LISTS}`,
    ],
    [
      `log: { level: debug }\n${LISTS}`,
      'log.level: unknown key; give the level to the command: serve --log-level debug',
      LISTS,
    ],
    [
      redis('{ redis: "redis://h" }'),
      'server.store.redis: must be a map; write redis: { addresses: ["h"] }',
      redis('{ redis: { addresses: ["h"] } }'),
    ],
    [
      redis('{ redis: { addresses: ["rediss://u:hunter2@h:1/2"] } }'),
      'server.store.redis.addresses[0]: is a URL, and no address; write "h:1", and beside addresses: username: NAME, password: !env NAME, database: 2, tls: true',
      redis(
        '{ redis: { addresses: ["h:1"], username: x, password: !env T_MISTAKES, database: 2, tls: true } }',
      ),
    ],
    [
      redis('"redis://h:1"'),
      'server.store: must be embedded, or a map with redis; write { redis: { addresses: ["h:1"] } }',
      redis('{ redis: { addresses: ["h:1"] } }'),
    ],
    [
      redis('embeded'),
      'server.store: must be embedded, or a map with redis; did you mean "embedded"?',
      redis('embedded'),
    ],
    [
      rule("{ match: { labels: { group: [a, b] } }, actions: ['*'] }"),
      "authorizers[0].options.rule 1.match.labels.group: must be one pattern, as text; write '/^(a|b)$/'",
      rule("{ match: { labels: { group: '/^(a|b)$/' } }, actions: ['*'] }"),
    ],
    [
      rule("{ match: { when: 'true' }, actions: ['*'] }"),
      'authorizers[0].options.rule 1.match.when: unknown key; write it beside match, not in it',
      rule("{ when: 'true', actions: ['*'] }"),
    ],
    [
      rule("{ match: { group: dev }, actions: ['*'] }"),
      'authorizers[0].options.rule 1.match.group: unknown key; for a label write labels: { group: PATTERN }',
      rule("{ match: { labels: { group: dev } }, actions: ['*'] }"),
    ],
    [
      rule("{ account: ann, actions: ['*'] }"),
      'authorizers[0].options.rule 1.account: unknown key; write it in match: { account: ... }',
      rule("{ match: { account: ann }, actions: ['*'] }"),
    ],
    [
      rule("{ match: {}, actions: 'pull,push' }"),
      'authorizers[0].options.rule 1.actions: must be a list; write [pull, push]',
      rule('{ match: {}, actions: [pull, push] }'),
    ],
    [
      `authenticators:\n  -plugin: htpasswd\n   options: { file: users }\n${AUTHORIZERS}`,
      'is no YAML; write a blank after the -: "- plugin: htpasswd"',
      `authenticators:\n  - plugin: htpasswd\n    options: { file: users }\n${AUTHORIZERS}`,
    ],
    [
      `server:\n  hsts: true\n   listen: ":1"\n${LISTS}`,
      'is no YAML; line 3 begins in column 4, further right than hsts (column 3), which has a value already; begin it in the same column',
      `server:\n  hsts: true\n  listen: ":1"\n${LISTS}`,
    ],
    [
      `authenticators:\n  - plugin: htpasswd\n     options: { file: users }\n${AUTHORIZERS}`,
      'is no YAML; line 3 begins in column 6, further right than plugin (column 5), which has a value already; begin it in the same column',
      `authenticators:\n  - plugin: htpasswd\n    options: { file: users }\n${AUTHORIZERS}`,
    ],
    [
      `authenticators:\n  - plugin: htpasswd\n  options: { file: users }\n${AUTHORIZERS}`,
      'is no YAML; line 3 begins in column 3, where no key above begins; begin it in column 1 or 5, as the key that it stands beside',
      `authenticators:\n  - plugin: htpasswd\n    options: { file: users }\n${AUTHORIZERS}`,
    ],
    [
      `token:\n  issuer: Acme\n expiration: 900\n${LISTS}`,
      'is no YAML; line 3 begins in column 2, where no key above begins; begin it in column 1 or 3, as the key that it stands beside',
      `token:\n  issuer: Acme\n  expiration: 900\n${LISTS}`,
    ],
    [
      `token:\n  expiration: 900\n  issuer:Acme\n${LISTS}`,
      'is no YAML; write a blank after the colon: issuer: Acme',
      `token:\n  expiration: 900\n  issuer: Acme\n${LISTS}`,
    ],
    [
      `token\n  issuer: Acme\n${LISTS}`,
      'is no YAML; write a colon behind it: token:',
      `token:\n  issuer: Acme\n${LISTS}`,
    ],
    [
      `authenticators: [{ plugin: htpasswd, options: { file: users, timeout: 5s } }]\n${AUTHORIZERS}`,
      'authenticators[0].options.timeout: unknown key; write it beside options',
      `authenticators: [{ plugin: htpasswd, timeout: 5s, options: { file: users } }]\n${AUTHORIZERS}`,
    ],
    [
      `authenticators: [{ plugin: ldap, options: { servers: ["dc1:636"], base: o=x, filter: "(uid=\${account})" } }]\n${AUTHORIZERS}`,
      'authenticators[0].options.servers[0]: must be such as ldaps://dc1.example.com or ldap://dc1.example.com:389; write ldaps://dc1:636',
      `authenticators: [{ plugin: ldap, options: { servers: ["ldaps://dc1:636"], base: o=x, filter: "(uid=\${account})" } }]\n${AUTHORIZERS}`,
    ],
  ]
  before(() => {
    process.env.T_MISTAKES = 'hunter2'
  })
  after(() => {
    delete process.env.T_MISTAKES
  })
  for (const [wrong, problem, right] of cases) {
    it(`is told, and mended: ${problem}`, async () => {
      const { problems } = await examineText(wrong, FILES)
      expect(problems.map((text) => text.replace(/^f:\d+:\d+: /, ''))).to.include(problem)
      expect(problems.join()).not.to.contain('hunter2')
      expect((await examineText(right, FILES)).problems).to.deep.equal([])
    })
  }

  it('of a section of the other form is the only one that is told', async () => {
    const { problems } = await examineText(`${LISTS}acl: []\n`, FILES)
    expect(problems).to.have.length(2)
    for (const problem of problems)
      expect(problem).to.contain("a file has either plugin lists or docker_auth's sections (here acl)")
  })
})
