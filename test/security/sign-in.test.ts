// What an attacker tries at a browser sign-in, on a whole server with an OpenID provider that plays along: all of it is refused, with
// one audit line each, and nothing is handed out.
import { expect } from 'chai'
import { exportJWK, generateKeyPair } from 'jose'
import { type FakeIssuer, startFakeIssuer } from '../support/fake-issuer.ts'
import { json, serve } from '../support/http-server.ts'
import { CLIENT_ID } from '../support/oauth-clients.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type PageSeen, Visitor } from '../support/visitor.ts'

const SECRET = 'canary of the client'
const now = () => Math.floor(Date.now() / 1_000)

describe('an attack on a browser sign-in', () => {
  let fake: FakeIssuer
  let server: TestInstance
  let at: string
  let visitor: Visitor
  beforeEach(async () => {
    fake = await startFakeIssuer()
    server = await startTestServer({
      config: {
        authenticators: ['corp', 'other'].map((id) => ({
          plugin: 'oidc',
          id,
          options: {
            issuer: fake.issuer,
            client_id: CLIENT_ID,
            client_secret: '!env SECRET_OF_CLIENT',
            redirect_url: `http://127.0.0.1:1/${id}`,
            account: 'claims.sub',
            accept: 'claims.sub in ["alice", "ceo"]',
            userinfo: false,
          },
        })),
        authorizers: [],
      },
      env: { SECRET_OF_CLIENT: SECRET },
    })
    at = `http://127.0.0.1:${server.port}`
    visitor = new Visitor()
  })
  afterEach(async () => {
    await server.stop()
    await fake[Symbol.asyncDispose]()
  })

  /** Where the provider would ask the person. */
  async function begin(browser = visitor): Promise<{ state: string; nonce: string }> {
    const { location } = await browser.get(`${at}/corp/start?again`)
    const { searchParams } = new URL(location!)
    return { state: searchParams.get('state')!, nonce: searchParams.get('nonce')! }
  }
  const answerWith = (idToken: (nonce: string) => Promise<string> | string, nonce: string) => {
    fake.token = async () => ({
      body: { access_token: 'a1', token_type: 'Bearer', refresh_token: 'r1', id_token: await idToken(nonce) },
    })
  }
  const back = (browser: Visitor, query: Record<string, string>, path = 'corp') =>
    browser.get(`${at}/${path}?${new URLSearchParams({ iss: fake.issuer, ...query })}`)

  function expectRefused(page: PageSeen, status: number, reason: RegExp): void {
    expect(page.status).to.equal(status)
    expect(page.text).not.to.match(/dwp_/)
    const lines = server.lines().filter(({ audit }) => audit !== undefined)
    expect(lines).to.have.lengthOf(1)
    expect(lines[0]).to.include({ audit: 'sign-in', action: 'sign-in', status, authenticator: 'corp' })
    expect(lines[0]!.reason).to.match(reason)
  }

  it('is none when all is as it should be', async () => {
    const { state, nonce } = await begin()
    answerWith((nonce) => fake.idToken({ nonce }), nonce)
    const page = await back(visitor, { code: 'c', state })
    expect([page.status, /dwp_/.test(page.text)]).to.deep.equal([200, true])
  })

  it("is refused: a victim's browser is sent the attacker's answer (login CSRF)", async () => {
    const { state, nonce } = await begin(new Visitor())
    answerWith((nonce) => fake.idToken({ nonce }), nonce)
    await begin(visitor)
    const before = fake.requests.length
    expectRefused(await back(visitor, { code: 'c', state }), 400, /not begun in this browser/)
    expect(fake.requests.length).to.equal(before)
  })

  it("is refused: the answer to one provider's sign-in is brought to another's page (mix-up)", async () => {
    const { state } = await begin()
    const page = await back(visitor, { code: 'c', state }, 'other')
    expect(page.status).to.equal(400)
    expect(fake.requests.map(({ what }) => what)).not.to.include('POST /token')
  })

  it('is refused: another issuer answers', async () => {
    const { state } = await begin()
    expectRefused(await back(visitor, { code: 'c', state, iss: 'https://evil.example' }), 403, /iss/)
    expect(fake.requests.map(({ what }) => what)).not.to.include('POST /token')
  })

  const hmac = (text: string) => new TextEncoder().encode(text)
  const TOKENS: readonly [string, (nonce: string) => Promise<string>, RegExp][] = [
    ['for another audience', (nonce) => fake.idToken({ nonce, aud: 'another' }), /aud/],
    ['of another issuer', (nonce) => fake.idToken({ nonce, iss: 'https://evil.example' }), /iss/],
    ['of another sign-in', () => fake.idToken({ nonce: 'another' }), /nonce/],
    ['that has expired', (nonce) => fake.idToken({ nonce, exp: now() - 60 }), /exp/],
    [
      'without a signature (alg none)',
      async (nonce) => {
        const header = Buffer.from('{"alg":"none"}').toString('base64url')
        return `${header}.${(await fake.idToken({ nonce })).split('.')[1]}.`
      },
      /alg/,
    ],
    [
      'signed with the public key (HS256)',
      (nonce) => fake.idToken({ nonce }, { alg: 'HS256', kid: 'published' }, hmac(fake.publicPem)),
      /algorithm/,
    ],
    [
      'signed with another key under the published name',
      async (nonce) => fake.idToken({ nonce }, {}, (await generateKeyPair('RS256')).privateKey),
      /signature/,
    ],
  ]
  for (const [name, idToken, reason] of TOKENS) {
    it(`is refused: an ID token ${name}`, async () => {
      const { state, nonce } = await begin()
      answerWith(idToken, nonce)
      expectRefused(await back(visitor, { code: 'c', state }), 403, reason)
    })
  }

  it("is refused: an ID token whose key is at the attacker's, who is not asked", async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'evil', alg: 'RS256' }
    const attacker = await serve((_, response) => json(response, 200, { keys: [jwk] }))
    try {
      const { state, nonce } = await begin()
      const header = { kid: `${attacker.origin}/jwks`, jku: `${attacker.origin}/jwks`, jwk }
      answerWith((nonce) => fake.idToken({ nonce }, header, privateKey), nonce)
      expectRefused(await back(visitor, { code: 'c', state }), 403, /key|signature/)
      expect(attacker.received).to.deep.equal([])
    } finally {
      await attacker.close()
    }
  })

  it('learns nothing of the rules: the page says that the account may not sign in, the audit line why and who', async () => {
    const { state, nonce } = await begin()
    answerWith((nonce) => fake.idToken({ nonce, sub: 'mallory' }), nonce)
    const page = await back(visitor, { code: 'c', state })
    expect(page.status).to.equal(403)
    expect(page.text).to.include('may not sign in here').and.not.include('ceo').and.not.include('claims')
    const [line] = server.lines().filter(({ audit }) => audit === 'sign-in')
    expect(line!.reason).to.include('claims.sub').and.include('mallory')
  })

  it('runs nothing and sets nothing: texts of the provider and of the query', async () => {
    const { state } = await begin()
    const page = await back(visitor, {
      state,
      error: 'access_denied',
      error_description: '<img src=x onerror=alert(1)>\r\nSet-Cookie: a=b',
    })
    expect(page.status).to.equal(403)
    expect(page.text).not.to.include('<img')
    expect(page.headers.get('set-cookie')).not.to.include('a=b')
  })
})
