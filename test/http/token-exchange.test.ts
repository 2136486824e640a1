// Token exchange (RFC 8693) on a whole server: what a workload's token is traded for, and what is refused.
import { expect } from 'chai'
import { createSecretToken } from '../../core/token/secret-token.ts'
import { JwtIssuer, newIssuerKey } from '../support/jwt-issuer.ts'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'

describe('a token exchange', () => {
  let issuer: JwtIssuer
  let server: TestInstance
  let token: string

  before(async () => {
    issuer = await JwtIssuer.start()
    token = await issuer.token({ sub: 'builder', team: 'ci' })
  })
  after(() => issuer.stop())
  beforeEach(async () => {
    const options = {
      issuers: [{ issuer: issuer.url, audience: 'registry', labels: { team: 'claims.team' } }],
    }
    server = await startTestServer({
      config: {
        authenticators: [
          // Would let everybody in, but takes no tokens.
          scripted.authenticator('open', { answer: { outcome: 'pass' } }),
          { plugin: 'jwt', options },
        ],
        authorizers: [{ plugin: OWNERS }],
      },
    })
  })
  afterEach(() => server.stop())

  const form = (more: Record<string, string | string[]> = {}) => ({
    grant_type: GRANT,
    subject_token: token,
    subject_token_type: `${TYPE}jwt`,
    service: 'registry',
    ...more,
  })

  for (const type of ['jwt', 'id_token', 'access_token']) {
    it(`gives an access token for a subject token of the type ${type}`, async () => {
      const scope = 'repository:ci/app:pull,push'
      const { status, json, claims, access } = await server.token({
        form: form({ subject_token_type: TYPE + type, scope }),
      })
      expect(status).to.equal(200)
      expect(claims).to.include({ sub: 'builder', aud: 'registry' })
      expect(access).to.deep.equal([scope])
      expect(json).to.include({ issued_token_type: `${TYPE}access_token`, token_type: 'Bearer', scope })
      expect(json.access_token).to.equal(json.token)
      expect(json).not.to.have.property('refresh_token')
      expect(server.audits()).to.have.length(1)
      expect(server.audits()[0]).to.include({
        grant: 'token_exchange',
        account: 'builder',
        authenticator: 'jwt',
        status: 200,
      })
      // No other authenticator has seen it.
      expect(server.lines().some(({ msg, id }) => msg === 'asked' && id === 'open')).to.equal(false)
    })
  }

  it('is for the audience where there is no service, and names the type that was asked for', async () => {
    const { claims, json } = await server.token({
      form: form({ service: '', audience: 'mirror', requested_token_type: `${TYPE}jwt` }),
    })
    expect(claims).to.include({ aud: 'mirror' })
    expect(json.issued_token_type).to.equal(`${TYPE}jwt`)
  })

  it('is for a registry that is named twice, as audience and as service', async () => {
    const { claims } = await server.token({ form: form({ service: ['registry', ''], audience: 'registry' }) })
    expect(claims).to.include({ aud: 'registry' })
  })

  it('gives a refresh token too when asked for, which is good as long as the subject token', async () => {
    const { json } = await server.token({ form: form({ access_type: 'offline' }) })
    const again = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    const refreshed = await server.token({ form: again })
    expect(refreshed.status).to.equal(200)
    expect(refreshed.claims).to.include({ sub: 'builder' })
    expect(refreshed.json).not.to.have.property('issued_token_type')
  })

  it('gives no refresh token that could never be used, and the log says why', async () => {
    const large = await issuer.token({ sub: 'builder', filler: 'x'.repeat(13_000) })
    for (const question of [
      { form: form({ subject_token: large, access_type: 'offline' }) },
      { user: ['builder', large] as const, query: { service: 'registry', offline_token: 'true' } },
    ]) {
      const { status, json, claims } = await server.token(question)
      expect(status).to.equal(200)
      expect(claims).to.include({ sub: 'builder' })
      expect(json).not.to.have.property('refresh_token')
      expect(server.lines().findLast(({ level }) => level === 'warn')).to.include({
        account: 'builder',
        authenticator: 'jwt',
        reason: 'the token has more than 12000 characters of claims',
      })
    }
  })

  it('is for one of token.services, if there are any', async () => {
    await using limited = await startTestServer({
      config: {
        token: { services: ['registry'] },
        authenticators: [
          { plugin: 'jwt', options: { issuers: [{ issuer: issuer.url, audience: 'registry' }] } },
        ],
        authorizers: [{ plugin: OWNERS }],
      },
    })
    const { status, json } = await limited.token({ form: form({ service: '', audience: 'mirror' }) })
    expect([status, json.error]).to.deep.equal([400, 'invalid_target'])
    expect(json.errors[0].message).to.match(/"mirror" is none that this server makes tokens for/)
    expect((await limited.token({ form: form() })).status).to.equal(200)
  })

  const ours = (kind: 'refresh' | 'personal') => createSecretToken(kind).secret.reveal()
  const malformed: [string, () => Record<string, string | string[]>, RegExp, string?][] = [
    ['no subject token', () => ({ subject_token: '' }), /needs subject_token/],
    ['two subject tokens', () => ({ subject_token: [token, token] }), /more than once/],
    ['no type of the subject token', () => ({ subject_token_type: '' }), /subject_token_type .* use .*:jwt/],
    ['SAML', () => ({ subject_token_type: `${TYPE}saml2` }), /is not supported/],
    [
      'an actor',
      () => ({ actor_token: token, actor_token_type: `${TYPE}jwt` }),
      /actor_token is not supported/,
    ],
    ['a resource', () => ({ resource: 'https://registry' }), /audience/, 'invalid_target'],
    ['a resource after an empty one', () => ({ resource: ['', 'x'] }), /audience/, 'invalid_target'],
    [
      'the type of an actor after an empty one',
      () => ({ actor_token_type: ['', `${TYPE}jwt`] }),
      /actor_token is not supported/,
    ],
    [
      'an audience that is not the service',
      () => ({ audience: 'b' }),
      /more than one registry/,
      'invalid_target',
    ],
    ['two services', () => ({ service: ['a', 'b'] }), /more than one registry/, 'invalid_target'],
    ['two audiences', () => ({ audience: ['a', 'b'] }), /more than one registry/, 'invalid_target'],
    [
      'a refresh token wanted',
      () => ({ requested_token_type: `${TYPE}refresh_token` }),
      /access_type=offline/,
    ],
    ['an account', () => ({ account: 'builder' }), /no place in a token exchange/],
    ['a refresh token of ours', () => ({ subject_token: ours('refresh') }), /grant_type=refresh_token/],
    ['a personal token of ours', () => ({ subject_token: ours('personal') }), /as the password/],
    ['a text like one of ours', () => ({ subject_token: 'dwb_canary-canary' }), /a token of this server/],
  ]
  for (const [name, more, message, error = 'invalid_request'] of malformed) {
    it(`is refused with ${name}`, async () => {
      const { status, json } = await server.token({ form: form(more()) })
      expect(status).to.equal(400)
      expect(json.error).to.equal(error)
      expect(json.errors[0].message).to.match(message)
      expect(server.audits().map((line) => line.status)).to.deep.equal([400])
      expect(server.lines().some(({ msg }) => msg === 'asked')).to.equal(false)
    })
  }

  it('needs its grant_type, in the form', async () => {
    const answers = [
      await server.token({ form: form({ grant_type: '' }) }),
      await server.token({ form: form({ grant_type: '' }), user: ['alice', 'canary-canary'] }),
      await server.token({ form: { actor_token: token } }),
      await server.token({ query: { grant_type: GRANT }, form: form({ grant_type: '' }) }),
      await server.token({ query: { grant_type: GRANT }, form: form() }),
    ]
    const inForm = 'grant_type must not stand in the URL; send it in the form'
    expect(answers.map(({ status, json }) => [status, json.error, json.errors[0].message])).to.deep.equal([
      [400, 'invalid_request', `subject_token needs grant_type=${GRANT}`],
      [400, 'invalid_request', `subject_token needs grant_type=${GRANT}`],
      [400, 'invalid_request', `actor_token needs grant_type=${GRANT}`],
      [400, 'invalid_request', inForm],
      [400, 'invalid_request', inForm],
    ])
    expect(server.audits().map((line) => line.status)).to.deep.equal(answers.map(() => 400))
  })

  it('has no token in its URL', async () => {
    for (const name of ['subject_token', 'actor_token']) {
      const { status, json } = await server.token({ query: { [name]: token } })
      expect([status, json.errors[0].message]).to.deep.equal([
        400,
        `${name} must not stand in the URL, which others log; send it in a form`,
      ])
    }
  })

  it('is refused with 400 for a token that is not accepted, and the audit line says why', async () => {
    const other = { aud: 'other' }
    const refused: [string, RegExp][] = [
      [await issuer.token(other), /another audience \(aud\) than registry/],
      [await issuer.token({ iss: 'https://other.example.com' }), /no authenticator knows its issuer/],
      ['no JWT at all', /no authenticator knows its issuer/],
    ]
    for (const [text, reason] of refused) {
      const { status, json, headers } = await server.token({ form: form({ subject_token: text }) })
      expect([status, json.error, json.errors[0].code]).to.deep.equal([
        400,
        'invalid_request',
        'UNAUTHORIZED',
      ])
      expect(headers).not.to.have.property('www-authenticate')
      expect(server.audits().at(-1)!.reason).to.match(reason)
    }
    expect(server.audits()).to.have.length(refused.length)
  })

  it('is 503 while the issuer can not be asked', async () => {
    // Nobody knows whether the issuer has published this key since.
    const unknown = await issuer.token({}, { key: await newIssuerKey() })
    await issuer.stop()
    try {
      const { status, json, headers } = await server.token({ form: form({ subject_token: unknown }) })
      expect([status, json.error]).to.deep.equal([503, 'temporarily_unavailable'])
      expect(headers).to.have.property('retry-after')
    } finally {
      await issuer.start()
    }
  })
})

