// Encrypted connections to both servers, and what is checked of their certificate.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authenticator, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { createTlsCertificate } from '../../core/x509/certificates.ts'
import type { DatabaseServer } from '../../test/support/database-process.ts'
import { needs } from '../../test/support/debian.ts'
import { MARIADB_PASSWORD, MARIADB_USER, startMariadb } from '../../test/support/mariadb.ts'
import { POSTGRES_PASSWORD, POSTGRES_USER, startPostgres } from '../../test/support/postgres.ts'
import { mysqlOptions, postgresOptions } from '../../test/support/sql-databases.ts'
import plugin from './index.ts'

const SERVERS = [
  {
    name: 'postgres',
    program: 'postgres',
    start: startPostgres,
    options: postgresOptions,
    login: `${POSTGRES_USER}:${encodeURIComponent(POSTGRES_PASSWORD)}`,
    socket: (folder: string) => folder,
    // One row if the connection is encrypted.
    query: "SELECT '' AS password_hash FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl",
  },
  {
    name: 'mysql',
    program: 'mariadbd',
    start: startMariadb,
    options: mysqlOptions,
    login: `${MARIADB_USER}:${encodeURIComponent(MARIADB_PASSWORD)}`,
    socket: (folder: string) => join(folder, 'server.sock'),
    query:
      "SELECT '' AS password_hash FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher' AND variable_value <> ''",
  },
] as const

for (const { name, program, start, options, login, socket, query } of SERVERS) {
  describe(`sql: the connection to ${name}`, () => {
    needs(program)
    let server: DatabaseServer
    let folder: string

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'dockwarden-tls-'))
      const pair = await createTlsCertificate(['localhost'], Date.now())
      await writeFile(join(folder, 'ca.pem'), pair.certificate)
      server = await start(pair)
    })
    after(async () => {
      await server?.stop()
      await rm(folder, { recursive: true })
    })

    /** `encrypted`, `plain`, or why there is no connection. */
    async function connection(more: object, replaced: object = options(server.port)): Promise<string> {
      const parsed = plugin.options.parse({ ...replaced, query, ...more })
      let instance: Authenticator | undefined
      try {
        instance = await plugin.create(parsed, testHost({ base: folder }))
        // A row without a hash is a reject, no row a pass.
        const outcome = await instance.refresh!({ account: 'x', labels: {} }, testRequest())
        const { reason } = outcome as { reason: string }
        return reason === 'the account has no password hash' ? 'encrypted' : 'plain'
      } catch (error) {
        return (error as Error).message
      } finally {
        await instance?.close?.()
      }
    }

    const cases: [what: string, more: object, expected: RegExp][] = [
      ['is plain unless TLS is wanted', {}, /^plain$/],
      ['is encrypted', { host: 'localhost', tls: { ca: 'ca.pem' } }, /^encrypted$/],
      ['tells an unknown authority', { host: 'localhost', tls: true }, /self-signed.*; name it in tls\.ca/],
      [
        'tells another host name',
        { tls: { ca: 'ca.pem' } },
        name === 'postgres'
          ? /is for another name; write that in host and port, or set tls\.verify: ca/
          : /can't be checked for an address; write its name in host, or tls\.verify: ca$/,
      ],
      ['can leave the host name unchecked', { tls: { ca: 'ca.pem', verify: 'ca' } }, /^encrypted$/],
      ['still checks the authority then', { tls: { verify: 'ca' } }, /self-signed/],
      ['can leave all unchecked', { tls: { verify: 'none' } }, /^encrypted$/],
    ]
    for (const [what, more, expected] of cases) {
      it(what, async () => expect(await connection(more)).to.match(expected))
    }

    it('may be written as a URL', async () => {
      const { name: databaseName } = options(server.port)
      const url = new Secret(`${name}://${login}@127.0.0.1:${server.port}/${databaseName}`)
      expect(await connection({ url }, { database: name })).to.equal('plain')
      const required = new Secret(`${url.reveal()}?sslmode=require`)
      if (name === 'postgres')
        expect(await connection({ url: required }, { database: name })).to.equal('encrypted')
    })

    it('may be a unix socket', async () => {
      expect(await connection({ host: socket(server.folder) })).to.equal('plain')
      expect(await connection({ host: join(folder, 'nowhere') })).to.match(
        /nowhere: there is no such socket; start the database, or correct host$/,
      )
    })
  })
}
