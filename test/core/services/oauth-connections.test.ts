// Where an OAuth client sends what: over which connections, and at providers that are none of OpenID.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Secret } from '../../../core/plugin.ts'
import { startFakeIssuer } from '../../support/fake-issuer.ts'
import { newPair } from '../../support/key-pairs.ts'
import {
  begin,
  callback,
  failureOf,
  finish,
  openClient,
  REDIRECT_URL,
  STATE,
  soon,
} from '../../support/oauth-clients.ts'

const CODE = 'code-of-the-test'

describe('the TLS files of an OAuth client', () => {
  it('say whom to trust for every request, and https is never left', async () => {
    const pair = await newPair('P-256', { name: 'localhost' })
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-oauth-'))
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, pair.certificate)
    await using fake = await startFakeIssuer({ key: pair.key, cert: pair.certificate })
    try {
      await using stranger = openClient(fake.issuer)
      expect((await failureOf(stranger.ready())).message).to.match(/unknown authority.*tls\.ca/)
      await using client = openClient(fake.issuer, { tls: { ca } })
      const { keep } = await begin(client)
      const id_token = await fake.idToken({ nonce: (keep as { nonce: string }).nonce })
      fake.token = () => ({ body: { access_token: 't', token_type: 'Bearer', id_token } })
      await finish(client, callback({ code: CODE, state: STATE, iss: fake.issuer }), keep)

      fake.metadata = { token_endpoint: 'http://127.0.0.1/token' }
      await using lured = openClient(fake.issuer, { tls: { ca } })
      expect((await failureOf(begin(lured))).message).to.match(/http:\/\/127\.0\.0\.1 for token_endpoint/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the redirect URL', () => {
  const REGISTERED = 'https://Auth.example.com:443/team/corp_auth'
  for (const [name, redirectUrl, expected] of [
    ['is sent letter by letter as it was registered', REGISTERED, REGISTERED],
    ["is the page's address where none is configured", undefined, REDIRECT_URL],
  ] as const) {
    it(`${name}, to the browser and with the code`, async () => {
      await using fake = await startFakeIssuer()
      await using client = openClient(fake.issuer, { redirectUrl })
      const { url, keep } = await begin(client)
      expect(new URL(url).searchParams.get('redirect_uri')).to.equal(expected)
      await failureOf(finish(client, callback({ code: CODE, state: STATE, iss: fake.issuer }), keep))
      const { body } = fake.requests.find(({ what }) => what === 'POST /token')!
      expect(new URLSearchParams(body).get('redirect_uri')).to.equal(expected)
    })
  }
})

describe('a provider without OpenID', () => {
  it('needs no ID token, and one that it sends is not looked at; nor is its issuer', async () => {
    await using fake = await startFakeIssuer()
    await using client = openClient('', {
      provider: { authorizationEndpoint: `${fake.issuer}/authorize`, tokenEndpoint: `${fake.issuer}/token` },
      scopes: ['read:user'],
    })
    await client.ready()
    const { url, keep } = await begin(client)
    expect(new URL(url).searchParams.get('scope')).to.equal('read:user')
    expect(new URL(url).searchParams.has('nonce')).to.equal(false)
    fake.token = () => ({ body: { access_token: 't', token_type: 'bearer', scope: '', id_token: 'a.b.c' } })
    const grant = await finish(
      client,
      callback({ code: CODE, state: STATE, iss: 'https://github.example' }),
      keep,
    )
    expect(grant.claims).to.equal(undefined)
    expect(grant.refreshToken).to.equal(undefined)
    expect(await client.userinfo(grant, 'alice', soon())).to.equal(undefined)
    expect(await client.endUrl(soon())).to.equal(undefined)
    expect(fake.requests.map(({ what }) => what)).to.deep.equal(['HEAD /authorize', 'POST /token'])
  })

  it('gives any answer of its API as it is', async () => {
    await using fake = await startFakeIssuer()
    await using client = openClient(fake.issuer)
    const { status, body } = await client.get(`${fake.issuer}/user?a=1`, new Secret('token'), soon())
    expect({ status, body }).to.deep.equal({ status: 404, body: 'nothing here' })
    expect(fake.requests[0]).to.include({ what: 'GET /user', authorization: 'Bearer token' })
  })
})
