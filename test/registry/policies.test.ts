// One backend proves the password, another gives the labels, casbin or MongoDB's rules decide; with a real registry and skopeo.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { json, serve, type TestServer } from '../support/http-server.ts'
import { writeImage } from '../support/image.ts'
import { startWireServer, type WireServer } from '../support/mongo-wire.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type Accounts, accountsIn, expectDone, expectRefused } from '../support/skopeo.ts'

const PASSWORD = 'correct horse'
const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'

/** Members of a team push into its folder, everybody of the network pulls from `public/`. */
const MODEL = `
[request_definition]
r = account, type, name, service, ip, action, labels
[policy_definition]
p = account, type, name, service, ip, action, labels
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.account, p.account) && r.type == p.type && globMatch(r.name, p.name) && r.service == p.service && \\
    ipMatch(r.ip, p.ip) && regexMatch(r.action, p.action) && labelMatch(r.labels, p.labels)
`
const POLICY = `
p, staff, repository, red/*, registry, 127.0.0.0/8, ^(pull|push)$, "{""team"":[""red""]}"
p, staff, repository, public/*, registry, 127.0.0.0/8, ^pull$,
g, alice, staff
g, bob, staff
`
const RULES = [
  { seq: 20, match: { account: '/.+/', name: 'public/*' }, actions: ['pull'] },
  { seq: 10, match: { name: '${labels:team}/*' }, actions: ['pull', 'push'] },
]

for (const authorizer of ['casbin', 'mongo']) {
  describe(`users of MongoDB with labels from a service, decided by ${authorizer}`, function () {
    needs('docker-registry', 'skopeo')
    this.timeout(60_000)

    let folder: string
    let mongo: WireServer
    let directory: TestServer
    let server: TestInstance
    let registry: Registry
    let accounts: Accounts

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-policies-'))
      writeImage(join(folder, 'image'))
      accounts = accountsIn(folder, () => registry)
      mongo = await startWireServer()
      mongo.collections.set(
        'users',
        ['alice', 'bob'].map((username) => ({ username, password: HASH })),
      )
      mongo.collections.set('acl', RULES)
      directory = await serve(({ url }, response) =>
        url === '/teams/alice' ? json(response, 200, { teams: ['red'] }) : response.writeHead(404).end(),
      )
      const database = { addrs: [mongo.address], database: 'docker_auth' }
      const files = { model: 'model.conf', policy: 'policy.csv' }
      server = await startTestServer({
        config: {
          token: { issuer: 'Auth Service' },
          authenticators: [{ plugin: 'mongo', options: { ...database, collection: 'users' } }],
          labelers: [
            {
              plugin: 'http',
              options: { url: `${directory.origin}/teams/\${account}`, labels: { team: 'body.teams' } },
            },
          ],
          authorizers: [
            {
              plugin: authorizer,
              options: authorizer === 'casbin' ? files : { ...database, collection: 'acl' },
            },
          ],
        },
        files: { 'model.conf': MODEL, 'policy.csv': POLICY },
      })
      registry = await startRegistry({
        realm: `http://127.0.0.1:${server.port}/auth`,
        service: 'registry',
        issuer: 'Auth Service',
        rootcertbundle: readFileSync(join(server.folder, 'var/signing-ca.crt'), 'utf8'),
      })
    })
    after(async () => {
      await registry?.stop()
      await server?.stop()
      await directory?.close()
      await mongo?.close()
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
    })

    it('refuses a wrong password as one, and an outage as none', async () => {
      expect((await push('alice', 'red/app', 'wrong horse')).output).to.match(/unauthorized|authentication/i)
      const question = { user: ['alice', PASSWORD] as [string, string], query: { service: 'registry' } }
      mongo.failure = { code: 11600, errmsg: 'interrupted' }
      expect((await server.token(question)).status).to.equal(503)
      mongo.failure = undefined
      expect((await server.token(question)).status).to.equal(200)
    })
  })
}
