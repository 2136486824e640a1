// Userinfo that is signed: read like any other, and only when the provider's key made it.
import { expect } from 'chai'
import { generateKeyPair } from 'jose'
import { OAuthRefused, Secret } from '../../../core/plugin.ts'
import { startFakeIssuer } from '../../support/fake-issuer.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  failureOf,
  openClient,
  REDIRECT_URL,
  signInWith,
  soon,
} from '../../support/oauth-clients.ts'
import { startOpenIdProvider } from '../../support/openid-provider.ts'

describe('signed userinfo', () => {
  it('is read', async () => {
    await using provider = await startOpenIdProvider({
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [REDIRECT_URL],
          userinfo_signed_response_alg: 'RS256',
        },
      ],
      accounts: { alice: { email: 'alice@example.com' } },
      configuration: { features: { jwtUserinfo: { enabled: true } } },
    })
    await using client = openClient(provider.issuer)
    const grant = await signInWith(client, provider, 'alice')
    expect(await client.userinfo(grant, 'alice', soon())).to.include({ email: 'alice@example.com' })
  })

  it('is refused when somebody else has signed it, or nobody', async () => {
    await using fake = await startFakeIssuer()
    fake.metadata = { userinfo_signing_alg_values_supported: ['RS256', 'none'] }
    await using client = openClient(fake.issuer)
    const grant = { accessToken: new Secret('token'), refreshToken: undefined, claims: undefined }
    const { privateKey } = await generateKeyPair('RS256')
    const [, payload] = (await fake.idToken()).split('.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    for (const body of [await fake.idToken({}, {}, privateKey), unsigned]) {
      fake.userinfo = () => ({ type: 'application/jwt', body })
      expect(await failureOf(client.userinfo(grant, 'alice', soon()))).to.be.instanceOf(OAuthRefused)
    }
    fake.userinfo = async () => ({ type: 'application/jwt', body: await fake.idToken() })
    expect(await client.userinfo(grant, 'alice', soon())).to.include({ sub: 'alice' })
  })
})
