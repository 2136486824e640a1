// One pool for users, labels and rules, on a whole server: how many connections there are, and what is said where it can't be shared.
import { readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import type { Secret } from '../../core/plugin.ts'
import { needs } from '../../test/support/debian.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { startTestServer } from '../../test/support/server.ts'
import { CORRECT_HORSE, DATABASES, startSqlite, type TestDatabase } from '../../test/support/sql-databases.ts'

const PASSWORD = 'correct horse'
const ROBOT = 'a robot secret'
const robots = { plugin: 'static', options: { users: { bob: { password: '!env ROBOT' } } } }
const everything = { plugin: 'acl', options: { rules: [{ match: {}, actions: ['*'] }] } }
const TEAM = "SELECT 'team' AS name, username AS value FROM xorm_user WHERE username = ${account}"
const users = (options: object, id = 'users') => ({ plugin: 'sql', id, options })
const teams = (options: object, more: object = {}) => ({
  plugin: 'sql',
  id: 'teams',
  options: { query: TEAM, ...options },
  ...more,
})
const rules = (options: object, more: object = {}) => ({ plugin: 'sql', id: 'rules', options, ...more })

function start(config: object, password = '') {
  return startTestServer({ config, env: { ROBOT, ...(password && { DATABASE_PASSWORD: password }) } })
}

/** Open files by this path in this process. */
function opened(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length
}

async function fill(database: TestDatabase): Promise<void> {
  await database.sql(
    `INSERT INTO xorm_user (username, password_hash, labels) VALUES ('bob', '${CORRECT_HORSE}', '{"group":["dev"]}')`,
    `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (10, '{"Match":{"labels":{"team":"bob"}},"Actions":["pull"]}')`,
  )
}

const COUNTS: Readonly<Record<string, string>> = {
  postgres: "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'dockwarden'",
  mysql: "SELECT count(*) AS count FROM information_schema.processlist WHERE user = 'keeper'",
}

for (const { name, programs, start: startDatabase } of DATABASES) {
  describe(`sql: one pool for all, on ${name}`, () => {
    needs(...programs)
    let database: TestDatabase
    let connection: Record<string, unknown>
    let password: string | undefined
    before(async () => {
      database = await startDatabase()
      await fill(database)
      const { password: secret, ...rest } = database.options as { password?: Secret }
      password = secret?.reveal()
      connection = { ...rest, ...(secret && { password: '!env DATABASE_PASSWORD' }), connections: 1 }
    })
    after(() => database?.stop())

    async function connections(): Promise<number> {
      if (name === 'sqlite') return opened(connection.file as string)
      const [row] = (await database.sql(COUNTS[name]!)) as { count: unknown }[]
      return Number(row!.count)
    }

    const all = { team: ['bob'], group: ['dev'] }
    const cases: [string, string, () => object, object][] = [
      [
        'the users’, for labels and rules',
        PASSWORD,
        () => ({ authenticators: [users(connection)], labelers: [teams({})], authorizers: [rules({})] }),
        all,
      ],
      [
        'the rules’, for labels',
        ROBOT,
        () => ({ authenticators: [robots], labelers: [teams({})], authorizers: [rules(connection)] }),
        { team: ['bob'] },
      ],
      [
        'the labels’, for rules',
        ROBOT,
        () => ({ authenticators: [robots], labelers: [teams(connection)], authorizers: [rules({})] }),
        { team: ['bob'] },
      ],
      [
        'that of whoever accepted, by the query that fits its kind',
        PASSWORD,
        () => ({
          authenticators: [users(connection)],
          labelers: [{ plugin: 'sql', options: {}, uses: { database: 'accepting' } }, teams({})],
          authorizers: [rules({})],
        }),
        all,
      ],
    ]
    for (const [title, secret, make, labels] of cases) {
      it(title, async () => {
        const before = await connections()
        await using server = await start(make(), password)
        const scope = 'repository:app:pull,push'
        const { access } = await server.token({ user: ['bob', secret], query: { service: 's', scope } })
        expect(access).to.deep.equal(['repository:app:pull'])
        expect(server.audits().at(-1)!.labels).to.deep.equal(labels)
        expect(await server.send({ path: '/readyz' })).to.include({ status: 200 })
        expect((await connections()) - before).to.equal(1)
      })
    }

    it('each its own, where each has one', async () => {
      const before = await connections()
      await using server = await start(
        {
          authenticators: [users(connection)],
          labelers: [teams(connection)],
          authorizers: [rules(connection)],
        },
        password,
      )
      expect(await server.send({ path: '/readyz' })).to.include({ status: 200 })
      expect((await connections()) - before).to.equal(3)
    })
  })
}

describe('sql: docker_auth’s xorm_auth and acl_xorm', () => {
  let database: TestDatabase & { readonly file: string }
  let folder: string
  before(async () => {
    database = await startSqlite()
    folder = dirname(database.file)
    await database.sql(
      `INSERT INTO xorm_user (username, password_hash, labels) VALUES ('bob', '${CORRECT_HORSE}', NULL)`,
      `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (10, '{"Match":{"account":"bob"},"Actions":["pull"]}')`,
    )
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
    // Another name for the same file: another setting.
    symlinkSync(database.file, join(folder, 'link.db'))
  })
  after(() => database.stop())

  for (const [title, file, connections] of [
    ['share the connections of one database', 'users.db', 1],
    ['have their own for two', 'link.db', 2],
  ] as const) {
    it(title, async () => {
      const before = opened(database.file)
      await using server = await startTestServer({
        config: `
server: { addr: "127.0.0.1:0" }
token: { issuer: x, expiration: 900, certificate: "${folder}/token.crt", key: "${folder}/token.key" }
xorm_auth: { database_type: sqlite3, conn_string: "${folder}/users.db" }
acl_xorm: { database_type: sqlite3, conn_string: "${folder}/${file}", cache_ttl: 1m }
`,
      })
      const query = { service: 's', scope: 'repository:app:pull,push' }
      const { access } = await server.token({ user: ['bob', PASSWORD], query })
      expect(access).to.deep.equal(['repository:app:pull'])
      expect(opened(database.file) - before).to.equal(connections)
    })
  }
})

describe('sql: a database that can’t be shared is told at load', () => {
  let database: TestDatabase
  before(async () => {
    database = await startSqlite()
  })
  after(() => database.stop())

  const cases: [string, () => object, string][] = [
    [
      'nobody has one, for rules',
      () => ({ authenticators: [robots], authorizers: [rules({})] }),
      'authorizers[0]: needs sql/database (database), which no other instance provides; write database in its options, or add an instance of the plugin sql',
    ],
    [
      'nobody has one, for labels',
      () => ({ authenticators: [robots], labelers: [teams({})], authorizers: [rules({})] }),
      'labelers[0]: needs sql/database (database), which no other instance provides (rules has no database); write database',
    ],
    [
      'there are two',
      () => ({
        authenticators: [users(database.options), users(database.options, 'others')],
        authorizers: [rules({})],
      }),
      'authorizers[0]: needs sql/database, which users and others provide; say which: uses: { database: users }',
    ],
    [
      'half of a connection',
      () => ({ authenticators: [users(database.options)], authorizers: [rules({ file: 'other.db' })] }),
      'authorizers[0].options.file: belongs to a connection of its own: write database too, or remove it',
    ],
    [
      'connections of its own',
      () => ({
        authenticators: [users(database.options)],
        labelers: [teams({ connections: 10 })],
        authorizers: [everything],
      }),
      'labelers[0].options.connections: belongs to a connection of its own: write database too, or remove it',
    ],
    [
      'rules, which are read before anybody is accepted',
      () => ({
        authenticators: [users(database.options)],
        authorizers: [rules({}, { uses: { database: 'accepting' } })],
      }),
      'could not be created: sql/database is that of whoever accepts (uses: { database: accepting }); ask request.resolve in each call, or name one in uses: users',
    ],
  ]
  for (const [title, make, message] of cases) {
    it(title, async () => {
      const told = await start(make()).then(
        async (server) => `it started: ${await server.stop()}`,
        (error: Error) => error.message,
      )
      expect(told).to.contain(message)
    })
  }

  it('labels of whoever has no database are none', async () => {
    await fill(database)
    const labelers = [teams({}, { uses: { database: 'accepting' } })]
    await using server = await start({
      authenticators: [robots, users(database.options)],
      labelers,
      authorizers: [everything],
    })
    expect((await server.token({ user: ['bob', ROBOT] })).status).to.equal(200)
    expect(server.audits().at(-1)!.labels).to.deep.equal({})
  })
})
