// Refresh tokens: asked for, used, and refused, on a whole server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HttpQuestion } from '../support/http-question.ts'
import { newKey } from '../support/key-pairs.ts'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'
import { keeperOf } from '../support/token-keeper.ts'

const PASSWORD = 'canary of alice'
const SERVICE = 'registry'
const SCOPE = 'repository:alice/app:pull,push'

const user = (more: object = {}) => ({ password: '!env ALICE', labels: { group: ['dev'] }, ...more })
const users = (all: object) => ({ plugin: 'static', id: 'users', options: { users: all } })
const rules = {
  plugin: 'acl',
  options: {
    rules: [
      { match: { labels: { group: 'dev' } }, actions: ['*'] },
      { match: { account: '/.+/' }, actions: ['pull'] },
    ],
  },
}
const ENV = { ALICE: PASSWORD, OTHER: 'canary of another' }

function start(config: object): Promise<TestInstance> {
  return startTestServer({ config: { authorizers: [rules], ...config }, env: ENV })
}

async function login(server: TestInstance, more: object = {}): Promise<string> {
  const query = { service: SERVICE, offline_token: 'true', client_id: 'docker', ...more }
  const { json, status } = await server.token({ user: ['alice', PASSWORD], query })
  expect(status).to.equal(200)
  return json.refresh_token
}

function refresh(token: string, more: object = {}): HttpQuestion {
  return {
    form: { grant_type: 'refresh_token', refresh_token: token, service: SERVICE, scope: SCOPE, ...more },
  }
}

/** Refused like every bad refresh token, with one line in the audit log and nothing else. */
function expectRefused(server: TestInstance, answer: TokenAnswer, reason: RegExp, status = 400): void {
  expect(answer.status).to.equal(status)
  expect(answer.claims).to.equal(undefined)
  expect(answer.headers['www-authenticate'] !== undefined).to.equal(status === 401)
  const body = answer.json
  expect(body.errors).to.deep.equal([
    {
      code: 'UNAUTHORIZED',
      message: 'the refresh token is not good, or not any more; log in again',
      detail: null,
    },
  ])
  if (status === 400) expect(body).to.include({ error: 'invalid_grant' })
  expect(server.audits().at(-1)).to.include({ status, msg: 'token refused', grant: 'refresh_token' })
  expect(server.audits().at(-1)!.reason).to.match(reason)
}

