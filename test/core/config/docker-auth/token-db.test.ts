import { expect } from 'chai'
import { storeSchema } from '../../../../core/config/native/store-schema.ts'
import { Secret } from '../../../../core/plugin.ts'
import { TOKEN, translateText } from '../../../support/docker-auth-form.ts'

/** Translates sections of GitHub (from line 4) and, when there are two, of Google (two lines later). */
function translated(github: string, google?: string, server = '') {
  const section = (key: string, db: string) => `${key}:\n  { client_id: a, client_secret: b, ${db} }\n`
  const text = `server: { addr: ":1", ${server} }\n${TOKEN}acl: []\n${section('github_auth', github)}`
  const { native, problems, warnings } = translateText(
    google === undefined ? text : text + section('google_auth', google),
  )
  return {
    store: native.server.store,
    problems: problems.map((problem) => problem.replace(/^f:\d+:\d+: /, '')),
    warnings: warnings
      .map((warning) => warning.replace(/^f:\d+:\d+: /, ''))
      .filter((warning) => !warning.startsWith('google_auth: ')),
  }
}

const ANEW = 'what docker_auth has handed out has to be handed out anew, by signing in again'
const LEVEL = 'level_token_db: { path: a.ldb, token_hash_cost: 5 }'
const GCS = 'gcs_token_db: { bucket: a, client_secret_file: b }'
const REDIS = 'redis_token_db: { redis_options: { addr: "redis:6380", password: hidden, db: 2 } }'
const ONE_REDIS = { redis: { addresses: ['redis:6380'], password: '***', database: 2 } }

const levelWarning = (where: string) =>
  `github_auth.level_token_db: is not read: ${ANEW}; passwords are kept ${where} now, so remove this key`
const redisWarning = (section: string) =>
  `${section}.redis_token_db: is where passwords are kept, but what stands there already is not read: ${ANEW}; move it to server.store, and this warning ends`

