// Personal access tokens, as passwords, on a whole server. They are made as `dockwarden token create` makes them.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { expect } from 'chai'
import type { PersonalOrder } from '../../core/token/orders.ts'
import { createSecretToken } from '../../core/token/secret-token.ts'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { eventually, startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'
import { keeperOf } from '../support/token-keeper.ts'

const SERVICE = 'registry'
const SCOPE = 'repository:team/app:pull,push'
const DAY = 86_400_000
/** The store may have dropped it already. */
const GONE = /expired|unknown/

const curious = scripted.authenticator('curious', {
  answer: { outcome: 'accept', labels: { group: ['root'] } },
})
const users = (labels: object) => ({
  plugin: 'static',
  id: 'users',
  options: { users: { alice: { password: '!env ALICE', labels } } },
})
const groups = scripted.labeler('groups', { answer: { group: ['dev'] } })
const rules = {
  plugin: 'acl',
  options: {
    rules: [
      { match: { labels: { group: 'dev' } }, actions: ['*'] },
      { match: { labels: { group: 'robots' }, name: 'team/*' }, actions: ['pull', 'push'] },
      { match: { account: '/.+/' }, actions: ['pull'] },
    ],
  },
}

describe('a personal access token', () => {
  let server: TestInstance
  let tokens: ReturnType<typeof keeperOf>
  beforeEach(async () => {
    const config = {
      authenticators: [users({ group: ['dev'] }), curious],
      labelers: [groups],
      authorizers: [rules],
    }
    server = await startTestServer({ config, env: { ALICE: 'canary of alice' } })
    tokens = keeperOf(join(server.folder, 'var'), Date.now)
  })
  afterEach(async () => {
    await tokens.close()
    await server.stop()
    expect(server.lines().filter(({ msg, id }) => msg === 'asked' && id === 'curious')).to.deep.equal([])
  })

  async function make(order: Partial<PersonalOrder> = {}) {
    const made = await tokens.personalToken({
      account: 'alice',
      labels: {},
      ...(order.authenticator !== undefined && { plugin: 'static' }),
      ...order,
    })
    return { id: made.id, text: made.secret.reveal() }
  }

  function use(text: string, more: object = {}, account = 'alice'): Promise<TokenAnswer> {
    return server.token({ user: [account, text], query: { service: SERVICE, scope: SCOPE, ...more } })
  }

  function expectRefused(answer: TokenAnswer, reason: RegExp): void {
    expect(answer.status).to.equal(401)
    expect(answer.json.errors[0].message).to.equal('wrong user name or password')
    expect(server.audits().at(-1)!.reason).to.match(reason)
  }

  it('with an authenticator has the labels of that, of today, and of the labelers', async () => {
    const { id, text } = await make({ authenticator: 'users' })
    const { status, access, claims } = await use(text)
    expect(status).to.equal(200)
    expect(claims!.sub).to.equal('alice')
    expect(access).to.deep.equal([SCOPE])
    expect(server.audits().at(-1)).to.include({ grant: 'personal_token', token: id, authenticator: 'users' })
  })

  it('works as the password of a form too', async () => {
    const { text } = await make({ authenticator: 'users' })
    const form = { grant_type: 'password', username: 'alice', password: text, scope: SCOPE }
    expect((await server.token({ form })).access).to.deep.equal([SCOPE])
  })

  it('without an authenticator is a robot account with its own labels only', async () => {
    const { text } = await make({ account: 'robot', labels: { group: ['robots'] } })
    expect((await use(text, {}, 'robot')).access).to.deep.equal([SCOPE])
    expect((await use(text, { scope: 'repository:x:pull,push' }, 'robot')).access).to.deep.equal([
      'repository:x:pull',
    ])
    // Also when a person with more has the same name.
    const { text: bare } = await make({ account: 'alice' })
    expect((await use(bare)).access).to.deep.equal(['repository:team/app:pull'])
  })

  it('is limited to what it allows, and never gets more than the account may', async () => {
    const { text } = await make({
      authenticator: 'users',
      allow: ['repository:team/*:pull', 'repository:other:*'],
    })
    expect((await use(text)).access).to.deep.equal(['repository:team/app:pull'])
    expect(
      (await use(text, { scope: ['repository:other:push', 'repository:third:pull'] })).access,
    ).to.deep.equal(['repository:other:push', 'repository:third:'])
    expect(server.audits().at(-1)!.rules[1]).to.equal('token: it is limited to other resources or actions')
    const { text: weak } = await make({ account: 'robot', labels: {}, allow: ['repository:*/*:*'] })
    expect((await use(weak, {}, 'robot')).access).to.deep.equal(['repository:team/app:pull'])
  })

  const refused: [string, () => Promise<TokenAnswer>, RegExp][] = [
    [
      'of another account',
      async () => use((await make({ authenticator: 'users' })).text, {}, 'bob'),
      /another account/,
    ],
    ['that is unknown', () => use(createSecretToken('personal').secret.reveal()), /unknown/],
    ['that has expired', async () => use((await make({ expires: Date.now() - 1 })).text), GONE],
    [
      'whose account is gone',
      async () => use((await make({ account: 'bob', authenticator: 'users' })).text, {}, 'bob'),
      /no longer configured/,
    ],
    [
      'whose authenticator is gone',
      async () => use((await make({ authenticator: 'old' })).text),
      /no longer configured/,
    ],
  ]
  for (const [name, ask, reason] of refused) {
    it(`${name} is refused, and no other authenticator is asked`, async () =>
      expectRefused(await ask(), reason))
  }

  it('that was revoked is refused at once', async () => {
    const { id, text } = await make({ authenticator: 'users' })
    expect((await use(text)).status).to.equal(200)
    await tokens.revoke(id, 'root@host')
    expectRefused(await use(text), /revoked by root@host/)
  })

  it('is no refresh token', async () => {
    const { text } = await make()
    const form = { grant_type: 'refresh_token', refresh_token: text, service: SERVICE }
    expect((await server.token({ form })).status).to.equal(400)
  })

  describe('gives a refresh token that', () => {
    async function refreshOf(text: string): Promise<string> {
      return (await use(text, { offline_token: 'true' })).json.refresh_token
    }
    const refresh = (token: string, scope: string | string[] = SCOPE) =>
      server.token({ form: { grant_type: 'refresh_token', refresh_token: token, service: SERVICE, scope } })

    it('has its account, labels and limits', async () => {
      const { text } = await make({ authenticator: 'users', allow: ['repository:team/*:pull'] })
      const token = await refreshOf(text)
      expect((await refresh(token)).access).to.deep.equal(['repository:team/app:pull'])
      const { text: robot } = await make({ account: 'alice', labels: { group: ['robots'] } })
      expect(
        (await refresh(await refreshOf(robot), ['repository:team/app:push', 'repository:x:push'])).access,
      ).to.deep.equal(['repository:team/app:push', 'repository:x:'])
    })

    it('ends with it', async () => {
      const { text, id } = await make({ authenticator: 'users' })
      const token = await refreshOf(text)
      expect((await refresh(token)).status).to.equal(200)
      await tokens.revoke(id, 'root@host')
      const answer = await refresh(token)
      expect(answer.status).to.equal(400)
      expect(answer.json.error).to.equal('invalid_grant')
      expect(server.audits().at(-1)!.reason).to.match(
        new RegExp(`got with the personal access token ${id}, which is revoked`),
      )
    })

    it('gets no access that outlives it either, but for the minute that clients count on', async () => {
      const { text } = await make({ authenticator: 'users', expires: Date.now() + 200_000 })
      expect((await use(text)).json.expires_in).to.be.within(190, 200)
      const { text: short } = await make({ authenticator: 'users', expires: Date.now() + 20_000 })
      expect((await use(short)).json.expires_in).to.equal(60)
    })

    it('does not outlive it', async () => {
      const expires = Date.now() + DAY
      const { text } = await make({ authenticator: 'users', expires })
      await refreshOf(text)
      const kept = await tokens.get(server.audits().at(-1)!.refresh_token)
      expect(kept).to.include({ expires })
    })
  })
})

describe('a personal access token of an htpasswd user', () => {
  it('outlives a change of the password, and so does what is got with it, but not the user', async () => {
    const users = (password: string) => `alice:${hashSync(password, 4)}\n`
    const config = {
      authenticators: [{ plugin: 'htpasswd', options: { file: 'users' } }],
      authorizers: [rules],
    }
    await using server = await startTestServer({ config, files: { users: users('first') } })
    const tokens = keeperOf(join(server.folder, 'var'), Date.now)
    const order = { account: 'alice', authenticator: 'htpasswd', plugin: 'htpasswd', labels: {} }
    const text = (await tokens.personalToken(order)).secret.reveal()
    await tokens.close()
    const use = () =>
      server.token({ user: ['alice', text], query: { service: SERVICE, offline_token: 'true' } })
    const refresh = (await use()).json.refresh_token
    const form = { grant_type: 'refresh_token', refresh_token: refresh, service: SERVICE }
    expect((await server.token({ form })).status).to.equal(200)
    writeFileSync(join(server.folder, 'users'), `${users('second')}# changed\n`)
    await eventually(async () => (await server.token({ user: ['alice', 'second'] })).status === 200)
    expect((await use()).status).to.equal(200)
    expect((await server.token({ form })).status).to.equal(200)
    writeFileSync(join(server.folder, 'users'), '# nobody\n')
    await eventually(async () => (await use()).status === 401)
    expect((await server.token({ form })).status).to.equal(400)
  })
})

describe('a text that only begins like a personal access token', () => {
  it('is a password like any other', async () => {
    const accept = scripted.authenticator('all', { answer: { outcome: 'accept' } })
    await using server = await startTestServer({
      config: { authenticators: [accept], authorizers: [{ plugin: OWNERS }] },
    })
    expect((await server.token({ user: ['alice', `dwp_${'a'.repeat(49)}`] })).status).to.equal(200)
  })
})
