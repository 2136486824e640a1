// One request whose rules would take too long: 503 with a log line that names rule and remedy, while others are served.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { newPair } from '../support/key-pairs.ts'
import { startTestServer } from '../support/server.ts'

const PASSWORD = 'canary of the rules'
// Expressions with flags are the last ones that nothing tells apart.
const rules = Array.from({ length: 200 }, (_, index) => ({
  match: { name: `/(?i)^team-${index}-.+/` },
  actions: ['pull'],
}))
const scopes = (count: number) =>
  Array.from({ length: count }, (_, index) => `repository:other-${index}:pull`)
const alice = ['alice', PASSWORD] as const

const NATIVE = {
  server: { limits: { rule_steps: 5_000 } },
  authenticators: [{ plugin: 'static', options: { users: { alice: { password: '!env ALICE' } } } }],
  authorizers: [{ plugin: 'acl', options: { rules } }],
}
/** docker_auth's form, with a folder for its signing key. */
const dockerAuth = (folder: string) => ({
  server: { addr: '127.0.0.1:0', listen: undefined, limits: { rule_steps: 5_000 } },
  token: {
    issuer: 'Auth Service',
    expiration: 900,
    certificate: join(folder, 'token.crt'),
    key: join(folder, 'token.key'),
  },
  users: { alice: { password: '!env ALICE' } },
  acl: rules,
})

describe('the steps of a request', () => {
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rule-steps-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const [form, config] of [
    ['native', () => NATIVE],
    ["docker_auth's", () => dockerAuth(folder)],
  ] as const) {
    it(`are counted over all its scopes: too many are 503, and the log says why (${form} form)`, async () => {
      await using server = await startTestServer({ config: config(), env: { ALICE: PASSWORD } })
      const few = await server.token({ user: alice, query: { scope: scopes(5) } })
      expect(few.status).to.equal(200)
      const many = await server.token({ user: alice, query: { scope: scopes(100) } })
      expect(many.status).to.equal(503)
      expect(many.json.errors[0].code).to.equal('UNAVAILABLE')
      const line = server.lines().find(({ msg }) => msg === 'authorizer could not be asked')
      expect(line!.err.message).to.match(/more than 5000 steps; .*server\.limits\.rule_steps/)
      expect((await server.token({ user: alice, query: { scope: scopes(5) } })).status).to.equal(200)
    })
  }
})