describe('a token exchange with an authenticator that accepts', () => {
  const EXCHANGER = `
    import { definePlugin, z } from 'dockwarden/plugin'
    export default definePlugin({
      kind: 'authenticator', name: 'exchanger', options: z.strictObject({ answer: z.any() }), exchange: true,
      create: ({ answer }) => ({ authenticate: async ({ kind, account }) => kind === 'token' && account === '' ? answer : { outcome: 'pass' } }),
    })`
  const cases: [string, object, number][] = [
    ['and names an account', { outcome: 'accept', account: 'builder' }, 200],
    ['but names none', { outcome: 'accept' }, 503],
    ['but names an empty one', { outcome: 'accept', account: '' }, 503],
  ]
  for (const [name, answer, expected] of cases) {
    it(`${name}: ${expected}`, async () => {
      await using server = await startTestServer({
        config: {
          authenticators: [{ plugin: './exchanger.ts', options: { answer } }],
          authorizers: [{ plugin: OWNERS }],
        },
        files: { 'exchanger.ts': EXCHANGER },
      })
      const { status } = await server.token({
        form: { grant_type: GRANT, subject_token: 'canary-canary', subject_token_type: `${TYPE}jwt` },
      })
      expect(status).to.equal(expected)
      expect(server.audits().map((line) => line.status)).to.deep.equal([expected])
    })
  }
})

describe('a token exchange where nobody takes tokens', () => {
  it('is no grant of this server', async () => {
    await using server = await startTestServer({
      config: {
        authenticators: [scripted.authenticator('open', { answer: { outcome: 'accept' } })],
        authorizers: [{ plugin: OWNERS }],
      },
    })
    const { status, json } = await server.token({
      form: { grant_type: GRANT, subject_token: 'canary-canary', subject_token_type: `${TYPE}jwt` },
    })
    expect([status, json.error]).to.deep.equal([400, 'unsupported_grant_type'])
    expect(json.errors[0].message).to.match(/exchanges no tokens/)
    expect(server.audits()).to.have.length(1)
  })
})
