import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

const BODY = 'gZkseKHTDP2nckDyFITLa.67vp3KZ5rcuUhZrSZuYrB4zxy1ragD.'
const HASH = `$2y$05$${BODY}`
const ARGON2 =
  '$argon2id$v=19$m=64,t=1,p=1$9IoKlYb5IAHuQtBvSwHBvg$lRqkNvFe2luV03DVl2rhU2vTlN8FZ4tzwy2/0kGeOqA'

function users(text: string) {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}acl: []\nusers:\n${text}\n`)
  return { users: native.authenticators[0].options.users, ...found }
}

const NO_PASSWORD =
  'has no password, so that any password is accepted, as in docker_auth; give it one, or remove it'
const NO_HASH =
  'is no bcrypt hash, so that this user can not log in, as in docker_auth; make one with htpasswd -nB NAME'

describe("docker_auth's users section", () => {
  const cases: [string, string, object, string?][] = [
    ['a hash', `  ann: { password: ${HASH} }`, { ann: { password: HASH } }],
    ['an argon2 hash', `  ann: { password: "${ARGON2}" }`, { ann: { password: ARGON2 } }],
    ['a hash with a line end', `  ann:\n    password: |\n      ${HASH}`, { ann: { password: `${HASH}\n` } }],
    [
      'a hash with more behind it',
      `  ann: { password: ${HASH}  was bob }`,
      { ann: { password: `$2b$05$${BODY}` } },
    ],
    [
      'a hash of another letter',
      `  ann: { password: $2x$05$${BODY} }`,
      { ann: { password: `$2b$05$${BODY}` } },
    ],
    [
      'a hash without a letter',
      `  ann: { password: $2$05$${BODY} }`,
      { ann: { password: `$2b$05$${BODY}` } },
    ],
    [
      'labels',
      `  ann: { password: ${HASH}, labels: { a: [x, 007, yes, ""], b: , c: [] } }`,
      { ann: { password: HASH, labels: { a: ['x', '007', 'yes', ''], c: [] } } },
    ],
    ['the anonymous user', '  "": { labels: { a: [x] } }', { '': { labels: { a: ['x'] } } }],
    ['no password', '  ann: {}', { ann: { any_password: true } }, `f:5:3: users.ann: ${NO_PASSWORD}`],
    [
      'null as password',
      '  ann: { password: }',
      { ann: { any_password: true } },
      `f:5:3: users.ann: ${NO_PASSWORD}`,
    ],
    [
      'a plain password',
      '  ann: { password: hunter2 }',
      { ann: { disabled: true } },
      `f:5:10: users.ann.password: ${NO_HASH}`,
    ],
    [
      'a number',
      '  ann: { password: 007 }',
      { ann: { disabled: true } },
      `f:5:10: users.ann.password: ${NO_HASH}`,
    ],
    [
      'an empty password',
      '  ann: { password: "" }',
      { ann: { disabled: true } },
      `f:5:10: users.ann.password: ${NO_HASH}`,
    ],
    [
      'a cut hash',
      '  ann: { password: $2y$05$cut }',
      { ann: { disabled: true } },
      `f:5:10: users.ann.password: ${NO_HASH}`,
    ],
    [
      'a hash that takes years',
      `  ann: { password: $2y$99$${BODY} }`,
      { ann: { disabled: true } },
      `f:5:10: users.ann.password: ${NO_HASH}`,
    ],
    [
      'a null user',
      '  ann:',
      {},
      'f:5:3: users.ann: is empty, so that there is no such user, as in docker_auth; remove it, or write password:',
    ],
    [
      'null among the values of a label',
      `  ann: { password: ${HASH}, labels: { group: [a, ~, ""] } }`,
      { ann: { password: HASH, labels: { group: ['a', ''] } } },
      'f:5:103: users.ann.labels.group[1]: is null, and is left out; write text, or remove it',
    ],
    [
      'the anonymous user with a password',
      `  "": { password: ${HASH} }`,
      { '': { disabled: true } },
      'f:5:9: users."".password: requests without credentials have no password, so that they are refused; remove the password to let them in',
    ],
    [
      'an account that is refused everywhere',
      `  "ann ": { password: ${HASH} }`,
      {},
      'f:5:3: users."ann ": has white space at an end (U+0020), which no account can have, so that nobody can log in by it; write another name',
    ],
    [
      'an account with an invisible character',
      `  "an\\u200bn": { password: ${HASH} }\n  ann: { password: ${HASH} }`,
      { ann: { password: HASH } },
      'f:5:3: users."an\u200bn": has U+200B in it, which no account can have, so that nobody can log in by it; write another name',
    ],
    [
      'accounts named as parts of JavaScript objects',
      `  constructor: { password: ${HASH} }\n  __proto__: { password: ${HASH} }`,
      { constructor: { password: HASH }, ['__proto__']: { password: HASH } },
    ],
  ]
  for (const [name, text, expected, warning] of cases) {
    it(`becomes the static plugin's users: ${name}`, () => {
      const found = users(text)
      expect(found.problems).to.deep.equal([])
      expect(found.warnings).to.deep.equal(warning === undefined ? [] : [warning])
      expect(JSON.stringify(found.users)).to.equal(JSON.stringify(expected))
    })
  }

  it('takes a plain password from !env', () => {
    process.env.T_DOCKER_AUTH_PASSWORD = 'hunter2'
    try {
      const found = users('  ann: { password: !env T_DOCKER_AUTH_PASSWORD }')
      expect(found).to.deep.equal({ users: { ann: { password: '***' } }, problems: [], warnings: [] })
    } finally {
      delete process.env.T_DOCKER_AUTH_PASSWORD
    }
  })

  it('never shows a password in a warning', () => {
    expect(users('  ann: { password: hunter2, hunter2: x }').warnings.join()).not.to.match(
      /(?<!ann\.)hunter2/,
    )
  })

  it('refuses what docker_auth can not read', () => {
    const { problems } = users(
      '  ann: x\n  bob: { password: [x], labels: { a: x, b: [[]] } }\n  eve: { labels: [] }',
    )
    expect(problems).to.deep.equal([
      'f:5:8: users.ann: must be a map (KEY: VALUE)',
      'f:6:20: users.bob.password: must be text; put it in quotes',
      'f:6:38: users.bob.labels.a: must be a list; put it in [ ]',
      'f:6:45: users.bob.labels.b[0]: must be text; put it in quotes',
      'f:7:18: users.eve.labels: must be a map (KEY: VALUE)',
    ])
  })
})