describe('a refresh token', () => {
  let server: TestInstance
  beforeEach(async () => {
    server = await start({
      authenticators: [users({ alice: user(), bob: user({ password: '!env OTHER' }) })],
    })
  })
  afterEach(() => server.stop())

  const asking: [string, HttpQuestion][] = [
    ['GET with offline_token=true', { user: ['alice', PASSWORD], query: { offline_token: 'true' } }],
    [
      'POST with access_type=offline',
      { form: { grant_type: 'password', username: 'alice', password: PASSWORD, access_type: 'offline' } },
    ],
  ]
  for (const [name, question] of asking) {
    it(`is there for ${name}`, async () => {
      const { json } = await server.token(question)
      expect(json.refresh_token).to.match(/^dwr_[0-9A-Za-z]{49}$/)
      expect(server.audits().at(-1)!.refresh_token).to.match(/^[0-9a-f]{20}$/)
    })
  }

  const notAsking: [string, HttpQuestion][] = [
    ['GET', { user: ['alice', PASSWORD] }],
    ['offline_token=false', { user: ['alice', PASSWORD], query: { offline_token: 'false' } }],
    [
      'access_type=online',
      { form: { grant_type: 'password', username: 'alice', password: PASSWORD, access_type: 'online' } },
    ],
  ]
  for (const [name, question] of notAsking) {
    it(`is not there for ${name}`, async () => {
      const { json, status } = await server.token(question)
      expect(status).to.equal(200)
      expect(json).not.to.have.property('refresh_token')
    })
  }

  it('is not there for anonymous clients', async () => {
    await using open = await start({ authenticators: [users({ '': {} })] })
    const { json, status } = await open.token({ query: { offline_token: 'true', scope: SCOPE } })
    expect(status).to.equal(200)
    expect(json).not.to.have.property('refresh_token')
  })

  it('gets tokens with any scope of its account, again and again, and is the same one when asked for', async () => {
    const token = await login(server)
    for (const scope of [SCOPE, 'repository:other:pull', '']) {
      const { status, claims, access, json } = await server.token(refresh(token, { scope }))
      expect(status).to.equal(200)
      expect(claims).to.include({ sub: 'alice', aud: SERVICE })
      expect(access).to.deep.equal(scope === '' ? [] : [scope])
      expect(json).to.include.keys('token', 'access_token', 'expires_in', 'issued_at', 'scope')
      expect(json).not.to.have.property('refresh_token')
    }
    expect((await server.token(refresh(token, { access_type: 'offline' }))).json.refresh_token).to.equal(
      token,
    )
    const [first] = server.audits()
    expect(server.audits().at(-1)).to.include({
      account: 'alice',
      grant: 'refresh_token',
      token: first!.refresh_token,
      refresh_token: first!.refresh_token,
      authenticator: 'users',
    })
  })

  const ways: [string, (token: string) => HttpQuestion][] = [
    [
      'as the password of <token>',
      (token) => ({ user: ['<token>', token], query: { service: SERVICE, scope: SCOPE } }),
    ],
    [
      'as the password of an empty name',
      (token) => ({ user: ['', token], query: { service: SERVICE, scope: SCOPE } }),
    ],
    [
      'with its own account beside <token>',
      (token) => ({ user: ['<token>', token], query: { service: SERVICE, scope: SCOPE, account: 'alice' } }),
    ],
    [
      'as the password of <token> in a form',
      (token) => ({
        form: {
          grant_type: 'password',
          username: '<token>',
          password: token,
          service: SERVICE,
          scope: SCOPE,
        },
      }),
    ],
  ]
  for (const [name, question] of ways) {
    it(`is taken ${name}`, async () => {
      const { status, claims, access } = await server.token(question(await login(server)))
      expect(status).to.equal(200)
      expect(claims!.sub).to.equal('alice')
      expect(access).to.deep.equal([SCOPE])
    })
  }

  const bad: [string, (token: string) => HttpQuestion, RegExp][] = [
    [
      'tampered with',
      (token) => refresh(token.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))),
      /no token/,
    ],
    ['truncated', (token) => refresh(token.slice(0, 30)), /no token/],
    ['of another server', () => refresh(`dwr_${'0'.repeat(43)}0JdpVn`), /unknown/],
    ['of another service', (token) => refresh(token, { service: 'other' }), /another service/],
    ['without a service', (token) => refresh(token, { service: '' }), /another service/],
    ['of another account', (token) => ({ ...refresh(token), query: { account: 'bob' } }), /another account/],
    ['that is any text', () => refresh('canary of any text'), /no token/],
  ]
  for (const [name, question, reason] of bad) {
    it(`${name} is refused with 400 in a form`, async () => {
      const token = await login(server)
      // A busy machine may hold the event loop, which the log says too.
      const said = () => server.lines().filter(({ msg }) => !/event loop/.test(msg))
      const before = said().length
      expectRefused(server, await server.token(question(token)), reason)
      expect(said()).to.have.length(before + 1)
      // The token itself is as good as before.
      expect((await server.token(refresh(token))).status).to.equal(200)
    })

    it(`${name} is refused with 401 in Basic`, async () => {
      const { form, query } = question(await login(server))
      const { refresh_token: secret, service } = form as Record<string, string>
      const answer = await server.token({
        user: ['<token>', secret!],
        query: { service: service!, ...query },
      })
      expectRefused(server, answer, reason, 401)
    })
  }

  it('that has expired is refused', async () => {
    const past = Date.now() - 31 * 86_400_000
    const old = keeperOf(join(server.folder, 'var'), () => past)
    const order = {
      account: 'alice',
      service: SERVICE,
      client: undefined,
      authenticator: 'users',
      plugin: 'static',
      verified: true,
    }
    const made = await old.refreshToken({ ...order, labels: {}, session: undefined, parent: undefined })
    await old.close()
    expectRefused(server, await server.token(refresh(made!.secret.reveal())), /expired|unknown/)
  })

  it('of a name that no account can have any more is refused', async () => {
    const keeper = keeperOf(join(server.folder, 'var'), Date.now)
    const order = {
      account: 'ali\u200bce',
      service: SERVICE,
      client: undefined,
      authenticator: 'users',
      plugin: 'static',
      verified: true,
    }
    const made = await keeper.refreshToken({ ...order, labels: {}, session: undefined, parent: undefined })
    await keeper.close()
    expectRefused(server, await server.token(refresh(made!.secret.reveal())), /its account has U\+200B in it/)
  })

  it('that was revoked is refused at once, and the log says by whom', async () => {
    const token = await login(server)
    const { refresh_token: id } = server.audits().at(-1)!
    const other = keeperOf(join(server.folder, 'var'), Date.now)
    expect(await other.revoke(id, 'root@host')).to.equal(true)
    await other.close()
    expectRefused(server, await server.token(refresh(token)), /revoked by root@host at 20/)
    expect(server.audits().at(-1)).to.include({ account: 'alice', token: id })
    expectRefused(
      server,
      await server.token({ user: ['<token>', token], query: { service: SERVICE } }),
      /revoked/,
      401,
    )
  })

  it('is never shown to an authenticator, under whatever name', async () => {
    const curious = scripted.authenticator('curious', { answer: { outcome: 'accept' } })
    await using open = await start({ authenticators: [users({ alice: user() }), curious] })
    const token = await login(open)
    expect((await open.token({ user: ['eve', token] })).status).to.equal(401)
    expect((await open.token({ user: ['<token>', 'not a token'] })).status).to.equal(401)
    expect(open.lines().filter(({ msg }) => msg === 'asked')).to.deep.equal([])
  })

  it('does not exist where no store can be made, and logins work all the same', async () => {
    // Below a file there can be no folder, whoever runs this.
    const nowhere = join(server.folder, 'dockwarden.yml', 'var')
    const keys = [{ key: 'signing.pem' }]
    const config = {
      server: { state_dir: nowhere },
      token: { keys },
      authenticators: [users({ alice: user() })],
      authorizers: [rules],
    }
    const files = { 'signing.pem': newKey('P-256') }
    await using without = await startTestServer({ config, files, env: ENV })
    expect(await login(without)).to.equal(undefined)
    expect(without.server.services.warnings.map(({ message }) => message).join()).to.match(
      /no refresh tokens.*store\.db.*server\.state_dir/,
    )
    expect((await without.send({ path: '/readyz' })).status).to.equal(200)

    const asked = { ...config, server: { state_dir: nowhere, store: 'embedded' } }
    const fault = await startTestServer({ config: asked, files, env: ENV }).catch((error) => error)
    expect(fault.message).to.match(/server\.store: .*store\.db/)
  })

  it('does not exist when they are switched off', async () => {
    await using off = await start({ token: { refresh: false }, authenticators: [users({ alice: user() })] })
    expect(await login(off)).to.equal(undefined)
  })
})

