import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

/** The options of both sections, for dial_info and further keys as they stand in braces. */
function mongo(dial: string, more = 'collection: c') {
  const { native, problems, warnings } = translateText(
    `${SERVER}${TOKEN}mongo_auth: { dial_info: ${dial}, ${more} }\nacl: []\n`,
  )
  return { options: native.authenticators[0]?.options, problems, warnings }
}

const DIAL = 'addrs: [localhost], database: d'

describe("docker_auth's mongo_auth and acl_mongo sections", () => {
  it("become the mongo plugins: those of docker_auth's reference", () => {
    const dial =
      'dial_info: { addrs: ["localhost"], timeout: "10s", database: "docker_auth", username: "", password_file: "", enable_tls: false }'
    const { native, problems, warnings } = translateText(
      `${SERVER}${TOKEN}mongo_auth: { ${dial}, collection: users }\nacl_mongo: { ${dial}, collection: acl, cache_ttl: 1m }\n`,
    )
    expect([...problems, ...warnings]).to.deep.equal([])
    const connection = { addrs: ['localhost'], database: 'docker_auth', timeout: 10 }
    expect(native.authenticators).to.deep.equal([
      { plugin: 'mongo', id: 'mongo_auth', timeout: '10s', options: { ...connection, collection: 'users' } },
    ])
    expect(native.authorizers).to.deep.equal([
      {
        plugin: 'mongo',
        id: 'acl_mongo',
        timeout: '10s',
        // On the connections of mongo_auth.
        options: { collection: 'acl', cache_ttl: 60 },
      },
    ])
  })

  const cases: [string, string, object, string[]][] = [
    ['no timeout', '{ addrs: [a, "b:27018"], database: d, timeout: 0 }', { addrs: ['a', 'b:27018'] }, []],
    [
      'a password file',
      `{ ${DIAL}, username: u, password: x, password_file: p }`,
      { username: 'u', password_file: 'p' },
      [],
    ],
    ['a password', `{ ${DIAL}, username: u, password: "007" }`, { username: 'u', password: '007' }, []],
    ['TLS', `{ ${DIAL}, enable_tls: yes }`, { tls: {} }, []],
    [
      'a password of nobody',
      `{ ${DIAL}, password_file: p }`,
      {},
      ['mongo_auth.dial_info.password_file: is not used without username; remove it, or write username'],
    ],
    [
      'keys that docker_auth does not use',
      `{ ${DIAL}, direct: true, source: s, mechanism: m }`,
      {},
      ['source', 'mechanism', 'direct'].map(
        (key) => `mongo_auth.dial_info.${key}: is not used, as in docker_auth; remove it`,
      ),
    ],
    ['a duration of several parts', `{ ${DIAL}, timeout: 1.5s500ms }`, { timeout: 2 }, []],
    [
      'a timeout that is too long',
      `{ ${DIAL}, timeout: 1h }`,
      { timeout: 60 },
      ['mongo_auth.dial_info.timeout: is taken as 60s: write "60s"'],
    ],
    [
      'a timeout in nanoseconds',
      `{ ${DIAL}, timeout: 10 }`,
      { timeout: 0.1 },
      ['mongo_auth.dial_info.timeout: is taken as 0.1s; a number without a unit is nanoseconds: write "10s"'],
    ],
    [
      'an unknown key',
      `{ ${DIAL}, adrs: [] }`,
      {},
      ['mongo_auth.dial_info.adrs: unknown key, which is ignored; did you mean "addrs"?'],
    ],
  ]
  for (const [name, dial, expected, warned] of cases) {
    it(`become options: ${name}`, () => {
      const { options, problems, warnings } = mongo(dial)
      expect(problems).to.deep.equal([])
      expect(warnings.map((text) => text.replace(/^f:\d+:\d+: /, ''))).to.deep.equal(warned)
      expect(options).to.deep.equal({ addrs: ['localhost'], database: 'd', collection: 'c', ...expected })
    })
  }

  it('take a password from !env', () => {
    process.env.T_MONGO_PASSWORD = 'hunter2'
    try {
      const { options } = mongo(`{ ${DIAL}, username: u, password: !env T_MONGO_PASSWORD }`)
      expect(options).to.include({ username: 'u', password: '***' })
    } finally {
      delete process.env.T_MONGO_PASSWORD
    }
  })

  it('are refused when they are not whole', () => {
    const { problems } = translateText(
      `${SERVER}${TOKEN}mongo_auth: { dial_info: { addrs: [], username: u } }\nacl_mongo: { dial_info: { ${DIAL} }, collection: c }\n`,
    )
    expect(problems).to.deep.equal([
      'f:3:35: mongo_auth.dial_info.addrs: is missing; write the servers, such as ["localhost:27017"]',
      'f:3:15: mongo_auth.dial_info.database: is missing; write a name, such as docker_auth',
      'f:3:15: mongo_auth.dial_info.password_file: is missing beside username; write the path of a file that holds the password',
      'f:3:1: mongo_auth.collection: is missing; write a name, such as users',
      'f:4:1: acl_mongo.cache_ttl: must be a duration greater than 0, which docker_auth needs too; write "1m"',
    ])
  })

  it('never show a password', () => {
    const { problems, warnings } = mongo('{ addrs: x, database: [], password: hunter2, hunter2: 1 }', 'x: 1')
    expect([...problems, ...warnings].join('\n')).not.to.match(/(?<!dial_info\.)hunter2/)
  })
})
