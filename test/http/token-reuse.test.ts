// A token made twice is signed once, on a whole server: every request is decided anew, and only what is the same is handed out again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { CLOCK } from '../../core/kit/process.ts'
import { newPair } from '../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { keeperOf } from '../support/token-keeper.ts'

const PULL = 'repository:team/app:pull'
const env = { ALICE: 'canary of alice', BOB: 'canary of bob' }
const ALICE: [string, string] = ['alice', env.ALICE]
const SECOND = 1_000

const rules = [
  { match: { account: 'alice' }, actions: ['*'] },
  { match: {}, actions: ['pull'] },
]
const configWith = (token: object = {}, more: object[] = rules) => ({
  token,
  authenticators: [
    {
      plugin: 'static',
      options: { users: { alice: { password: '!env ALICE' }, bob: { password: '!env BOB' }, '': {} } },
    },
  ],
  authorizers: [{ plugin: 'acl', options: { rules: more } }],
})

describe('a token made twice', () => {
  let server: TestInstance
  /** Begins with a whole second. */
  let now: number

  async function start(config: string | object, more: object = {}) {
    now = Math.floor(Date.now() / SECOND) * SECOND
    const prepare = (container: { registerInstance(key: unknown, value: unknown): unknown }) =>
      void container.registerInstance(CLOCK, { now: () => now })
    server = await startTestServer({ config, env, prepare, ...more })
  }
  afterEach(() => server.stop())

  async function ask(
    user: [string, string] | undefined = ALICE,
    scope: string | string[] = PULL,
    query: object = {},
  ) {
    const answer = await server.token({
      ...(user[0] !== '' && { user }),
      query: { service: 'registry', scope, ...query },
    })
    expect(answer.status).to.equal(200)
    const { jti } = server.audits().at(-1)!
    expect(answer.claims!.jti).to.equal(jti)
    return { ...answer, token: answer.json.token as string, jti: jti as string }
  }

  it('is signed once, with a line for each request and the times of each answer', async () => {
    await start(configWith())
    const first = await ask()
    now += 9 * SECOND
    const again = await ask()
    expect(again.token).to.equal(first.token)
    expect([first.json.expires_in, again.json.expires_in]).to.deep.equal([900, 891])
    expect(Date.parse(again.json.issued_at)).to.equal(now)
    expect(server.audits().map(({ jti }) => jti)).to.deep.equal([first.jti, first.jti])
    expect(new Set(server.audits().map(({ request }) => request)).size).to.equal(2)
    now += SECOND
    const later = await ask()
    expect(later.token).not.to.equal(first.token)
    expect(later.json.expires_in).to.equal(900)
  })

  it('is for one account, one service and one access, and anonymous ones share theirs', async () => {
    await start(configWith())
    const tokens = [
      await ask(),
      await ask(['bob', env.BOB]),
      await ask(['', '']),
      await ask(ALICE, PULL, { service: 'other' }),
      await ask(ALICE, 'repository:team/app:push'),
      await ask(ALICE, []),
    ]
    expect(new Set(tokens.map(({ token }) => token)).size).to.equal(tokens.length)
    expect((await ask(['', ''])).token).to.equal(tokens[2]!.token)
    expect(tokens[2]!.claims!.sub).to.equal('')
  })

  it('is never one for whoever has no right to it', async () => {
    await start(configWith())
    await ask()
    const refused = await server.token({
      user: ['alice', 'wrong canary'],
      query: { service: 'registry', scope: PULL },
    })
    expect(refused.status).to.equal(401)
    expect(server.audits().at(-1)).not.to.have.property('jti')
  })

  it('is signed for each request when that is turned off', async () => {
    await start(configWith({ reuse: 0 }))
    expect((await ask()).token).not.to.equal((await ask()).token)
  })

  for (const [reuse, same] of [
    ['', true],
    [', reuse: 0', false],
  ] as const) {
    it(`is signed ${same ? 'once' : 'for each request'} in docker_auth's form with ${reuse || 'nothing said'}`, async () => {
      const pair = await newPair('P-256')
      const folder = mkdtempSync(join(tmpdir(), 'dockwarden-reuse-'))
      const [certificate, key] = [join(folder, 'a.crt'), join(folder, 'a.key')]
      writeFileSync(certificate, pair.certificate)
      writeFileSync(key, pair.key)
      try {
        await start(
          `server: { addr: "127.0.0.1:0" }
token: { issuer: Test, expiration: 900, certificate: ${certificate}, key: ${key}${reuse} }
users: { alice: { password: "${hashSync(env.ALICE, 4)}" } }
acl: [{ match: { account: alice }, actions: ["*"] }]
`,
        )
        const [first, second] = [await ask(), await ask()]
        expect(first.token === second.token).to.equal(same)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }

  it('of 60 seconds is good for a second', async () => {
    await start(configWith({ expiration: 60, reuse: '30s' }))
    const first = await ask()
    expect((await ask()).token).to.equal(first.token)
    now += SECOND
    const later = await ask()
    expect(later.token).not.to.equal(first.token)
    expect(later.json.expires_in).to.equal(60)
  })

  it('is signed once for personal tokens and the password, where they get the same', async () => {
    await start(configWith())
    const tokens = keeperOf(join(server.folder, 'var'), () => now)
    const personal = async (more: object = {}): Promise<[string, string]> => {
      const order = { account: 'alice', authenticator: 'static', plugin: 'static', labels: {}, ...more }
      return ['alice', (await tokens.personalToken(order)).secret.reveal()]
    }
    const both = ['repository:team/app:pull', 'repository:team/app:push']
    const own = await ask(ALICE, both)
    const free = await personal()
    const limited = await personal({ allow: ['repository:team/*:pull'] })
    const short = await personal({ expires: now + 300 * SECOND })
    expect((await ask(free, both)).token).to.equal(own.token)
    const less = await ask(limited, both)
    expect(less.access).to.deep.equal([PULL])
    expect((await ask(limited, both)).token).to.equal(less.token)
    const bound = await ask(short, both)
    expect(bound.token).not.to.equal(own.token)
    expect(bound.json.expires_in).to.equal(300)
    expect((await ask(short, both)).token).to.equal(bound.token)
    expect((await ask(ALICE, both)).token).to.equal(own.token)
    await tokens.close()
  })

  it('comes with a refresh token of its own, and with one', async () => {
    await start(configWith())
    const offline = { offline_token: 'true' }
    const [first, second] = [await ask(ALICE, PULL, offline), await ask(ALICE, PULL, offline)]
    expect(second.token).to.equal(first.token)
    expect(second.json.refresh_token).not.to.equal(first.json.refresh_token)
    const [one, other] = server.audits()
    expect(one!.refresh_token).not.to.equal(other!.refresh_token)
    const form = {
      grant_type: 'refresh_token',
      refresh_token: first.json.refresh_token,
      service: 'registry',
      scope: PULL,
    }
    expect((await server.token({ form })).json.access_token).to.equal(first.token)
  })

  it('is signed anew after a reload, with the access of then', async () => {
    await start(configWith())
    const first = await ask()
    await server.reload(configWith({}, [{ match: { account: 'nobody' }, actions: ['*'] }]), env)
    const denied = await ask()
    expect(denied.token).not.to.equal(first.token)
    expect(denied.access).to.deep.equal(['repository:team/app:'])
    await server.reload(configWith(), env)
    expect((await ask()).token).not.to.equal(first.token)
    await server.reload(configWith({ issuer: 'Another' }), env)
    expect((await ask()).claims!.iss).to.equal('Another')
  })

  it('is signed anew by another key', async () => {
    const [one, other] = [await newPair('P-256'), await newPair('P-256')]
    const files = { 'a.crt': one.certificate, 'a.key': one.key }
    const config = configWith({ keys: [{ certificate: 'a.crt', key: 'a.key' }] })
    await start(config, { files, watchInterval: 10 })
    const first = await ask()
    writeFileSync(join(server.folder, 'a.key'), other.key)
    writeFileSync(join(server.folder, 'a.crt'), other.certificate)
    await eventually(() => server.lines().some(({ msg }) => msg === 'signing keys read again'))
    const after = await ask()
    expect(after.token.split('.')[0]).not.to.equal(first.token.split('.')[0])
    expect((await ask()).token).to.equal(after.token)
  })
})
