// Forged, foreign and stale tokens against a whole server: each is refused, with one audit line, and without a request to anybody
// but the issuer.
import { createHmac, sign } from 'node:crypto'
import { expect } from 'chai'
import { CompactEncrypt, exportSPKI } from 'jose'
import { serve, type TestServer } from '../support/http-server.ts'
import { JwtIssuer, newIssuerKey, signToken } from '../support/jwt-issuer.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:jwt'

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

describe('a token that nobody should trust', () => {
  let issuer: JwtIssuer
  let attacker: TestServer
  let server: TestInstance

  beforeEach(async () => {
    issuer = await JwtIssuer.start(await newIssuerKey('RS256', 'first'))
    attacker = await serve((_, response) => response.end(JSON.stringify({ keys: [] })))
    server = await startTestServer({
      config: {
        authenticators: [
          {
            plugin: 'jwt',
            options: { issuers: [{ issuer: issuer.url, audience: 'registry', max_age: '10m' }] },
          },
        ],
        authorizers: [{ plugin: OWNERS }],
      },
    })
  })
  afterEach(async () => {
    await server.stop()
    await attacker.close()
    await issuer.stop()
  })

  const now = () => Math.floor(Date.now() / 1_000)
  const claims = () => ({ iss: issuer.url, aud: 'registry', sub: 'alice', iat: now(), exp: now() + 300 })
  const hmac = (secret: string, header: object = {}) => {
    const signed = `${encode({ alg: 'HS256', kid: 'first', ...header })}.${encode(claims())}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  /** Signed by somebody else, with a header that leads to his keys; older than the keys that the server has read. */
  const led = async (header: (url: string) => Record<string, unknown>) => {
    const key = await newIssuerKey('RS256', 'evil')
    return await signToken(key, { ...claims(), iat: now() - 60 }, header(`${attacker.origin}/keys`))
  }
  /** Signed by the issuer, with exactly this text as claims. */
  const raw = (payload: string, header: object = { alg: 'RS256', kid: 'first' }) => {
    const signed = `${encode(header)}.${encode(payload)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), issuer.keys[0]!.privateKey).toString('base64url')}`
  }

  it('has an unknown key and is newer than the keys: 401 when they are read for it, 503 until they may be again', async () => {
    const answers = []
    for (let count = 0; count < 3; count += 1) {
      const token = await issuer.token({}, { key: await newIssuerKey('RS256') })
      answers.push(await server.token({ user: ['ci', token], query: { service: 'registry' } }))
    }
    expect(answers.map(({ status }) => status)).to.deep.equal([401, 503, 503])
    expect(answers[2]!.headers).to.have.property('retry-after')
    expect(server.audits().at(-1)!.reason).to.match(/were read moments ago/)
    // Once at the start, once for all of these.
    expect(issuer.count()).to.equal(2)
  })

  const UNKNOWN = /signed with a key \(kid\) that the issuer does not publish/
  const tokens: [string, () => Promise<string> | string, RegExp][] = [
    ['alg none', () => `${encode({ alg: 'none' })}.${encode(claims())}.`, /algorithm \(alg\)/],
    ['alg nOnE', () => `${encode({ alg: 'nOnE', kid: 'first' })}.${encode(claims())}.`, /algorithm \(alg\)/],
    ['no alg', () => `${encode({ kid: 'first' })}.${encode(claims())}.AAAA`, /is malformed/],
    [
      'HS256 with the public key as PEM',
      async () => hmac(await exportSPKI(issuer.keys[0]!.publicKey)),
      /algorithm/,
    ],
    ['HS256 with the public key as JWK', () => hmac(JSON.stringify(issuer.keys[0]!.jwk)), /algorithm/],
    ['HS256 with an empty secret', () => hmac(''), /algorithm/],
    ['another audience', () => issuer.token({ aud: 'other' }), /another audience/],
    ['no audience', () => issuer.token({ aud: undefined }), /has no aud/],
    [
      'an audience that only begins so',
      () => issuer.token({ aud: ['registry.evil', 'x'] }),
      /another audience/,
    ],
    ['an end that is over', () => issuer.token({}, { lifetime: -31 }), /has expired/],
    ['no end', () => issuer.token({ exp: undefined }), /has no exp/],
    ['an end that is a text', () => issuer.token({ exp: '9999999999' as never }), /an exp that is no number/],
    ['a beginning to come', () => issuer.token({ nbf: now() + 120 }), /not good yet/],
    ['an old issue', () => issuer.token({ iat: now() - 700 }), /older than max_age/],
    ['an issue to come', () => issuer.token({ iat: now() + 120 }), /issued in the future/],
    ['no subject', () => issuer.token({ sub: undefined }), /no account name/],
    ['an empty subject', () => issuer.token({ sub: '' }), /no account name/],
    ['another issuer', () => issuer.token({ iss: `${issuer.url}/` }), /no authenticator knows/],
    [
      'an issuer that is no text',
      () => issuer.token({ iss: [issuer.url] as never }),
      /no authenticator knows/,
    ],
    ['a kid that is a URL', () => led((url) => ({ kid: url })), UNKNOWN],
    ['a kid that is a path', () => led(() => ({ kid: '../../../../dev/null' })), UNKNOWN],
    ['a kid of the prototype', () => led(() => ({ kid: '__proto__' })), UNKNOWN],
    ['a jku', () => led((url) => ({ jku: url })), UNKNOWN],
    ['a x5u', () => led((url) => ({ x5u: url })), UNKNOWN],
    [
      'a jku beside the name of a good key',
      () => led((url) => ({ jku: url, kid: 'first' })),
      /wrong signature/,
    ],
    [
      'a key that it brings',
      async () => {
        const key = await newIssuerKey('RS256', 'first')
        return await signToken(key, claims(), { jwk: key.jwk })
      },
      /wrong signature/,
    ],
    [
      'a crit that nobody knows',
      () => raw(JSON.stringify(claims()), { alg: 'RS256', kid: 'first', crit: ['x'], x: 1 }),
      /crit/,
    ],
    ['another type', () => issuer.token({}, { header: { typ: 'logout+jwt' } }), /\(typ\)/],
    ['a type that is a number', () => issuer.token({}, { header: { typ: 5 } }), /\(typ\)/],
    ['a type that is a list', () => issuer.token({}, { header: { typ: ['JWT'] } }), /\(typ\)/],
    ['a type that is null', () => issuer.token({}, { header: { typ: null } }), /\(typ\)/],
    ['a subject with a line break', () => issuer.token({ sub: 'alice\n' }), /name that no account can have/],
    ['a subject with a NUL', () => issuer.token({ sub: 'al\0ice' }), /name that no account can have/],
    [
      'a subject with an invisible character',
      () => issuer.token({ sub: 'ali\u2060ce' }),
      /it has U\+2060 in it/,
    ],
    ['a subject with a space before it', () => issuer.token({ sub: ' alice' }), /name that no account can/],
    ['a subject of 257 characters', () => issuer.token({ sub: 'a'.repeat(257) }), /name that no account can/],
    [
      'a subject like the user name of refresh tokens',
      () => issuer.token({ sub: '<token>' }),
      /name that no/,
    ],
    [
      'an audience that stands there twice',
      () => raw(`${JSON.stringify(claims()).slice(0, -1)},"aud":"other"}`),
      /another audience/,
    ],
    [
      'an issuer that stands there twice',
      () => raw(`${JSON.stringify(claims()).slice(0, -1)},"iss":"x"}`),
      /no authenticator/,
    ],
    ['claims that are a list', () => raw(JSON.stringify([claims()])), /no authenticator knows/],
    [
      'encryption',
      () =>
        new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
          .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', iss: issuer.url })
          .encrypt(issuer.keys[0]!.publicKey),
      /no authenticator knows/,
    ],
    [
      'a changed claim',
      async () => {
        const [header, , signature] = (await issuer.token()).split('.')
        return `${header}.${encode({ ...claims(), sub: 'admin' })}.${signature}`
      },
      /wrong signature/,
    ],
    [
      'no signature',
      async () => `${(await issuer.token()).split('.').slice(0, 2).join('.')}.`,
      /wrong signature|malformed/,
    ],
  ]
  for (const [name, token, reason] of tokens) {
    it(`is one with ${name}`, async () => {
      const text = await token()
      const exchange = await server.token({
        form: { grant_type: GRANT, subject_token: text, subject_token_type: TYPE, service: 'registry' },
      })
      expect(exchange.status, JSON.stringify(exchange.json)).to.equal(400)
      expect(exchange.json).not.to.have.property('token')
      const [line, ...others] = server.audits()
      expect(others).to.deep.equal([])
      expect(line).to.include({ msg: 'token refused', grant: 'token_exchange', status: 400 })
      expect(line!.reason).to.match(reason)

      const login = await server.token({ user: ['ci', text], query: { service: 'registry' } })
      expect(login.status).to.equal(401)
      expect(server.audits()).to.have.length(2)
      expect(server.audits()[1]).to.include({ msg: 'token refused', grant: 'password', status: 401 })
      expect(attacker.received).to.deep.equal([])
    })
  }
})
