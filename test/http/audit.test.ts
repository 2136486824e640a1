// The audit log: one line a token request, whole and unbreakable, never with a secret in it.
import { expect } from 'chai'
import type { HttpQuestion } from '../support/http-question.ts'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the audit'
// bcrypt, at the least cost, of `hashed canary of the audit`.
const HASH = '$2b$04$XHWjtzOV5sxNGf5HiWWNZuvx34KSOPe.EacyIdsan/T68CM.uDuNy'
const SCOPES = [
  'repository:alice/app:push,pull',
  'repository:public/x:pull,push',
  'repository:bob/x:pull',
  'x:y:z',
]

describe('the audit log', () => {
  let server: TestInstance

  beforeEach(async () => {
    const users = { '': {}, alice: { password: '!env ALICE' }, hashed: { password: HASH } }
    server = await startTestServer({
      config: {
        token: { issuer: 'a "quoted"\\ issuer\r\nSet-Cookie: žluť=1' },
        authenticators: [{ plugin: 'static', id: 'users', options: { users } }],
        authorizers: [{ plugin: OWNERS, id: 'policy' }, scripted.authorizer('never', {})],
      },
      env: { ALICE: PASSWORD },
    })
  })

  afterEach(() => server.stop())

  it('has one line for an issued token: who, from where, for what, what was granted, and who decided', async () => {
    const query = { service: 'reg', scope: SCOPES, client_id: 'docker' }
    const answer = await server.token({ user: ['alice', PASSWORD], query })
    const [line, ...others] = server.audits()
    expect(others).to.deep.equal([])
    const { time, ms, ...facts } = line!
    expect(facts).to.deep.equal({
      level: 'info',
      msg: 'token issued',
      audit: 'token',
      request: answer.headers['x-request-id'],
      account: 'alice',
      ip: '127.0.0.1',
      client: 'docker',
      service: 'reg',
      scopes: SCOPES,
      access: ['repository:alice/app:push,pull', 'repository:public/x:pull', 'repository:bob/x:', 'x:y:'],
      authenticator: 'users',
      asked: ['users: accept'],
      labels: {},
      grant: 'password',
      jti: answer.claims!.jti,
      rules: ['policy: owner', 'policy: public', 'policy: not yours', 'policy: not yours'],
      status: 200,
    })
    expect(new Date(time).toISOString()).to.equal(time)
    expect(ms).to.be.a('number').that.is.at.least(0)
  })

  const refused: [string, HttpQuestion, object][] = [
    [
      'a wrong password',
      { user: ['alice', 'wrong canary'] },
      { account: 'alice', authenticator: 'users', status: 401 },
    ],
    ['a wrong hashed password', { user: ['hashed', 'wrong canary'] }, { account: 'hashed', status: 401 }],
    ['an unknown account', { user: ['eve', 'wrong canary'] }, { account: 'eve', status: 401 }],
    [
      'a wrong password in a form',
      { form: { username: 'alice', password: 'wrong canary' } },
      { account: 'alice', status: 401 },
    ],
    [
      'malformed credentials',
      { headers: { authorization: 'Basic canary-of-wrong-base64' } },
      { status: 401 },
    ],
    ['another scheme', { headers: { authorization: 'Bearer canary-of-a-token' } }, { status: 401 }],
    ['a forbidden account', { user: ['alice\n', PASSWORD] }, { status: 401 }],
    ['a malformed scope', { user: ['alice', PASSWORD], query: { scope: 'x' } }, { status: 400 }],
    ['another account parameter', { user: ['alice', PASSWORD], query: { account: 'bob' } }, { status: 400 }],
    [
      'a refresh token',
      { form: { grant_type: 'refresh_token', refresh_token: 'canary-of-refresh' } },
      { status: 400 },
    ],
    ['an unknown grant_type', { form: { grant_type: 'x', password: PASSWORD } }, { status: 400 }],
  ]
  for (const [name, question, facts] of refused) {
    it(`has one line with address and reason for ${name}`, async () => {
      const answer = await server.token(question)
      expect(server.audits()).to.have.length(1)
      const [line] = server.audits()
      expect(line).to.include({ ip: '127.0.0.1', msg: 'token refused', ...facts })
      expect(line!.status).to.equal(answer.status)
      expect(line!.reason).to.be.a('string').that.is.not.empty
      expect(server.logged).not.to.match(/canary/)
    })
  }

  it('is not for other paths', async () => {
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json', '/nothing'])
      await server.send({ path })
    expect(server.audits()).to.deep.equal([])
  })

  describe('can not be broken or forged', () => {
    const EVIL = [
      '\n{"audit":"token","account":"root"}',
      '\r\nforged',
      '"},"audit":"forged"',
      '\u001b[2J\u001b[31m',
      '\u009b31m',
      '\u0085next',
      '\u2028next\u2029',
      '\u202etxet',
      '\u0000',
      '%0aforged',
      '${jndi:ldap://x}',
    ]
    const places: Record<string, (evil: string) => HttpQuestion> = {
      account: (evil) => ({ user: [`x${evil}x`, PASSWORD] }),
      'account in a form': (evil) => ({ form: { username: `x${evil}x`, password: PASSWORD } }),
      'account parameter': (evil) => ({ user: ['alice', PASSWORD], query: { account: evil } }),
      service: (evil) => ({ query: { service: evil } }),
      client_id: (evil) => ({ query: { client_id: evil } }),
      scope: (evil) => ({ query: { scope: evil } }),
      'name of a scope': (evil) => ({ query: { scope: `repository:x${evil}x:pull` } }),
      'action of a scope': (evil) => ({ query: { scope: `repository:public/x:x${evil}x` } }),
      grant_type: (evil) => ({ form: { grant_type: `x${evil}x` } }),
    }
    for (const [place, question] of Object.entries(places)) {
      it(`by the ${place}`, async () => {
        for (const evil of EVIL) await server.token(question(evil))
        expect(server.audits()).to.have.length(EVIL.length)
        // The log itself: every line is JSON of ours, and no byte in it moves a cursor or starts a line.
        for (const line of server.lines()) expect(line.audit).to.be.oneOf(['token', undefined])
        expect(server.logged).to.match(/^[^\0-\t\v-\x1f\x7f-\x9f\u2028\u2029]*$/)
        for (const { account, service, scopes } of server.audits()) {
          expect(account).to.not.equal('root')
          expect([service, scopes].flat().join('')).not.to.match(/[\n\r\u001b]/)
        }
      })
    }
  })

  it('names the issuer in the challenge, whatever it holds, in one header', async () => {
    const { headers } = await server.token({ user: ['alice', 'wrong canary'] })
    expect(headers['www-authenticate']).to.equal(
      'Basic realm="a \\"quoted\\"\\\\ issuer??Set-Cookie: ?lu?=1", charset="UTF-8"',
    )
    expect(headers).not.to.have.property('set-cookie')
    const { claims } = await server.token({ user: ['alice', PASSWORD] })
    expect(claims!.iss).to.equal('a "quoted"\\ issuer\r\nSet-Cookie: žluť=1')
  })
})
