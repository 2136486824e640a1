// The limits of a request: what is too much is refused in JSON, before any plugin is asked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { newPair } from '../support/key-pairs.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the limits'

describe('the limits of a request', () => {
  let server: TestInstance

  before(async () => {
    server = await startTestServer({
      config: {
        authenticators: [{ plugin: 'static', options: { users: { alice: { password: '!env ALICE' } } } }],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { ALICE: PASSWORD },
    })
  })

  after(() => server.stop())

  const alice = ['alice', PASSWORD] as const
  const scopes = (count: number, first = 0) =>
    Array.from({ length: count }, (_, index) => `repository:alice/${first + index}:pull`)

  it('allows 100 scopes, repeated or joined by spaces', async () => {
    expect((await server.token({ user: alice, query: { scope: scopes(100) } })).access).to.have.length(100)
    expect(
      (await server.token({ user: alice, query: { scope: scopes(100).join(' ') } })).access,
    ).to.have.length(100)
  })

  it('counts a scope that is repeated once, five thousand times too', async () => {
    const scope = [...scopes(99), ...Array(5_000).fill('a:b:c')].join(' ')
    const form = { username: 'alice', password: PASSWORD, scope }
    expect((await server.token({ form })).access).to.have.length(100)
  })

  for (const [name, scope] of [
    ['repeated', scopes(101)],
    ['joined by spaces', [scopes(50).join(' '), scopes(51, 50).join(' ')]],
  ] as const) {
    it(`refuses 101 scopes, ${name}, and says how many are allowed`, async () => {
      const answer = await server.token({ user: alice, query: { scope } })
      expect(answer.status).to.equal(400)
      expect(answer.json.errors[0].message).to.contain('more than 100 scopes')
    })
  }

  it('counts the scopes of form and query together', async () => {
    const form = { username: 'alice', password: PASSWORD, scope: scopes(60) }
    expect((await server.token({ form, query: { scope: scopes(41, 60) } })).status).to.equal(400)
  })

  const tooMuch: [string, number, Parameters<TestInstance['send']>[0]][] = [
    ['a URL of more than 32 KiB', 414, { path: '/auth', query: { service: 'x'.repeat(33_000) } }],
    ['a path of more than 32 KiB', 414, { path: `/${'x'.repeat(33_000)}` }],
    ['one header of more than 64 KiB', 431, { path: '/auth', headers: { 'x-large': 'x'.repeat(66_000) } }],
    [
      'a password that does not fit into the headers',
      431,
      { path: '/auth', user: ['alice', 'canary'.repeat(11_000)] },
    ],
    [
      'many headers of more than 64 KiB',
      431,
      {
        path: '/auth',
        headers: Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`x-${n}`, 'x'.repeat(100)])),
      },
    ],
    [
      'a form of more than 64 KiB',
      413,
      { path: '/auth', form: { username: 'alice', password: 'canary'.repeat(11_000) } },
    ],
    [
      'a chunked form of more than 64 KiB',
      413,
      {
        method: 'POST',
        path: '/auth',
        body: `scope=${'x'.repeat(70_000)}`,
        headers: { 'transfer-encoding': 'chunked', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
  ]
  for (const [name, status, question] of tooMuch) {
    it(`refuses ${name} with ${status} in JSON`, async () => {
      const answer = await server.send(question)
      expect(answer.status).to.equal(status)
      expect(answer.headers['content-type']).to.equal('application/json; charset=utf-8')
      expect(answer.json.errors[0].message).to.match(/more than \d+ (bytes|characters)/)
    })
  }

  it('takes a form of just 64 KiB', async () => {
    const form = { username: 'alice', password: PASSWORD, filler: '' }
    const length = new URLSearchParams(form).toString().length
    const answer = await server.token({ form: { ...form, filler: 'x'.repeat(64 * 1024 - length) } })
    expect(answer.status).to.equal(200)
  })

  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', undefined]) {
    it(`refuses a body of the type ${type} with 400 and names the right one`, async () => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const answer = await server.send({
        method: 'POST',
        path: '/auth',
        body: '{"username":"alice"}',
        headers,
      })
      expect(answer.status).to.equal(400)
      expect(answer.json.errors[0].message).to.contain('application/x-www-form-urlencoded')
    })
  }

  it('takes the type of a form in any case and with parameters', async () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' }
    expect(
      (await server.token({ form: { username: 'alice', password: PASSWORD }, headers })).status,
    ).to.equal(200)
  })

  it('takes a POST without a body as a GET', async () => {
    const answer = await server.token({
      method: 'POST',
      user: alice,
      query: { scope: 'repository:alice/app:pull' },
    })
    expect(answer.access).to.deep.equal(['repository:alice/app:pull'])
  })
})

describe('limits of the configuration', () => {
  const limits = { scopes: 3, body: '2KiB', headers: '8KiB', keep_alive: '95s', connections: 7 }
  const users = { alice: { password: '!env ALICE' } }
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'limits-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
  })
  after(() => rmSync(folder, { recursive: true }))

  const forms: [string, () => object][] = [
    [
      'the native form',
      () => ({
        server: { limits },
        authenticators: [{ plugin: 'static', options: { users } }],
        authorizers: [],
      }),
    ],
    [
      "docker_auth's form",
      () => ({
        server: { addr: '127.0.0.1:0', listen: undefined, limits },
        token: {
          issuer: 'Auth Service',
          expiration: 900,
          certificate: join(folder, 'token.crt'),
          key: join(folder, 'token.key'),
        },
        users,
        acl: [{ match: { account: 'alice' }, actions: ['*'] }],
      }),
    ],
  ]
  for (const [form, config] of forms) {
    it(`are kept, written in ${form}`, async () => {
      await using server = await startTestServer({ config: config(), env: { ALICE: PASSWORD } })
      const user = ['alice', PASSWORD] as const
      const login = { username: 'alice', password: PASSWORD }
      const scope = (count: number) => Array.from({ length: count }, (_, n) => `repository:a${n}:pull`)
      const fine = await server.token({ user, query: { scope: scope(3) } })
      expect(fine.status).to.equal(200)
      expect(fine.headers['keep-alive']).to.equal('timeout=95')
      expect(server.server.listener.connections.bound).to.equal(7)
      for (const [status, more, question] of [
        [400, /more than 3 scopes; ask for at most 3/, { user, query: { scope: scope(4) } }],
        [413, /more than 2048 bytes/, { form: { ...login, filler: 'x'.repeat(2048) } }],
        [
          413,
          /more than 2048 bytes/,
          { user, body: 'x'.repeat(2049), headers: { 'transfer-encoding': 'chunked' } },
        ],
        [431, /more than 8192 bytes/, { user, headers: { x: 'x'.repeat(8192) } }],
      ] as const) {
        const answer = await server.token(question)
        expect(answer.status).to.equal(status)
        expect(answer.json.errors[0].message).to.match(more)
      }
    })
  }

  it('that descriptors do not allow are lower, and a warning says how to change that', async () => {
    const [, config] = forms[0]!
    const server = await startTestServer({
      config: { ...config(), server: { limits: { connections: 1_000_000 } } },
      env: { ALICE: PASSWORD },
    })
    const warned = server
      .lines()
      .filter(({ msg }) => /^server\.limits\.connections is 1000000, and only \d+/.test(msg))
    expect(warned).to.have.length(1)
    await server.stop()
  })
})