describe("docker_auth's token databases", () => {
  it('are the state directory without any, which nothing has to be said about', () => {
    expect(translated('http_timeout: 1s')).to.deep.equal({ store: undefined, problems: [], warnings: [] })
  })

  it('are the state directory for a LevelDB', () => {
    const { store, problems, warnings } = translated(LEVEL)
    expect([store, ...problems]).to.deep.equal([undefined])
    expect(warnings).to.deep.equal([levelWarning('in server.state_dir')])
  })

  it('are the state directory for a bucket, which says what to do with several machines', () => {
    const { store, problems, warnings } = translated(GCS)
    expect([store, ...problems]).to.deep.equal([undefined])
    expect(warnings).to.deep.equal([
      `github_auth.gcs_token_db: can't be used: passwords are kept in server.state_dir and not in the bucket, and ${ANEW}; for several machines write server.store: { redis: { addresses: ["HOST:PORT"] } }`,
    ])
  })

  it('are server.store for a Redis', () => {
    const { store, problems, warnings } = translated(REDIS)
    expect(problems).to.deep.equal([])
    expect(store).to.deep.equal(ONE_REDIS)
    expect(warnings).to.deep.equal([redisWarning('github_auth')])
  })

  it('are the one Redis of several sections, also for those that have a file', () => {
    expect(translated(REDIS, REDIS)).to.deep.equal({
      store: ONE_REDIS,
      problems: [],
      warnings: [redisWarning('google_auth'), redisWarning('github_auth')],
    })
    expect(translated(LEVEL, REDIS)).to.deep.equal({
      store: ONE_REDIS,
      problems: [],
      warnings: [redisWarning('google_auth'), levelWarning('in the Redis of google_auth.redis_token_db')],
    })
  })

  for (const [what, other] of [
    ['address', REDIS.replace('redis:', 'redis2:')],
    ['password', REDIS.replace('hidden', 'other')],
    ['database', REDIS.replace('2', '3')],
    ['kind', 'redis_token_db: { redis_cluster_options: { addrs: ["redis:6380"], password: hidden } }'],
  ] as const) {
    it(`can't be two of Redis: another ${what}`, () => {
      expect(translated(other, REDIS).problems).to.deep.equal([
        'github_auth.redis_token_db: is another Redis than google_auth.redis_token_db, but all passwords are kept in one; write the same in both, or where it is with server.store: { redis: { addresses: ["HOST:PORT"] } }',
      ])
    })
  }

  it('are what server.store says, whatever the sections say', () => {
    const other = 'redis_token_db: { redis_options: { network: unix, addr: /run/redis.sock } }'
    const { store, problems, warnings } = translated(other, REDIS, 'store: embedded')
    expect([store, ...problems]).to.deep.equal(['embedded'])
    expect(warnings).to.deep.equal(
      ['google_auth', 'github_auth'].map(
        (key) =>
          `${key}.redis_token_db: is not used, since server.store says where passwords are kept: ${ANEW}; remove this key`,
      ),
    )
    expect(translated(GCS, undefined, 'store: embedded').warnings).to.deep.equal([
      `github_auth.gcs_token_db: can't be used: passwords are kept in server.store and not in the bucket, and ${ANEW}; remove this key`,
    ])
  })

  it('are taken in the order in which docker_auth takes them', () => {
    const { store, warnings } = translated(`${LEVEL}, ${REDIS}, ${GCS}`)
    expect(store).to.equal(undefined)
    expect(warnings.slice(1)).to.deep.equal([
      'github_auth.redis_token_db: is not used beside gcs_token_db; remove it',
      'github_auth.level_token_db: is not used beside gcs_token_db; remove it',
    ])
    expect(translated(`${LEVEL}, ${REDIS}`)).to.deep.equal({
      store: ONE_REDIS,
      problems: [],
      warnings: [
        redisWarning('github_auth'),
        'github_auth.level_token_db: is not used beside redis_token_db; remove it',
      ],
    })
  })

  const stores: [string, object, ...string[]][] = [
    ['redis_options: {}', { addresses: ['localhost:6379'] }],
    ['redis_options: { addr: ":6380", db: 0 }', { addresses: ['localhost:6380'], database: 0 }],
    ['redis_options: { addr: "[::1]:6380" }', { addresses: ['[::1]:6380'] }],
    ['redis_options: { addr: "a:1", tlsconfig: {} }', { addresses: ['a:1'], tls: true }],
    [
      'redis_options: { addr: "a:1", poolsize: 5, username: u }',
      { addresses: ['a:1'] },
      'redis_options.username: unknown key, which is ignored; ',
      'redis_options.poolsize: is not used here; remove it',
    ],
    [
      'redis_cluster_options: { addrs: ["a:1", ":2"], password: p, readonly: true }, redis_options: { addr: "b:1" }',
      { addresses: ['a:1', 'localhost:2'], cluster: true, password: '***' },
      'redis_options: is not used beside redis_cluster_options; remove it',
      'redis_cluster_options.readonly: is not used here; remove it',
    ],
  ]
  for (const [text, expected, ...others] of stores) {
    it(`name a Redis that the store takes: ${text}`, () => {
      const { store, problems, warnings } = translated(`redis_token_db: { ${text} }`)
      expect(problems).to.deep.equal([])
      expect(store).to.deep.equal({ redis: expected })
      const hidden = 'password' in expected && { password: new Secret('p') }
      expect(storeSchema.safeParse({ redis: { ...expected, ...hidden } }).success).to.equal(true)
      const found = warnings.filter((warning) => !warning.includes('is where passwords are kept'))
      expect(found).to.have.length(others.length)
      for (const [index, other] of others.entries()) {
        expect(found[index]).to.include(`github_auth.redis_token_db.${other}`)
      }
    })
  }

  const refused: [string, string][] = [
    ['level_token_db: {}', 'level_token_db.path: is missing; write a path, or remove level_token_db'],
    [
      `${REDIS}, level_token_db: { path: "" }`,
      'level_token_db.path: is missing; write a path, or remove level_token_db',
    ],
    [
      'gcs_token_db: { client_secret_file: b }',
      'gcs_token_db.bucket: is missing; write it, or remove gcs_token_db',
    ],
    [
      'gcs_token_db: { bucket: b }',
      'gcs_token_db.client_secret_file: is missing; write it, or remove gcs_token_db',
    ],
    [
      'redis_token_db: {}',
      'redis_token_db.redis_options: is missing; write redis_options: { addr: "HOST:PORT" }',
    ],
    [
      'redis_token_db: { redis_options: { network: unix, addr: /run/redis.sock } }',
      'redis_token_db.redis_options.network: must be tcp, since Redis is not asked over a socket file here; write server.store: { redis: { addresses: ["HOST:PORT"] } }',
    ],
    [
      'redis_token_db: { redis_options: { tlsconfig: { insecureskipverify: true } } }',
      "redis_token_db.redis_options.tlsconfig: can only be {} (TLS, with an authority of the system's); write the rest as server.store: { redis: { addresses: [...], tls: { ca: FILE } } }",
    ],
    [
      'redis_token_db: { redis_options: { db: "3" } }',
      'redis_token_db.redis_options.db: must be a whole number, without quotes',
    ],
    [
      'level_token_db: { path: a, token_hash_cost: high }',
      'level_token_db.token_hash_cost: must be a whole number, without quotes',
    ],
    ['level_token_db: a.ldb', 'level_token_db: must be a map (KEY: VALUE)'],
  ]
  for (const [text, message] of refused) {
    it(`are refused: ${text}`, () => {
      expect(translated(text).problems).to.deep.equal([`github_auth.${message}`])
    })
  }

  it('show no password, whatever is said of them', () => {
    const said = [translated(REDIS, REDIS.replace('2', '3')), translated(REDIS.replace('2', '-1'))]
    expect(JSON.stringify(said)).not.to.include('hidden')
    expect(said[0]!.problems).to.have.length(1)
  })
})
