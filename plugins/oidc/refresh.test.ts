import { expect } from 'chai'
import { type JsonValue, Secret } from '../../core/plugin.ts'
import { startFakeIssuer } from '../../test/support/fake-issuer.ts'
import { failureOf } from '../../test/support/oauth-clients.ts'
import { ALICE, kept, openOidc, provide } from '../../test/support/oidc-instance.ts'
import { PATHS } from '../../test/support/openid-provider.ts'

describe('asking the provider again with oidc', () => {
  it('gives fresh labels and the next session each time', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const first = kept(await oidc.come(provider, 'alice'))
    provider.change('alice', { ...ALICE, groups: ['ops'] })
    const second = kept(await oidc.refresh(first))
    expect(second).to.deep.include({ account: ALICE.email, labels: { groups: ['ops'] } })
    expect(second.session.refresh_token).to.not.equal(first.session.refresh_token)
    kept(await oidc.refresh(second))
  })

  it('goes on in a new process', async () => {
    await using provider = await provide()
    await using before = await openOidc(provider.issuer)
    const held = kept(await before.come(provider, 'alice'))
    await using after = await openOidc(provider.issuer)
    expect(kept(await after.refresh(held)).account).to.equal(ALICE.email)
  })

  it('rejects an account that was disabled', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const held = kept(await oidc.come(provider, 'alice'))
    provider.disable('alice')
    expect(await oidc.refresh(held))
      .to.include({ outcome: 'reject' })
      .and.property('reason')
      .contains('"invalid_grant"')
  })

  it('rejects an account whose claims no longer fit `accept`', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const held = kept(await oidc.come(provider, 'alice'))
    provider.change('alice', { ...ALICE, email_verified: false })
    expect(await oidc.refresh(held)).to.include({ outcome: 'reject' })
  })

  it('gives the name that an account has by now, for the host to compare', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const held = kept(await oidc.come(provider, 'alice'))
    provider.change('alice', { ...ALICE, email: 'married@example.com' })
    expect(kept(await oidc.refresh(held)).account).to.equal('married@example.com')
  })

  it('has the next session kept before anything else can fail, so that another node goes on', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const { account, session } = kept(await oidc.come(provider, 'alice'))
    provider.fail(PATHS.userinfo)
    const sessions: JsonValue[] = []
    const saveSession = async (next: JsonValue) => void sessions.push(next)
    expect((await failureOf(oidc.refresh({ account, session, saveSession }))).message).to.contain(
      '/me answered 503',
    )
    provider.resume()
    await using other = await openOidc(provider.issuer)
    expect(kept(await other.refresh({ account, session: sessions[0]! })).account).to.equal(ALICE.email)
  })

  it('rejects the answer for another subject', async () => {
    await using fake = await startFakeIssuer()
    await using oidc = await openOidc(fake.issuer, { userinfo: false })
    const id_token = await fake.idToken({ sub: 'mallory', email: 'a@example.com' })
    fake.token = () => ({ body: { access_token: 't', token_type: 'Bearer', id_token } })
    const session = { client: `dockwarden at ${fake.issuer}`, refresh_token: 'r', id: 'alice' }
    expect(await oidc.refresh({ account: 'a@example.com', session }))
      .to.include({ outcome: 'reject' })
      .and.property('reason')
      .contains('another account')
  })

  it('asks userinfo when the refresh gives no ID token, and keeps a refresh token that does not rotate', async () => {
    await using fake = await startFakeIssuer()
    await using oidc = await openOidc(fake.issuer, { userinfo: false })
    fake.token = () => ({ body: { access_token: 't', token_type: 'Bearer' } })
    fake.userinfo = () => ({ body: { sub: 'alice', email: 'a@example.com' } })
    const session = { client: `dockwarden at ${fake.issuer}`, refresh_token: 'r', id: 'alice' }
    expect(kept(await oidc.refresh({ account: 'a@example.com', session })).session).to.deep.equal(session)
  })

  it("shows one provider's refresh token to no other", async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const held = kept(await oidc.come(provider, 'alice'))
    await using fake = await startFakeIssuer()
    await using moved = await openOidc(fake.issuer)
    expect(await moved.refresh(held)).to.deep.equal({
      outcome: 'reject',
      reason: 'it has its session with another provider or client',
    })
    expect(fake.requests).to.deep.equal([])
  })

  it('rejects what has no session', async () => {
    await using oidc = await openOidc('https://login.example.com')
    const sessions: readonly (JsonValue | undefined)[] = [undefined, null, {}, { refresh_token: 'r' }, 'r']
    for (const session of sessions) {
      const held = { account: 'alice', ...(session !== undefined && { session }) }
      expect(await oidc.refresh(held)).to.deep.equal({
        outcome: 'reject',
        reason: 'it has no session with the provider; sign in with the browser',
      })
    }
  })

  it('never reads an outage as an answer, and loses no session by it', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    let held = kept(await oidc.come(provider, 'alice'))
    const saveSession = async (session: JsonValue) => {
      held = { ...held, session: session as typeof held.session }
    }
    for (const path of ['/', PATHS.token, PATHS.userinfo]) {
      provider.fail(path)
      const error = await failureOf(oidc.refresh({ ...held, saveSession }))
      expect(error.message).to.contain(provider.issuer).and.not.contain(held.session.refresh_token)
      provider.resume()
    }
    await provider.stop()
    expect((await failureOf(oidc.refresh(held))).message).to.contain(provider.issuer)
    await provider.start()
    kept(await oidc.refresh(held))
  })

  it('throws when the provider does not know this client any more', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const held = kept(await oidc.come(provider, 'alice'))
    await using stranger = await openOidc(provider.issuer, { client_secret: new Secret('changed meanwhile') })
    const error = await failureOf(stranger.refresh(held))
    expect(error.message).to.match(/"invalid_client".*compare client_id, client_secret/)
    kept(await oidc.refresh(held))
  })
})
