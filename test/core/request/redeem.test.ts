// Is a token of ours good, and is its account still? Without HTTP, with the real store.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  type AuthnOutcome,
  accept,
  type Held,
  type JsonValue,
  NotRenewable,
  pass,
  reject,
} from '../../../core/plugin.ts'
import { type AuthnAnswer, readAuthnAnswer } from '../../../core/request/authn-answer.ts'
import type { OwnTokenCredentials } from '../../../core/request/credentials.ts'
import type { DecidedBy } from '../../../core/request/decided.ts'
import { RequestError } from '../../../core/request/errors.ts'
import type { Instance } from '../../../core/request/instance.ts'
import { redeem } from '../../../core/request/redeem.ts'
import type { SignInSessions } from '../../../core/request/sign-in-sessions.ts'
import type { RefreshOrder } from '../../../core/token/orders.ts'
import { createSecretToken, type SecretToken } from '../../../core/token/secret-token.ts'
import { keeperOf, SETTINGS } from '../../support/token-keeper.ts'
import { causeOf, contextOf, failureOf, instanceOf, requestOf } from './steps.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

/** What an authenticator says of an account that it accepted earlier. */
type Again = (held: Held) => AuthnOutcome | Promise<AuthnOutcome>

function users(again?: Again, more: Partial<Instance<'authenticator'>> = {}): Instance<'authenticator'> {
  const refresh = again && { refresh: async (held: Held) => again(held) }
  return instanceOf('authenticator', 'users', { authenticate: async () => pass, ...refresh }, more)
}

