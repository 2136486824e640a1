// docker_auth's xorm_auth and acl_xorm on real PostgreSQL and MariaDB, with a real registry and skopeo; and the databases stopped.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DatabaseServer } from '../support/database-process.ts'
import { needs } from '../support/debian.ts'
import { writeImage } from '../support/image.ts'
import { newPair } from '../support/key-pairs.ts'
import { MARIADB_PASSWORD, MARIADB_USER, startMariadb } from '../support/mariadb.ts'
import { POSTGRES_PASSWORD, POSTGRES_USER, startPostgres } from '../support/postgres.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type Accounts, accountsIn, expectDone, expectRefused } from '../support/skopeo.ts'

const PASSWORD = 'correct horse'
const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'

const KINDS = [
  {
    type: 'postgres',
    program: 'postgres',
    start: () => startPostgres(),
    id: 'BIGSERIAL PRIMARY KEY',
    use: [],
    connection: ({ port }: DatabaseServer) =>
      `postgres://${POSTGRES_USER}:${encodeURIComponent(POSTGRES_PASSWORD)}@127.0.0.1:${port}/postgres?sslmode=disable`,
  },
  {
    type: 'mysql',
    program: 'mariadbd',
    start: () => startMariadb(),
    id: 'BIGINT(20) PRIMARY KEY AUTO_INCREMENT',
    use: ['USE app'],
    connection: ({ port }: DatabaseServer) =>
      `${MARIADB_USER}:${MARIADB_PASSWORD}@tcp(127.0.0.1:${port})/app?charset=utf8`,
  },
]

for (const { type, program, start, id, use, connection } of KINDS) {
  describe(`users and rules in ${type}, as docker_auth has them`, function () {
    needs(program, 'docker-registry', 'skopeo')
    this.timeout(60_000)

    let folder: string
    let database: DatabaseServer
    let server: TestInstance
    let registry: Registry
    let accounts: Accounts

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-databases-'))
      writeImage(join(folder, 'image'))
      accounts = accountsIn(folder, () => registry)
      database = await start()
      await database.sql(
        ...use,
        `CREATE TABLE xorm_user (id ${id}, username VARCHAR(128) NOT NULL, password_hash VARCHAR(128) NOT NULL, labels JSON)`,
        'CREATE TABLE xorm_acl_entry (acl_entry JSON, seq BIGINT)',
        `INSERT INTO xorm_user (username, password_hash, labels) VALUES
          ('alice', '${HASH}', '{"team":["red"]}'), ('bob', '${HASH}', NULL)`,
        `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES
          (20, '{"Match":{"account":"/.+/","name":"public/*"},"Actions":["pull"],"Comment":"All pull"}'),
          (10, '{"Match":{"name":"\${labels:team}/*"},"Actions":["pull","push"],"Comment":null}')`,
      )
      const pair = await newPair('RSA-2048')
      const [certificate, key] = [join(folder, 'token.crt'), join(folder, 'token.key')]
      writeFileSync(certificate, pair.certificate)
      writeFileSync(key, pair.key)
      const section = { database_type: type, conn_string: connection(database) }
      server = await startTestServer({
        config: JSON.stringify({
          server: { addr: '127.0.0.1:0' },
          token: { issuer: 'Auth Service', expiration: 900, certificate, key },
          xorm_auth: section,
          acl_xorm: { ...section, cache_ttl: '1m' },
        }),
      })
      registry = await startRegistry({
        realm: `http://127.0.0.1:${server.port}/auth`,
        service: 'registry',
        issuer: 'Auth Service',
        rootcertbundle: pair.certificate,
      })
    })
    after(async () => {
      await registry?.stop()
      await server?.stop()
      await database?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const push = (account: string, name: string, password = PASSWORD) =>
      accounts.push(account, name, password)
    const inspect = (account: string, name: string) => accounts.inspect(account, name, PASSWORD)

    it('lets a member push and pull, and nobody else', async () => {
      expectDone(await push('alice', 'red/app'))
      expectDone(await inspect('alice', 'red/app'))
      expectRefused(await inspect('bob', 'red/app'))
      expectRefused(await push('bob', 'red/app'))
      expectRefused(await push('alice', 'public/app'))
      expectRefused(await push('alice', 'red/app', 'wrong horse'))
    })

    it('answers 503 while the database is down, never 401, and is good again by itself', async () => {
      const ask = async (password: string) => {
        const answer = await server.token({ user: ['alice', password], query: { service: 'registry' } })
        return answer.status
      }
      expect([await ask(PASSWORD), await ask('wrong horse')]).to.deep.equal([200, 401])
      await database.halt()
      // Another one: the first was rejected a moment ago.
      expect([await ask(PASSWORD), await ask('another wrong horse')]).to.deep.equal([503, 503])
      await database.start()
      expect([await ask(PASSWORD), await ask('wrong horse')]).to.deep.equal([200, 401])
    })
  })
}
