// The two servers stopped, hung and restarted while logins run.
import { expect } from 'chai'
import { type Authenticator, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import type { DatabaseServer } from '../../test/support/database-process.ts'
import { needs } from '../../test/support/debian.ts'
import { startMariadb } from '../../test/support/mariadb.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { until } from '../../test/support/processes.ts'
import { CORRECT_HORSE, mysqlOptions, postgresOptions } from '../../test/support/sql-databases.ts'
import plugin from './index.ts'

const SERVERS = [
  {
    name: 'postgres',
    program: 'postgres',
    start: startPostgres,
    options: postgresOptions,
    use: [],
    count: "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'dockwarden'",
    cut: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dockwarden'",
  },
  {
    name: 'mysql',
    program: 'mariadbd',
    start: startMariadb,
    options: mysqlOptions,
    use: ['USE app'],
    count: "SELECT count(*) AS count FROM information_schema.processlist WHERE user = 'keeper'",
    cut: 'KILL USER keeper',
  },
]

const QUERY = 'SELECT hash AS password_hash FROM users WHERE name = ${account}'
/** For logins that are to be seen to fail: each waits so long for a server that hangs. */
const TIMEOUT_MS = 700
/** For logins that must not fail, on a slow machine neither. */
const PATIENCE_MS = 15_000

for (const { name, program, start, options, use, count, cut } of SERVERS) {
  describe(`sql: outages of ${name}`, function () {
    this.timeout(20_000)
    needs(program)
    let server: DatabaseServer
    let instance: Authenticator

    before(async () => {
      server = await start()
      await server.sql(
        ...use,
        'CREATE TABLE users (name VARCHAR(50), hash VARCHAR(100))',
        `INSERT INTO users VALUES ('bob', '${CORRECT_HORSE}')`,
      )
    })
    after(() => server?.stop())
    beforeEach(async () => {
      const parsed = plugin.options.parse({ ...options(server.port), query: QUERY, connections: 5 })
      instance = await plugin.create(parsed, testHost())
    })
    afterEach(() => instance.close?.())

    const login = async (timeout = PATIENCE_MS) => {
      const credentials = {
        kind: 'password',
        account: 'bob',
        password: new Secret('correct horse'),
      } as const
      try {
        const { outcome } = await instance.authenticate(credentials, testRequest({ timeout }))
        return outcome
      } catch (error) {
        return (error as Error).message
      }
    }

    /** Logins without a pause, several at once; what came of them, by outcome. */
    function load() {
      const seen = new Map<string, number>()
      let running = true
      const visitor = async () => {
        while (running) {
          const outcome = await login(TIMEOUT_MS)
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
          if (outcome !== 'accept') await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
      const visitors = Array.from({ length: 12 }, visitor)
      const accepted = () => seen.get('accept') ?? 0
      const failed = () => [...seen].reduce((sum, [key, times]) => (key === 'accept' ? sum : sum + times), 0)
      return {
        async untilAccepted() {
          const now = accepted()
          await until(() => accepted() > now + 20)
        },
        untilSeen: (outcome: string) => until(() => seen.has(outcome)),
        async untilFailed() {
          const now = failed()
          await until(() => failed() > now + 5)
        },
        /** All outcomes but `accept`. */
        async end() {
          running = false
          await Promise.all(visitors)
          seen.delete('accept')
          return [...seen.keys()]
        },
      }
    }

    it('stopped and started again: unavailable meanwhile, never a wrong password, then good by itself', async () => {
      const logins = load()
      const refused = `${name} 127.0.0.1:${server.port}: connection refused; start the database, or correct host and port`
      await logins.untilAccepted()
      await server.halt()
      await logins.untilFailed()
      await logins.untilSeen(refused)
      await server.start()
      await logins.untilAccepted()
      const failures = await logins.end()
      expect(failures).to.include(refused)
      // On a machine that is busy, a hash may not be done in time either.
      const outage = new RegExp(`^(${name} 127\\.0\\.0\\.1:\\d+|password hashes): `)
      for (const message of failures) expect(message).to.match(outage)
    })

    it('hung: each login ends in its time as unavailable, and all is good soon after', async () => {
      const logins = load()
      await logins.untilAccepted()
      await server.pause()
      try {
        await logins.untilFailed()
        await logins.untilFailed()
      } finally {
        server.resume()
      }
      await logins.untilAccepted()
      // As above.
      const late = /^password hashes: |: no (answer|connection) in time; /
      for (const message of await logins.end()) expect(message).to.match(late)
    })

    it('hung: it can be closed, with connections that are kept and one that is waited for', async () => {
      await Promise.all([login(), login(), login()])
      await server.pause()
      try {
        const waiting = login(TIMEOUT_MS)
        await instance.close?.()
        expect(await waiting).not.to.equal('accept')
      } finally {
        server.resume()
      }
    })

    it('kept connections that were cut are no failure', async () => {
      await Promise.all([login(), login(), login()])
      await server.sql(cut)
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => login()))
      expect(new Set(outcomes)).to.deep.equal(new Set(['accept']))
    })

    it('two hundred logins at once open the configured number of connections, and keep them', async () => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => login()))
      expect(new Set(outcomes)).to.deep.equal(new Set(['accept']))
      // The server may still be ending those of the test before.
      let open: unknown
      await until(async () => {
        open = (await server.sql(count))[0]?.count
        return Number(open) <= 5
      })
      expect(Number(open)).to.equal(5)
    })

    it('a wrong login, a missing database and a missing table are told with the remedy, without the password', async () => {
      const cases: [object, RegExp][] = [
        [{ password: new Secret('wrong-secret') }, /refused; correct user and password$/],
        [{ name: 'elsewhere' }, /there is no such database; correct name|may not use this database/],
        [{ query: 'SELECT password_hash FROM nowhere' }, /nowhere/],
        [
          { query: 'SELECT hash FROM users' },
          /gives no column password_hash \(but hash\); write AS password_hash/,
        ],
        [{ tls: { verify: 'none' } }, /speaks no TLS/],
      ]
      for (const [more, message] of cases) {
        const parsed = plugin.options.parse({ ...options(server.port), query: QUERY, ...more })
        const other = await plugin.create(parsed, testHost())
        const error: Error = await other.ready!().then(
          () => new Error('it was ready'),
          (thrown) => thrown,
        )
        await other.close?.()
        expect(error.message).to.match(message)
        expect(error.message).not.to.match(/wrong-secret|sesame/)
      }
    })
  })
}
