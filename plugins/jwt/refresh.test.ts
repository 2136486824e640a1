// What is got with a token later: until when, and what a changed configuration does to it.
import { expect } from 'chai'
import type { JWTPayload } from 'jose'
import { type Authenticator, type JsonValue, NotRenewable, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { JwtIssuer } from '../../test/support/jwt-issuer.ts'
import plugin from './index.ts'

describe('a login with a JWT, looked at again', () => {
  let issuer: JwtIssuer
  let session: JsonValue | undefined
  const opened: Authenticator[] = []
  let ahead = 0

  before(async () => {
    issuer = await JwtIssuer.start()
  })
  after(async () => {
    await Promise.all(opened.map((one) => one.close?.()))
    await issuer.stop()
  })
  beforeEach(async () => {
    ahead = 0
    session = await login({ sub: 'builder', team: 'ci' })
  })

  async function open(more: object = {}): Promise<Authenticator> {
    const options = { issuers: [{ issuer: issuer.url, audience: 'registry', ...more }] }
    const host = testHost({ clock: { now: () => Date.now() + ahead } })
    const instance = await plugin.create(plugin.options.parse(options), host)
    opened.push(instance)
    return instance
  }

  async function shown(claims: JWTPayload, more: object = {}): Promise<JsonValue | NotRenewable | undefined> {
    const credentials = {
      kind: 'password',
      account: 'ci',
      password: new Secret(await issuer.token(claims)),
    } as const
    const outcome = await (await open(more)).authenticate(credentials, testRequest())
    if (outcome.outcome !== 'accept') throw new Error(JSON.stringify(outcome))
    return typeof outcome.session === 'function' ? await outcome.session() : outcome.session
  }

  async function login(claims: JWTPayload): Promise<JsonValue | undefined> {
    const kept = await shown(claims)
    if (kept instanceof NotRenewable) throw new Error(kept.reason)
    return kept
  }

  async function again(more: object = {}, kept = session, account = 'builder') {
    const held = { account, labels: {}, ...(kept !== undefined && { session: kept }) }
    return await (await open(more)).refresh!(held, testRequest())
  }
  const reasonOf = (outcome: Awaited<ReturnType<typeof again>>) =>
    outcome.outcome === 'reject' ? outcome.reason : outcome.outcome

  it('is good until the token ends, without asking the issuer', async () => {
    const before = issuer.count()
    expect(await again({ labels: { team: 'claims.team' } })).to.deep.include({
      outcome: 'accept',
      account: 'builder',
    })
    ahead = 280_000
    expect((await again()).outcome).to.equal('accept')
    ahead = 301_000
    expect(reasonOf(await again())).to.match(/is over/)
    expect(issuer.count()).to.equal(before)
  })

  it('is good for session_lifetime after it, where that is configured, sooner or later than the token', async () => {
    ahead = 301_000
    expect((await again({ session_lifetime: '10m' })).outcome).to.equal('accept')
    ahead = 601_000
    expect(reasonOf(await again({ session_lifetime: '10m' }))).to.match(/is over/)
    ahead = 61_000
    expect(reasonOf(await again({ session_lifetime: '1m' }))).to.match(/is over/)
  })

  const changes: [string, object, RegExp][] = [
    ['another condition', { accept: 'claims.team == "other"' }, /the condition .* is not true/],
    ['a condition on the user name that was typed', { accept: 'account == "other"' }, /the condition/],
    ['another account', { account: 'claims.team' }, /of another account now/],
    ['another audience', { audience: 'other' }, /audience that is not accepted any more/],
    ['another issuer', { issuer: 'https://other.example.com' }, /not trusted any more/],
  ]
  for (const [name, more, reason] of changes) {
    it(`is refused after the configuration has ${name}`, async () => {
      expect(reasonOf(await again(more))).to.match(reason)
    })
  }

  it('has the labels of the moment', async () => {
    expect(await again({ labels: { of: 'claims.team', none: 'claims.other' } })).to.deep.include({
      labels: Object.assign(Object.create(null), { of: ['ci'] }),
    })
  })

  it('is refused without a session, and with one of something else', async () => {
    const answer = await (await open()).refresh!({ account: 'builder', labels: {} }, testRequest())
    expect(reasonOf(answer)).to.match(/not got with a JWT/)
    expect(reasonOf(await again({}, { fingerprint: 'x' }))).to.match(/not got with a JWT/)
  })

  it('is not possible with claims that are too many to be kept', async () => {
    const name = (length: number) => shown({ sub: 'builder', filler: 'x'.repeat(length) })
    const large = await name(12_000)
    expect(large).to.be.instanceOf(NotRenewable)
    expect((large as NotRenewable).reason).to.match(/more than 12000 characters of claims/)
    expect(await name(11_000)).not.to.be.instanceOf(NotRenewable)
  })

  it('is not possible with a token that is over, and was taken for clocks that differ', async () => {
    const over = { sub: 'builder', exp: Math.floor(Date.now() / 1_000) - 5 }
    expect(await shown(over)).to.be.instanceOf(NotRenewable)
    expect(await shown(over, { session_lifetime: '10m' })).not.to.be.instanceOf(NotRenewable)
  })

  it('is of nobody else', async () => {
    expect(reasonOf(await again({}, session, 'stranger'))).to.match(/another account/)
  })
})
