import { expect } from 'chai'
import { Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { startFakeIssuer } from '../../test/support/fake-issuer.ts'
import { CLIENT_ID, callback, REDIRECT_URL, STATE } from '../../test/support/oauth-clients.ts'
import { ALICE, BOB, CLIENT, kept, openOidc, provide } from '../../test/support/oidc-instance.ts'
import { PATHS } from '../../test/support/openid-provider.ts'
import plugin from './index.ts'

describe('signing in with oidc', () => {
  it('gives the account, its labels and what is needed to ask again', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    await oidc.ready()
    const outcome = kept(await oidc.come(provider, 'alice'))
    expect(outcome).to.deep.include({ account: ALICE.email, labels: { groups: ALICE.groups } })
    expect(outcome.session).to.have.all.keys('client', 'refresh_token', 'id').and.include({ id: 'alice' })
    expect(await oidc.endUrl()).to.equal(`${provider.issuer}/session/end?client_id=${CLIENT_ID}`)
    expect(oidc.log).to.deep.equal([])
  })

  it('registers itself under the path of redirect_url, with what the options say', async () => {
    await using oidc = await openOidc('https://login.example.com', {
      title: 'Example Corp',
      redirect_url: 'https://auth.example.com/team/corp_auth',
      registry: 'registry.example.com',
      revalidate_after: '10m',
      grace: '2h',
      password_lifetime: '30d',
    })
    expect(oidc.signIns).to.have.length(1)
    expect(oidc.signIns[0]).to.deep.include({
      title: 'Example Corp',
      redirect: { url: 'https://auth.example.com/team/corp_auth', path: '/corp_auth' },
      registry: 'registry.example.com',
      revalidateAfter: 600_000,
      grace: 7_200_000,
      passwordLifetime: 30 * 86_400_000,
    })
  })

  it('takes the claims of the ID token alone with userinfo: false', async () => {
    await using provider = await provide({ claimsInIdToken: true })
    await using oidc = await openOidc(provider.issuer, { userinfo: false })
    expect(kept(await oidc.come(provider, 'alice')).account).to.equal(ALICE.email)
    expect(provider.requests).to.not.include(`GET ${PATHS.userinfo}`)
  })

  it('does without userinfo where the provider has none', async () => {
    const features = { userinfo: { enabled: false } }
    await using provider = await provide({ claimsInIdToken: true, configuration: { features } })
    await using oidc = await openOidc(provider.issuer)
    expect(kept(await oidc.come(provider, 'alice')).account).to.equal(ALICE.email)
  })

  it('lets userinfo have the last word over the ID token, for the same subject only', async () => {
    await using fake = await startFakeIssuer()
    await using oidc = await openOidc(fake.issuer)
    const signIn = async (sub: string) => {
      const start = await oidc.begin()
      const { nonce } = start.keep as { nonce: string }
      const id_token = await fake.idToken({ nonce, email: 'old@example.com', groups: ['dev'] })
      fake.token = () => ({ body: { access_token: 't', token_type: 'Bearer', id_token } })
      fake.userinfo = () => ({ body: { sub, email: 'new@example.com' } })
      return oidc.finish(callback({ code: 'c', state: STATE, iss: fake.issuer }), start)
    }
    const outcome = await signIn('alice')
    expect(outcome).to.deep.include({ account: 'new@example.com' })
    expect({ ...(outcome as { labels: object }).labels }).to.deep.equal({ groups: ['dev'] })
    expect(await signIn('mallory'))
      .to.include({ outcome: 'reject' })
      .and.property('reason')
      .contains('another "sub"')
  })

  it('rejects who cancels, and says so', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer)
    const message = `the sign-in was cancelled or denied at ${provider.issuer}: "the person said no"`
    expect(await oidc.come(provider)).to.deep.equal({ outcome: 'reject', reason: message, message })
  })

  it('rejects an address that the provider has not verified, unless `accept` says otherwise', async () => {
    await using provider = await provide()
    await using strict = await openOidc(provider.issuer)
    expect(await strict.come(provider, 'bob')).to.include({ outcome: 'reject' })
    await using lenient = await openOidc(provider.issuer, { accept: 'true' })
    expect(kept(await lenient.come(provider, 'bob')).account).to.equal(BOB.email)
  })

  it('rejects an account without the claim that names it', async () => {
    await using provider = await provide()
    await using oidc = await openOidc(provider.issuer, { account: 'claims.nickname' })
    expect(await oidc.come(provider, 'alice')).to.include({
      outcome: 'reject',
      reason: 'the provider gives no account name ("claims.nickname")',
    })
  })

  it('accepts without a session when the provider gives no refresh token, and warns', async () => {
    const client = { ...CLIENT, grant_types: ['authorization_code'] }
    await using provider = await provide({ clients: [client] })
    await using oidc = await openOidc(provider.issuer)
    const outcome = await oidc.come(provider, 'alice')
    expect(outcome).to.include({ outcome: 'accept' }).and.not.have.property('session')
    expect(oidc.log.map(({ level, message }) => `${level}: ${message}`))
      .to.have.length(1)
      .and.property('0')
      .match(/^warn: OpenID Connect gave no refresh token/)
  })

  it('leaves every password to the next authenticator', async () => {
    const instance = await plugin.create(
      plugin.options.parse({
        issuer: 'https://login.example.com',
        redirect_url: REDIRECT_URL,
        client_id: CLIENT_ID,
      }),
      testHost(),
    )
    const credentials = { kind: 'password', account: 'alice', password: new Secret('x') } as const
    expect(await instance.authenticate(credentials, testRequest())).to.deep.equal({ outcome: 'pass' })
    await instance.close!()
  })
})
