// What the audit line of a request says of who claimed what, who was asked, and with which labels; also when it was refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createSecretToken } from '../../core/token/secret-token.ts'
import type { HttpQuestion } from '../support/http-question.ts'
import { newPair } from '../support/key-pairs.ts'
import { scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { keeperOf } from '../support/token-keeper.ts'

const PASSWORD = 'canary of the facts'
const DOWN = { does: 'throw' }
const accept = (labels: object) => ({ answer: { outcome: 'accept', labels } })
const reject = { answer: { outcome: 'reject', reason: 'no' } }
const pass = { answer: { outcome: 'pass' } }

const over = (authenticators: readonly object[], more: object = {}) =>
  startTestServer({ config: { authenticators, authorizers: [], ...more }, env: { ALICE: PASSWORD } })

const users = { plugin: 'static', id: 'users', options: { users: { alice: { password: '!env ALICE' } } } }

describe('the audit line of a refused request', () => {
  let server: TestInstance

  before(async () => {
    server = await over([users])
  })

  after(() => server.stop())

  const S = 'repository:a/b:pull'
  const cases: [string, HttpQuestion, object][] = [
    [
      'a malformed scope beside a good one',
      { user: ['alice', PASSWORD], query: { service: 'r', client_id: 'docker', scope: [S, 'x'] } },
      { account: 'alice', service: 'r', client: 'docker', scopes: [S], grant: 'password', status: 400 },
    ],
    [
      'malformed credentials',
      { headers: { authorization: 'Basic !' }, query: { service: 'r', client_id: 'docker', scope: S } },
      { account: '', service: 'r', client: 'docker', scopes: [S], status: 401 },
    ],
    [
      'a form without a password',
      { form: { username: 'bob', service: 'r', client_id: 'docker', scope: S, grant_type: 'password' } },
      { account: 'bob', service: 'r', client: 'docker', scopes: [S], status: 400 },
    ],
    [
      'an unknown grant',
      { form: { grant_type: 'x', username: 'bob', password: 'canary', service: 'r', scope: S } },
      { account: 'bob', service: 'r', scopes: [S], status: 400 },
    ],
    [
      'a service that is too long',
      { user: ['alice', PASSWORD], query: { service: 'r'.repeat(300), client_id: 'docker', scope: S } },
      { account: 'alice', client: 'docker', scopes: [S], grant: 'password', status: 400 },
    ],
    [
      'another account parameter',
      { user: ['alice', PASSWORD], query: { account: 'bob', service: 'r', scope: S } },
      { account: 'alice', service: 'r', scopes: [S], status: 400 },
    ],
    [
      'a name that no account can have',
      { user: ['al\u202eice', PASSWORD], query: { service: 'r', scope: S } },
      { account: 'al\\u{202e}ice', service: 'r', scopes: [S], status: 401 },
    ],
    [
      'a body that is no form',
      { method: 'POST', path: '/auth?service=r', user: ['alice', PASSWORD], body: '{}' },
      { account: 'alice', service: 'r', status: 400 },
    ],
    [
      'a password in the URL, of which nothing is said',
      { query: { service: 'r', username: 'alice', password: 'canary', scope: S } },
      { account: undefined, scopes: undefined, service: undefined, status: 400 },
    ],
    [
      'a bad refresh token of a named account',
      { form: { grant_type: 'refresh_token', refresh_token: 'canary', account: 'bob', service: 'r' } },
      { account: 'bob', service: 'r', grant: 'refresh_token', status: 400 },
    ],
    [
      'a wrong password',
      { user: ['alice', 'wrong canary'], query: { service: 'r' } },
      { account: 'alice', asked: ['users: reject'], authenticator: 'users', status: 401 },
    ],
    [
      'an unknown account',
      { user: ['bob', 'canary'] },
      { account: 'bob', asked: ['users: pass'], status: 401 },
    ],
  ]
  for (const [name, question, expected] of cases) {
    it(`has what was understood: ${name}`, async () => {
      const { status } = await server.token(question)
      const line = server.audits().at(-1)!
      const facts = Object.fromEntries(Object.keys(expected).map((key) => [key, line[key]]))
      expect(facts).to.deep.equal(expected)
      expect(line.status).to.equal(status)
      expect(JSON.stringify(line)).not.to.include('canary')
    })
  }

  it('has the name that was claimed, and whose the token is', async () => {
    const tokens = keeperOf(join(server.folder, 'var'), Date.now)
    const order = { account: 'alice', labels: {}, by: 'test', authenticator: 'users', plugin: 'static' }
    const { id, secret } = await tokens.personalToken(order as never)
    await server.token({ user: ['bob', secret.reveal()] })
    const { account, owner, token, status } = server.audits().at(-1)!
    expect({ account, owner, token, status }).to.deep.equal({
      account: 'bob',
      owner: 'alice',
      token: id,
      status: 401,
    })
    await server.token({ user: ['alice', secret.reveal()] })
    const good = server.audits().at(-1)!
    expect(good).to.include({ account: 'alice', status: 200 })
    expect(good).not.to.have.property('owner')
    expect(good.asked).to.deep.equal(['users: accept'])
    await tokens.close()
  })

  it('has the name that was claimed with an unknown token', async () => {
    await server.token({ user: ['bob', createSecretToken('personal').secret.reveal()] })
    expect(server.audits().at(-1)).to.include({ account: 'bob', grant: 'personal_token', status: 401 })
  })
})

describe('the audit line', () => {
  const chains: [string, object[], string[], number][] = [
    [
      'each',
      [scripted.authenticator('a', pass), scripted.authenticator('b', accept({}))],
      ['a: pass', 'b: accept'],
      200,
    ],
    [
      'none after a reject',
      [scripted.authenticator('a', reject), scripted.authenticator('b', pass)],
      ['a: reject'],
      401,
    ],
    [
      'an outage',
      [scripted.authenticator('a', pass), scripted.authenticator('b', DOWN)],
      ['a: pass', 'b: unavailable'],
      503,
    ],
    [
      'an outage that was stepped over',
      [scripted.authenticator('a', DOWN, { on_error: 'next' }), scripted.authenticator('b', accept({}))],
      ['a: unavailable', 'b: accept'],
      200,
    ],
  ]
  for (const [name, authenticators, asked, status] of chains) {
    it(`names every authenticator that was asked, in order: ${name}`, async () => {
      await using server = await over(authenticators)
      await server.token({ user: ['alice', PASSWORD] })
      const line = server.audits().at(-1)!
      expect({ asked: line.asked, status: line.status }).to.deep.equal({ asked, status })
    })
  }

  it('names who was asked again at a refresh', async () => {
    const again = { ...accept({ a: ['b'] }), refresh: { does: 'throw' } }
    await using server = await over([scripted.authenticator('users', again)])
    const form = { grant_type: 'password', username: 'alice', password: PASSWORD, access_type: 'offline' }
    const refresh_token = (await server.token({ form })).json.refresh_token
    const { status } = await server.token({ form: { grant_type: 'refresh_token', refresh_token } })
    expect(status).to.equal(503)
    expect(server.audits().at(-1)!.asked).to.deep.equal(['users: unavailable'])
  })

  it('has the labels of all, also when an authorizer is down', async () => {
    const authorizers = [scripted.authorizer('policy', DOWN)]
    const labelers = [scripted.labeler('more', { answer: { team: ['x'] } })]
    await using server = await over([scripted.authenticator('a', accept({ group: ['dev', 'ops'] }))], {
      authorizers,
      labelers,
    })
    const { status } = await server.token({ user: ['alice', PASSWORD], query: { scope: 'a:b:c' } })
    expect(status).to.equal(503)
    expect(server.audits().at(-1)!.labels).to.deep.equal({ group: ['dev', 'ops'], team: ['x'] })
  })

  it('has 2 KB of labels, and how many more there are', async () => {
    const group = Array.from({ length: 500 }, (_, index) => `group-${index}-é`)
    await using server = await over([scripted.authenticator('a', accept({ group, z: ['last'] }))])
    await server.token({ user: ['alice', PASSWORD] })
    const { labels, labels_left_out } = server.audits().at(-1)!
    expect(Buffer.byteLength(JSON.stringify(labels))).to.be.within(1_900, 2_048)
    expect(labels.group.length + labels_left_out).to.equal(501)
  })

  it('has none with log.labels: false, in both forms', async () => {
    const rest = { log: { labels: false } }
    await using native = await over([scripted.authenticator('a', accept({ group: ['dev'] }))], rest)
    await native.token({ user: ['alice', PASSWORD] })
    expect(native.audits().at(-1)).to.include({ status: 200 }).and.not.have.property('labels')

    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
    const hash = '$2b$04$XHWjtzOV5sxNGf5HiWWNZuvx34KSOPe.EacyIdsan/T68CM.uDuNy'
    for (const [log, expected] of [
      ['', true],
      ['log: { labels: false }\n', false],
    ] as const) {
      const server =
        'server: { addr: "127.0.0.1:0" }\ntoken: { issuer: a, expiration: 900, certificate: @.crt, key: @.key }\nacl: []\n'
      const users = `users: { hashed: { password: "${hash}", labels: { group: [dev] } } }\n`
      const config = (server + users + log).replaceAll('@', join(folder, 'token'))
      await using theirs = await startTestServer({ config })
      await theirs.token({ user: ['hashed', 'hashed canary of the audit'] })
      expect('labels' in theirs.audits().at(-1)!).to.equal(expected)
    }
    rmSync(folder, { recursive: true })
  })
})