describe('redeem', () => {
  let folder: string
  let now: number
  let tokens: ReturnType<typeof keeperOf>
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-redeem-'))
    now = START
    tokens = keeperOf(folder, () => now)
  })
  afterEach(async () => {
    await tokens.close()
    rmSync(folder, { recursive: true })
  })

  async function refreshToken(more: Partial<RefreshOrder> = {}): Promise<SecretToken> {
    const usual = {
      account: 'alice',
      service: 'registry',
      client: 'docker',
      authenticator: 'users',
      plugin: 'test',
      verified: true,
      labels: { group: ['old'] },
      session: { since: 1 } as JsonValue,
      parent: undefined,
    }
    return (await tokens.refreshToken({ ...usual, ...more }))!
  }

  function begin(
    token: SecretToken | undefined,
    authenticators: Instance<'authenticator'>[],
    more: Partial<OwnTokenCredentials> = {},
  ) {
    const credentials = { kind: 'refresh', account: '', token, refusal: 400, ...more } as const
    const decided: DecidedBy = {}
    const context = contextOf(requestOf({ credentials }))
    const parts = { tokens, authenticators, sessions: undefined as unknown as SignInSessions }
    return { decided, context, proof: redeem(credentials, parts, context, decided) }
  }

  it('asks the authenticator what it knows now, by what was kept, and notes the use', async () => {
    const token = await refreshToken()
    const asked: Held[] = []
    const again = (held: Held) => {
      asked.push(held)
      return accept({ labels: { group: ['new'] }, session: { since: 2 } })
    }
    const instance = users(again)
    const { proof, decided, context } = begin(token, [instance])
    const { identity, session, robot, verified, kept, instance: by } = await proof
    expect(asked).to.deep.equal([{ account: 'alice', labels: { group: ['old'] }, session: { since: 1 } }])
    expect(identity).to.deep.equal({ account: 'alice', labels: { group: ['new'] }, authenticator: 'users' })
    expect({ session, robot, verified }).to.deep.equal({
      session: { since: 2 },
      robot: false,
      verified: true,
    })
    expect(kept?.id).to.equal(token.id)
    expect(by).to.equal(instance)
    expect(decided).to.deep.equal({ token: token.id, owner: 'alice', authenticator: 'users' })
    expect(context.asked).to.deep.equal(['users: accept'])
    const stored = (await tokens.get(token.id))!
    expect(stored.used).to.equal(START)
    expect(tokens.sessionOf(token, stored)).to.deep.equal({ since: 2 })
  })

  // What it says instead of a session; what is kept with the token then.
  const sessions: [string, AuthnOutcome, JsonValue][] = [
    ['none', accept(), { since: 1 }],
    ['one on demand', accept({ session: async () => ({ since: 3 }) }), { since: 1 }],
    ['one that can not be kept', accept({ session: new NotRenewable('too long') }), { since: 1 }],
  ]
  for (const [name, answer, expected] of sessions) {
    it(`leaves the session as it was when the answer has ${name}`, async () => {
      const token = await refreshToken()
      expect((await begin(token, [users(() => answer)]).proof).session).to.deep.equal(expected)
      expect(tokens.sessionOf(token, (await tokens.get(token.id))!)).to.deep.equal(expected)
    })
  }

  const refused: [
    string,
    () => Promise<SecretToken | undefined>,
    Instance<'authenticator'>[],
    object,
    RegExp,
  ][] = [
    ['a text that is no token', async () => undefined, [], {}, /no token of this server/],
    ['a token that nobody got', async () => createSecretToken('refresh'), [], {}, /unknown token/],
    ['one of another service', () => refreshToken({ service: 'other' }), [users()], {}, /another service/],
    ['one whose authenticator is gone', () => refreshToken(), [], {}, /no longer configured/],
    [
      'one of another authenticator',
      () => refreshToken({ authenticator: 'corp' }),
      [users()],
      {},
      /no longer configured/,
    ],
    [
      'one whose authenticator is another plugin',
      () => refreshToken({ plugin: 'ldap' }),
      [users()],
      {},
      /another plugin/,
    ],
    [
      'one with another name beside it',
      () => refreshToken(),
      [users()],
      { account: 'bob' },
      /another account/,
    ],
    [
      'one with another name beside it, which its authenticator knows as another',
      () => refreshToken(),
      [users(({ account }) => accept({ account }))],
      { account: 'bob' },
      /of another account$/,
    ],
    [
      'one with another name beside it, which its authenticator refuses',
      () => refreshToken(),
      [users(() => reject('no bob'))],
      { account: 'bob' },
      /of another account; its authenticator of the name: no bob/,
    ],
    [
      'one of whom its authenticator refuses',
      () => refreshToken(),
      [users(() => reject('disabled'))],
      {},
      /: disabled$/,
    ],
    [
      'one of whom it does not know',
      () => refreshToken(),
      [users(() => pass)],
      {},
      /does not know the account/,
    ],
    [
      'one of whom has another name now',
      () => refreshToken(),
      [users(() => accept({ account: 'alicia' }))],
      {},
      /another name now/,
    ],
    [
      'a robot’s with another name beside it',
      () => refreshToken({ authenticator: undefined }),
      [],
      { account: 'bob' },
      /another account/,
    ],
  ]
  for (const [name, make, authenticators, more, reason] of refused) {
    it(`refuses ${name}: 400 in a form, 401 as a password, and the reason for the log alone`, async () => {
      const token = await make()
      for (const refusal of [400, 401] as const) {
        const { proof, decided } = begin(token, authenticators, { refusal, ...more })
        const error = await failureOf(proof)
        expect(error).to.include({
          status: refusal,
          oauth: 'invalid_grant',
          message: 'the refresh token is not good, or not any more; log in again',
        })
        expect(causeOf(error)).to.match(reason)
        expect(decided.token).to.equal(token?.id)
        if (token && !/unknown/.test(reason.source)) expect(decided.owner).to.equal('alice')
      }
    })
  }

  it('does not tell a bad personal access token from a wrong password', async () => {
    const error = await failureOf(
      begin(createSecretToken('personal'), [], { kind: 'personal', account: 'alice', refusal: 401 }).proof,
    )
    expect(error).to.include({ status: 401, message: 'wrong user name or password' })
  })

  it('takes another spelling of the name that its authenticator knows as the account', async () => {
    const { proof } = begin(await refreshToken(), [users(() => accept({ account: 'alice' }))], {
      account: 'ALICE',
    })
    expect((await proof).identity.account).to.equal('alice')
  })

  describe('of a browser sign-in', () => {
    const order = {
      account: 'alice',
      labels: {},
      authenticator: 'users',
      plugin: 'test',
      session: { version: 1 },
    }
    const signIn = { title: 'Corp', redirect: { url: undefined, path: '/corp' } } as never
    const instance = users(() => expect.fail('was asked'), { signIn })

    async function signedIn(answer: AuthnAnswer, named = 'alice') {
      const token = await tokens.personalToken(order)
      const looked: unknown[] = []
      const sessions = {
        look: async (_: unknown, { kept }: { kept: { id: string } }) => {
          looked.push(kept.id)
          return answer
        },
      } as unknown as SignInSessions
      const credentials = { kind: 'personal', account: named, token, refusal: 401 } as const
      const parts = { tokens, authenticators: [instance], sessions }
      return { token, looked, proof: redeem(credentials, parts, contextOf(requestOf({ credentials })), {}) }
    }
    const good = readAuthnAnswer(accept({ labels: { group: ['new'] } }), instance, 'alice')

    it('asks its session, notes the use, and shares the session with what is got with it', async () => {
      const { token, looked, proof } = await signedIn(good)
      const { identity, session, verified } = await proof
      expect(looked).to.deep.equal([token.id])
      expect(identity.labels).to.deep.equal({ group: ['new'] })
      expect({ session, verified }).to.deep.equal({
        session: { parent: token.secret.reveal() },
        verified: true,
      })
      expect((await tokens.get(token.id))!.used).to.equal(START)
    })

    it('says where to sign in again when that is over, and takes no other spelling of the name', async () => {
      const over = await failureOf(
        (await signedIn({ outcome: 'reject', reason: 'the session has ended' })).proof,
      )
      expect(over.message).to.equal(
        'this password is not good any more; sign in again at Corp and take a new one',
      )
      const { looked, proof } = await signedIn(good, 'ALICE')
      expect((await failureOf(proof)).status).to.equal(401)
      expect(looked).to.deep.equal([])
    })
  })

  it('gives a robot account the labels of its token, and asks nobody', async () => {
    const token = await refreshToken({ authenticator: undefined, plugin: undefined, session: undefined })
    const { proof, decided } = begin(token, [users(() => expect.fail('was asked'))], { account: 'alice' })
    const { identity, robot, instance, kept } = await proof
    expect(identity).to.deep.equal({ account: 'alice', labels: { group: ['old'] }, authenticator: 'token' })
    expect(robot).to.equal(true)
    expect(instance).to.equal(undefined)
    expect(kept?.id).to.equal(token.id)
    expect(decided).to.deep.equal({ token: token.id, owner: 'alice' })
    expect((await tokens.get(token.id))!.used).to.equal(START)
  })

  it('lets an account whose authenticator can not look again have its labels for a while', async () => {
    const token = await refreshToken({ verified: false })
    now += SETTINGS.maxAgeUnverified - 1
    const { identity, verified } = await begin(token, [users()]).proof
    expect(identity).to.deep.equal({ account: 'alice', labels: { group: ['old'] }, authenticator: 'users' })
    expect(verified).to.equal(false)
    const longer = await refreshToken()
    now += SETTINGS.maxAgeUnverified
    expect(causeOf(await failureOf(begin(longer, [users()]).proof))).to.match(/too long ago/)
  })

  it('is 503 when its authenticator or the store can not be asked', async () => {
    const token = await refreshToken()
    const down = users(() => {
      throw new Error('backend down')
    })
    const { proof, context } = begin(token, [down])
    const error = await failureOf(proof)
    expect(error.status).to.equal(503)
    expect(causeOf(error)).to.equal('plugin test (id users): backend down')
    expect(context.asked).to.deep.equal(['users: unavailable'])

    const broken = { find: () => Promise.reject(new Error('disk full')) } as unknown as typeof tokens
    const credentials = { kind: 'refresh', account: '', token, refusal: 400 } as const
    const parts = { tokens: broken, authenticators: [], sessions: undefined as unknown as SignInSessions }
    const fault = await failureOf(redeem(credentials, parts, contextOf(requestOf({ credentials })), {}))
    expect(fault).to.be.instanceOf(RequestError)
    expect(fault.status).to.equal(503)
    expect(causeOf(fault)).to.equal('token store: disk full')
  })
})