describe('an account behind a refresh token', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const over = (config: object) => start({ server: { state_dir: folder }, ...config })

  const changes: [string, object, RegExp | undefined, string[]?][] = [
    ['that is as it was', users({ alice: user() }), undefined, [SCOPE]],
    ['that lost its group', users({ alice: user({ labels: {} }) }), undefined, ['repository:alice/app:pull']],
    ['that was removed', users({ bob: user() }), /no longer configured/],
    ['with another password', users({ alice: user({ password: '!env OTHER' }) }), /password has changed/],
    ['that was disabled', users({ alice: user({ disabled: true }) }), /disabled/],
    [
      'whose authenticator is another plugin now',
      scripted.authenticator('users', {
        answer: { outcome: 'accept' },
        refresh: { answer: { outcome: 'accept' } },
      }),
      /another plugin/,
    ],
    [
      'whose authenticator was removed',
      { ...users({ alice: user() }), id: 'others' },
      /no longer configured/,
    ],
  ]
  for (const [name, authenticator, reason, access] of changes) {
    it(`${name} ${reason ? 'is refused' : `gets ${access}`} with the next token, also on another node`, async () => {
      await using before = await over({ authenticators: [users({ alice: user() })] })
      const token = await login(before)
      await using after = await over({ authenticators: [authenticator] })
      const answer = await after.token(refresh(token))
      if (reason) expectRefused(after, answer, reason)
      else expect(answer.access).to.deep.equal(access)
    })
  }

  it('is looked at again, and a backend that is down is 503, not a bad token', async () => {
    const accept = { answer: { outcome: 'accept' } }
    await using before = await over({
      authenticators: [scripted.authenticator('users', { ...accept, refresh: accept })],
    })
    const token = await login(before)
    for (const does of ['throw', 'throw before a promise', 'hang']) {
      const down = scripted.authenticator('users', { refresh: { does } }, { timeout: '50ms' })
      await using after = await over({ authenticators: [down] })
      const answer = await after.token(refresh(token))
      expect(answer.status, does).to.equal(503)
      expect(answer.headers['retry-after']).to.match(/^\d+$/)
      expect(answer.text).not.to.contain('scripted')
    }
  })

  it('that is too large to be kept costs the refresh token, not the login, and the log says so', async () => {
    const large = { outcome: 'accept', session: 'x'.repeat(20_000) }
    const script = { answer: large, refresh: { answer: { outcome: 'accept' } } }
    await using server = await over({ authenticators: [scripted.authenticator('upstream', script)] })
    expect(await login(server)).to.equal(undefined)
    const [warning, ...others] = server.lines().filter(({ level }) => level === 'warn')
    expect(others).to.deep.equal([])
    expect(warning).to.include({ account: 'alice', authenticator: 'upstream' })
    expect(warning!.reason).to.match(/session has more than 16384 characters/)
    expect(server.audits().at(-1)).not.to.have.property('refresh_token')
  })

  it('that becomes too large later stays as it was', async () => {
    const script = {
      answer: { outcome: 'accept', session: 'first' },
      refresh: { answer: { outcome: 'accept', session: 'x'.repeat(20_000) } },
    }
    await using server = await over({ authenticators: [scripted.authenticator('upstream', script)] })
    const token = await login(server)
    for (let use = 0; use < 2; use += 1) expect((await server.token(refresh(token))).status).to.equal(200)
    expect(server.lines().findLast(({ held }) => held)!.held.session).to.equal('first')
  })

  it('is handed to its authenticator as it was left, and a new session replaces the old one', async () => {
    // Read from the log: nothing that looks like a token, which would be masked there.
    const accept = (more: object) => ({ outcome: 'accept', ...more })
    const upstream = (again: object) =>
      scripted.authenticator('upstream', {
        answer: accept({ session: { token: 'session 1' }, labels: { group: ['dev'] } }),
        refresh: { answer: again },
      })
    await using server = await over({
      authenticators: [upstream(accept({ session: { token: 'session 2' }, labels: { group: ['dev'] } }))],
    })
    const token = await login(server)
    const held = () => server.lines().findLast(({ held }) => held)!.held
    await server.token(refresh(token))
    expect(held()).to.deep.equal({
      account: 'alice',
      labels: { group: ['dev'] },
      session: { token: 'session 1' },
    })
    await server.token(refresh(token))
    expect(held().session).to.deep.equal({ token: 'session 2' })

    const refusals: [object, RegExp][] = [
      [{ outcome: 'reject', reason: 'disabled upstream' }, /disabled upstream/],
      [{ outcome: 'pass' }, /does not know the account/],
      [accept({ account: 'eve' }), /another name/],
    ]
    for (const [again, reason] of refusals) {
      await using changed = await over({ authenticators: [upstream(again)] })
      expectRefused(changed, await changed.token(refresh(token)), reason)
    }
  })

  it('keeps what the authenticator said at the login, when that can not look again', async () => {
    const accept = { answer: { outcome: 'accept', labels: { group: ['dev'] } } }
    await using server = await over({ authenticators: [scripted.authenticator('blind', accept)] })
    const token = await login(server)
    expect((await server.token(refresh(token))).access).to.deep.equal([SCOPE])
    const id = server.audits()[0]!.refresh_token
    const later = keeperOf(folder, Date.now)
    const kept = await later.get(id)
    await later.close()
    expect(kept!.expires! - kept!.created).to.equal(24 * 3_600_000)
  })

  it('has no refresh token when its authenticator can not look again and max_age_unverified is 0', async () => {
    const token = { refresh: { max_age_unverified: 0 } }
    const accept = { answer: { outcome: 'accept' } }
    await using blind = await over({ token, authenticators: [scripted.authenticator('blind', accept)] })
    expect(await login(blind)).to.equal(undefined)
    await using seeing = await over({ token, authenticators: [users({ alice: user() })] })
    expect(await login(seeing)).to.match(/^dwr_/)
  })

  it('is asked by labelers and authorizers again', async () => {
    const labeler = (group: string) => scripted.labeler('groups', { answer: { group: [group] } })
    const config = { authenticators: [users({ alice: user({ labels: {} }) })] }
    await using before = await over({ ...config, labelers: [labeler('dev')] })
    const token = await login(before)
    expect((await before.token(refresh(token))).access).to.deep.equal([SCOPE])
    await using after = await over({ ...config, labelers: [labeler('none')] })
    expect((await after.token(refresh(token))).access).to.deep.equal(['repository:alice/app:pull'])
    await using denied = await over({ ...config, authorizers: [{ plugin: OWNERS }] })
    expect((await denied.token(refresh(token, { scope: 'repository:bob/x:pull' }))).access).to.deep.equal([
      'repository:bob/x:',
    ])
  })
})
