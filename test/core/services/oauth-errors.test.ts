// What providers answer when they refuse and when they are broken: a refusal is told from an outage, and no secret is repeated.
import { expect } from 'chai'
import fc from 'fast-check'
import { OAuthRefused, Secret } from '../../../core/plugin.ts'
import { quoteFor } from '../../../core/services/oauth-errors.ts'
import { type Answer, type FakeIssuer, startFakeIssuer } from '../../support/fake-issuer.ts'
import {
  begin,
  CLIENT_ID,
  CLIENT_SECRET,
  callback,
  failureOf,
  finish,
  openClient,
  STATE,
  soon,
} from '../../support/oauth-clients.ts'

const CODE = 'code-of-the-test'
const REFRESH_TOKEN = 'refresh-token-of-the-test'
const SECRETS = [CODE, REFRESH_TOKEN, CLIENT_SECRET]

const REFUSED = true
const OUTAGE = false

function check(error: Error, refused: boolean, message: RegExp, origin: string): void {
  expect(error instanceof OAuthRefused, error.message).to.equal(refused)
  expect(error.message).to.match(message).and.to.contain(origin)
  for (const secret of SECRETS) expect(error.message).to.not.contain(secret)
}

describe('errors of OAuth providers', () => {
  let fake: FakeIssuer
  beforeEach(async () => {
    fake = await startFakeIssuer()
  })
  afterEach(() => fake[Symbol.asyncDispose]())

  const error = (status: number, name: string, more: object = {}): Answer => ({
    status,
    body: { error: name, ...more },
  })
  const TOKEN: readonly [string, Answer, boolean, RegExp][] = [
    ['a grant that is over', error(400, 'invalid_grant'), REFUSED, /refused: "invalid_grant"$/],
    ['a denial', error(403, 'access_denied'), REFUSED, /refused: "access_denied"/],
    ['a new sign-in that is needed', error(400, 'interaction_required'), REFUSED, /interaction_required/],
    ["GitHub's refusal, with 200", error(200, 'bad_verification_code'), REFUSED, /bad_verification_code/],
    ["GitHub's refusal of a refresh", error(200, 'bad_refresh_token'), REFUSED, /bad_refresh_token/],
    ['an unknown client', error(401, 'invalid_client'), OUTAGE, /compare client_id, client_secret/],
    ["GitHub's unknown client", error(200, 'incorrect_client_credentials'), OUTAGE, /compare client_id/],
    ['a client that may not', error(400, 'unauthorized_client'), OUTAGE, /allow the authorization code/],
    ['another redirect URL', error(400, 'redirect_uri_mismatch'), OUTAGE, /register redirect_url/],
    ['a scope', error(400, 'invalid_scope'), OUTAGE, /correct `scopes`/],
    ['an error that nobody knows', error(400, 'odd'), OUTAGE, /"odd"; see the provider's own log/],
    ['trouble with an error in it', error(503, 'invalid_grant'), OUTAGE, /answered 503/],
    ['trouble', { status: 500, body: '<h1>oops</h1>' }, OUTAGE, /answered 500; it is out of order/],
    ['too many requests', error(429, 'slow_down'), OUTAGE, /429, too many requests/],
    ['a redirect', { status: 302, body: '' }, OUTAGE, /302, a redirect, which is not followed/],
    ['a page', { body: '<h1>welcome</h1>' }, OUTAGE, /200 with something else/],
    ['a list', { body: [] }, OUTAGE, /200 with something else/],
    ['no access token', { body: { token_type: 'bearer' } }, OUTAGE, /200 with something else/],
    ['another kind of token', { body: { access_token: 't', token_type: 'mac' } }, OUTAGE, /something else/],
    ['a refusal without a reason', { status: 400, body: 'no' }, OUTAGE, /answered 400/],
  ]
  for (const [name, answer, refused, message] of TOKEN) {
    it(`tells at the token endpoint: ${name}`, async () => {
      await using client = openClient(fake.issuer)
      const { keep } = await begin(client)
      fake.token = () => answer
      const back = callback({ code: CODE, state: STATE, iss: fake.issuer })
      check(await failureOf(finish(client, back, keep)), refused, message, fake.issuer)
      check(await failureOf(client.refresh(REFRESH_TOKEN, soon())), refused, message, fake.issuer)
    })
  }

  it('repeats nothing secret of what the provider says', async () => {
    await using client = openClient(fake.issuer)
    const { keep } = await begin(client)
    fake.token = () => {
      const sent = new URLSearchParams(fake.requests.at(-1)!.body)
      const description = `${[...sent.values(), CLIENT_SECRET].join(' ')} https://h/p?code=1\n${'x'.repeat(900)}`
      return error(400, 'invalid_grant', { error_description: description })
    }
    const back = callback({ code: CODE, state: STATE, iss: fake.issuer })
    for (const ask of [() => finish(client, back, keep), () => client.refresh(REFRESH_TOKEN, soon())]) {
      const failure = await failureOf(ask())
      check(failure, REFUSED, /\*\*\* https:\/\/h\/p x+\.\.\."$/, fake.issuer)
      expect(failure.message).to.not.contain((keep as { verifier: string }).verifier)
    }
  })

  it('asks for the scope openid when no ID token came', async () => {
    await using client = openClient(fake.issuer, { scopes: ['email'] })
    const { keep } = await begin(client)
    fake.token = () => ({ body: { access_token: 't', token_type: 'bearer' } })
    const back = callback({ code: CODE, state: STATE, iss: fake.issuer })
    check(await failureOf(finish(client, back, keep)), REFUSED, /id_token/, fake.issuer)
  })

  const CALLBACK: readonly [Record<string, string>, boolean, RegExp][] = [
    [{ error: 'access_denied' }, REFUSED, /^the sign-in was cancelled or denied at/],
    [{ error: 'login_required' }, REFUSED, /login_required/],
    [{ error: 'consent_required' }, REFUSED, /consent_required/],
    [{ error: 'server_error' }, OUTAGE, /out of order/],
    [{ error: 'temporarily_unavailable' }, OUTAGE, /out of order/],
    [{ error: 'unauthorized_client' }, REFUSED, /came back .* allow the authorization code/],
    [
      { error: 'invalid_scope', error_description: 'no such scope' },
      REFUSED,
      /"no such scope"; correct `scopes`/,
    ],
    [
      { error: '<script>', error_description: '\r\nSet-Cookie: a' },
      REFUSED,
      /"<script>": " {2}Set-Cookie: a"/,
    ],
  ]
  for (const [parameters, refused, message] of CALLBACK) {
    it(`tells in the callback: ${JSON.stringify(parameters)}`, async () => {
      await using client = openClient(fake.issuer)
      const { keep } = await begin(client)
      const back = callback({ ...parameters, state: STATE, iss: fake.issuer })
      check(await failureOf(finish(client, back, keep)), refused, message, fake.issuer)
    })
  }

  const USERINFO: readonly [string, Answer, boolean, RegExp][] = [
    ['another subject', { body: { sub: 'mallory' } }, REFUSED, /the userinfo has another "sub"/],
    ['no subject', { body: { email: 'a@example.com' } }, REFUSED, /"sub"/],
    [
      'a refused access token',
      error(401, 'invalid_token'),
      REFUSED,
      /refused the access token.*"invalid_token"/,
    ],
    ['a scope that is missing', error(403, 'insufficient_scope'), OUTAGE, /403; .*`userinfo: false`/],
    ['trouble', { status: 502, body: '' }, OUTAGE, /\/userinfo answered 502; it is out of order/],
    ['a page', { body: 'hello' }, OUTAGE, /200 with something else/],
  ]
  for (const [name, answer, refused, message] of USERINFO) {
    it(`tells at the userinfo: ${name}`, async () => {
      await using client = openClient(fake.issuer)
      fake.userinfo = () => answer
      const grant = { accessToken: new Secret(CODE), refreshToken: undefined, claims: undefined }
      check(await failureOf(client.userinfo(grant, 'alice', soon())), refused, message, fake.issuer)
    })
  }

  const METADATA: readonly [string, Record<string, unknown>, RegExp][] = [
    [
      'another issuer',
      { issuer: 'https://other.example' },
      /those of "https:\/\/other\.example"; write that/,
    ],
    ['no issuer', { issuer: undefined }, /name no issuer/],
    ['no key set', { jwks_uri: undefined }, /have no jwks_uri; is it an OpenID provider/],
    ['no token endpoint', { token_endpoint: 7 }, /have no token_endpoint/],
    [
      'an address that is none of the web',
      { end_session_endpoint: 'javascript:alert(1)' },
      /for end_session_endpoint/,
    ],
  ]
  for (const [name, metadata, message] of METADATA) {
    it(`tells in the metadata: ${name}`, async () => {
      fake.metadata = metadata
      await using client = openClient(fake.issuer)
      check(await failureOf(client.ready()), OUTAGE, message, fake.issuer)
      check(await failureOf(begin(client)), OUTAGE, message, fake.issuer)
    })
  }

  it('tells a damaged key set, before a code is spent', async () => {
    await using client = openClient(fake.issuer)
    const { keep } = await begin(client)
    fake.keys = ['key'] as never
    const back = callback({ code: CODE, state: STATE, iss: fake.issuer })
    check(
      await failureOf(finish(client, back, keep)),
      OUTAGE,
      /\/jwks answered 200 with something else/,
      fake.issuer,
    )
    expect(fake.requests.map(({ what }) => what)).to.not.include('POST /token')
  })

  it('reads the metadata once, and the keys once, for many sign-ins', async () => {
    await using client = openClient(fake.issuer)
    for (let count = 0; count < 3; count++) {
      const { keep } = await begin(client)
      const { nonce } = keep as { nonce: string }
      const id_token = await fake.idToken({ nonce })
      fake.token = () => ({ body: { access_token: 't', token_type: 'Bearer', id_token } })
      await finish(client, callback({ code: CODE, state: STATE, iss: fake.issuer }), keep)
    }
    const asked = fake.requests.map(({ what }) => what).filter((what) => what.startsWith('GET'))
    expect(asked).to.deep.equal(['GET /.well-known/openid-configuration', 'GET /jwks'])
  })

  const METHODS: readonly [string, string[] | undefined, 'basic' | 'post' | undefined, 'basic' | 'post'][] = [
    ['says nothing', undefined, undefined, 'basic'],
    ['takes both', ['client_secret_post', 'client_secret_basic'], undefined, 'basic'],
    ['takes only post', ['client_secret_post', 'private_key_jwt'], undefined, 'post'],
    ['says something else than the configuration', ['client_secret_post'], 'basic', 'basic'],
    ['says nothing, with post configured', undefined, 'post', 'post'],
  ]
  for (const [name, methods, clientAuthentication, expected] of METHODS) {
    it(`sends the secret as ${expected} when the provider ${name}`, async () => {
      fake.metadata = { token_endpoint_auth_methods_supported: methods }
      await using client = openClient(fake.issuer, { ...(clientAuthentication && { clientAuthentication }) })
      fake.token = () => error(400, 'invalid_grant')
      await failureOf(client.refresh(REFRESH_TOKEN, soon()))
      const { authorization, body } = fake.requests.find(({ what }) => what === 'POST /token')!
      const basic = `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET.replaceAll('+', '%2B')}`)}`
      expect(authorization).to.equal(expected === 'basic' ? basic : undefined)
      expect(new URLSearchParams(body).get('client_secret')).to.equal(
        expected === 'post' ? CLIENT_SECRET : null,
      )
    })
  }
})

describe("a provider's text in a message", () => {
  it('takes no time for a long text that could be addresses', () => {
    expect(JSON.parse(quoteFor([])('http://'.repeat(150_000)))).to.have.length.at.most(203)
  })

  it('is short, printable, and shows nothing that is secret', () => {
    const secret = 'S3CRET-value'
    const quote = quoteFor([secret])
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(secret)), { maxLength: 9 }),
        (parts) => {
          const quoted = quote(parts.join(''))
          expect(quoted).to.not.contain(secret)
          expect(quoted).to.not.match(/[\p{Cc}\p{Cf}]/u)
          expect(JSON.parse(quoted)).to.have.length.at.most(203)
        },
      ),
    )
  })
})
