// One proof a request: a form that says who the user is, and a Basic header beside it, which is the OAuth client's. And what two
// programs on the way could read differently.
import { expect } from 'chai'
import { basic, type HttpQuestion } from '../support/http-question.ts'
import { JwtIssuer } from '../support/jwt-issuer.ts'
import { scripted } from '../support/plugins/index.ts'
import { openRaw } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const ALICE = 'canary of alice'
const BOB = 'canary of bob'
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

describe('two proofs in one request', () => {
  let server: TestInstance
  let issuer: JwtIssuer
  let refreshToken: string

  before(async () => {
    issuer = await JwtIssuer.start()
    const users = { '': {}, alice: { password: '!env ALICE' }, bob: { password: '!env BOB' } }
    server = await startTestServer({
      config: {
        authenticators: [
          scripted.authenticator('witness', { answer: { outcome: 'pass' } }),
          { plugin: 'jwt', options: { issuers: [{ issuer: issuer.url, audience: 'r' }] } },
          { plugin: 'static', options: { users } },
        ],
        authorizers: [],
      },
      env: { ALICE, BOB },
    })
    const query = { service: 'r', offline_token: 'true' }
    refreshToken = (await server.token({ user: ['alice', ALICE], query })).json.refresh_token
  })

  after(async () => {
    await server.stop()
    await issuer.stop()
  })

  const alice = { username: 'alice', password: ALICE }
  const wrong = { username: 'alice', password: 'wrong canary' }
  const bob = ['bob', BOB] as const
  const program = ['a-program', 'its canary'] as const
  const refreshing = () => ({ grant_type: 'refresh_token', refresh_token: refreshToken, service: 'r' })
  const exchanging = async () => ({
    grant_type: GRANT,
    subject_token: await issuer.token({ sub: 'builder', aud: 'r' }),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    service: 'r',
  })

  const asked = () =>
    server
      .lines()
      .filter(({ msg, id }) => msg === 'asked' && id === 'witness')
      .map(({ account }) => account)

  type Question = HttpQuestion | (() => HttpQuestion | Promise<HttpQuestion>)
  const answered: [string, Question, number, object][] = [
    [
      'a form names the user, and Basic the program',
      { user: bob, form: alice },
      200,
      { account: 'alice', client: 'bob' },
    ],
    [
      'the form is asked about, not Basic',
      { user: bob, form: wrong },
      401,
      { account: 'alice', client: 'bob' },
    ],
    [
      'the program is asked of nobody',
      { user: program, form: alice },
      200,
      { account: 'alice', client: 'a-program' },
    ],
    [
      'also with a grant',
      { user: program, form: { ...alice, grant_type: 'password' } },
      200,
      { account: 'alice', client: 'a-program' },
    ],
    [
      'the program may be named twice',
      { user: program, form: { ...alice, client_id: 'a-program' } },
      200,
      { client: 'a-program' },
    ],
    [
      'the program may be encoded as in a form',
      { user: ['a+program%21', 'x'], form: { ...alice, client_id: 'a program!' } },
      200,
      { client: 'a program!' },
    ],
    [
      'the same name and password twice is one proof',
      { user: ['alice', ALICE], form: alice },
      200,
      { account: 'alice', client: 'alice' },
    ],
    [
      'an empty Basic names no program',
      { user: ['', ''], form: { ...alice, client_id: 'docker' } },
      200,
      { account: 'alice', client: 'docker' },
    ],
    [
      'a program without a name is none',
      { user: ['', 'canary'], form: alice },
      200,
      { account: 'alice', client: undefined },
    ],
    [
      'a form without a user leaves Basic the user',
      { user: bob, form: { grant_type: 'password', service: 'r', client_id: 'curl' } },
      200,
      { account: 'bob', client: 'curl' },
    ],
    [
      'also without a grant',
      { user: bob, form: { service: 'r' } },
      200,
      { account: 'bob', client: undefined },
    ],
    [
      'also with a name and password that are left empty',
      { user: bob, form: { username: '', password: '' } },
      200,
      { account: 'bob' },
    ],
    [
      'Basic of a GET is the user',
      { user: bob, query: { client_id: 'docker' } },
      200,
      { account: 'bob', client: 'docker' },
    ],
    [
      'a refresh token in a form is the proof',
      () => ({ user: program, form: refreshing() }),
      200,
      { account: 'alice', client: 'a-program' },
    ],
    [
      'also beside another user',
      () => ({ user: bob, form: refreshing() }),
      200,
      { account: 'alice', client: 'bob' },
    ],
    [
      'a token for exchange is the proof',
      async () => ({ user: bob, form: await exchanging() }),
      200,
      { account: 'builder', client: 'bob' },
    ],
  ]
  for (const [name, question, status, facts] of answered) {
    it(name, async () => {
      const before = asked().length
      const answer = await server.token(typeof question === 'function' ? await question() : question)
      expect(answer.status, answer.text).to.equal(status)
      expect(server.audits().at(-1)).to.include({ status })
      for (const [key, value] of Object.entries(facts))
        expect(server.audits().at(-1)![key], key).to.equal(value)
      const { account, grant } = server.audits().at(-1)!
      expect(asked().slice(before)).to.deep.equal(grant === 'password' ? [account] : [])
    })
  }

  const refused: [string, Question, number, RegExp][] = [
    [
      'a client_id that Basic does not say',
      { user: program, form: { ...alice, client_id: 'docker' } },
      400,
      /client_id is not the user name/,
    ],
    [
      'such a client_id in the URL',
      { user: program, form: alice, query: { client_id: 'docker' } },
      400,
      /client_id/,
    ],
    [
      'such a client_id beside a good one',
      { user: program, form: { ...alice, client_id: ['a-program', 'docker'] } },
      400,
      /client_id/,
    ],
    [
      'such a client_id beside a refresh token',
      () => ({ user: program, form: { ...refreshing(), client_id: 'docker' } }),
      400,
      /client_id/,
    ],
    [
      'two passwords of one name',
      { user: ['alice', 'wrong canary'], form: alice },
      400,
      /two passwords for one user name/,
    ],
    [
      'two passwords of one name, the form wrong',
      { user: ['alice', ALICE], form: wrong },
      400,
      /two passwords/,
    ],
    [
      'a user in the form without a password',
      { user: ['alice', ALICE], form: { username: 'alice' } },
      400,
      /both username and password/,
    ],
    [
      'a password in the form without a user',
      { user: bob, form: { password: ALICE } },
      400,
      /both username and password/,
    ],
    [
      'a user and a refresh token in one form',
      () => ({ form: { ...refreshing(), ...alice } }),
      400,
      /username needs grant_type=password/,
    ],
    [
      'a refresh token in a password grant',
      () => ({ form: { ...alice, refresh_token: refreshToken } }),
      400,
      /refresh_token needs/,
    ],
    [
      'a refresh token without its grant beside Basic',
      () => ({ user: bob, form: { refresh_token: refreshToken } }),
      400,
      /refresh_token needs/,
    ],
    [
      'a refresh token in the grant of Basic',
      () => ({ user: bob, form: { grant_type: 'password', refresh_token: refreshToken } }),
      400,
      /refresh_token needs/,
    ],
    [
      'a user beside a token for exchange',
      async () => ({ form: { ...(await exchanging()), ...alice } }),
      400,
      /username needs/,
    ],
    [
      'what is no Basic beside a form',
      { headers: { authorization: 'Bearer canary' }, form: alice },
      401,
      /not Basic/,
    ],
    ['an empty header beside a form', { headers: { authorization: '' }, form: alice }, 401, /is empty/],
    [
      'a program that no name can be',
      { user: ['a\u202eb', 'x'], form: alice },
      401,
      /the user name has U\+202E/,
    ],
  ]
  for (const [name, question, status, message] of refused) {
    it(`is refused with ${status}: ${name}`, async () => {
      const before = asked()
      const answer = await server.token(typeof question === 'function' ? await question() : question)
      expect(answer.status, answer.text).to.equal(status)
      expect(answer.json.errors[0].message).to.match(message)
      expect(server.audits().at(-1)).to.include({ status, msg: 'token refused' })
      expect(asked()).to.deep.equal(before)
    })
  }
})

describe('headers that count once', () => {
  let server: TestInstance

  before(async () => {
    const users = { '': {}, alice: { password: '!env ALICE' }, bob: { password: '!env BOB' } }
    server = await startTestServer({
      config: { authenticators: [{ plugin: 'static', options: { users } }], authorizers: [] },
      env: { ALICE, BOB },
    })
  })
  after(() => server.stop())

  async function ask(head: string, body = ''): Promise<{ status: number; body: string }> {
    using connection = await openRaw(server.port)
    connection.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n${body}`)
    return (await connection.answers(1))[0]!
  }
  const proof = (name: string, password: string) => `Authorization: ${basic(name, password)}`
  const FORM = 'Content-Type: application/x-www-form-urlencoded'
  const form = `username=alice&password=${encodeURIComponent(ALICE)}`

  const refused: [string, string, string?][] = [
    [
      'two Authorization headers',
      `GET /auth HTTP/1.1\nHost: x\n${proof('alice', ALICE)}\n${proof('bob', BOB)}`,
    ],
    [
      'the same Authorization header twice',
      `GET /auth HTTP/1.1\nHost: x\n${proof('bob', BOB)}\n${proof('bob', BOB)}`,
    ],
    [
      'an empty Authorization header before one',
      `GET /auth HTTP/1.1\nHost: x\nAuthorization:\n${proof('bob', BOB)}`,
    ],
    [
      'two Authorization headers in other letters',
      `GET /auth HTTP/1.1\nHost: x\nAUTHORIZATION: x\n${proof('bob', BOB)}`,
    ],
    [
      'two Authorization headers beside a form',
      `POST /auth HTTP/1.1\nHost: x\n${FORM}\nContent-Length: ${form.length}\n${proof('bob', BOB)}\n${proof('bob', BOB)}`,
      form,
    ],
    [
      'two types of a body',
      `POST /auth HTTP/1.1\nHost: x\n${FORM}\nContent-Type: text/plain\nContent-Length: ${form.length}`,
      form,
    ],
    ['two Hosts', 'GET /auth HTTP/1.1\nHost: x\nHost: y'],
    ['the same Host twice', 'GET /auth HTTP/1.1\nHost: x\nHost: x'],
    ['an empty Host and another one', 'GET /auth HTTP/1.0\nHost:\nHost: x'],
    ['a Host that is none', 'GET /auth HTTP/1.1\nHost: a b'],
    ['a Host with a user', 'GET /auth HTTP/1.1\nHost: u@x'],
    ['a Host that is none beside a URL with one', 'GET http://x/auth HTTP/1.1\nHost: a/b'],
    ['no Host beside a URL with one', 'GET http://x/auth HTTP/1.1\nX: y'],
    ['no Host', 'GET /auth HTTP/1.1\nX: y'],
    ['a URL of another scheme', 'GET ftp://x/auth HTTP/1.1\nHost: x'],
    ['a URL of another scheme, without a path', 'GET htt://auth?scope=a HTTP/1.1\nHost: x'],
    ['a URL of another scheme, without anything', 'GET htt:// HTTP/1.1\nHost: x'],
  ]
  for (const [name, head, body] of refused) {
    it(`are refused with 400: ${name}`, async () => {
      const answer = await ask(head, body)
      expect(answer.status).to.equal(400)
      expect(JSON.parse(answer.body).errors[0].code).to.equal('INVALID_REQUEST')
      expect(server.audits().at(-1))
        .to.include({ status: 400 })
        .and.not.to.have.any.keys('account', 'service')
    })
    if (!body) {
      for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json', '/', '/nothing']) {
        it(`are refused with 400 at ${path}: ${name}`, async () => {
          expect((await ask(head.replace('/auth', path))).status).to.equal(400)
        })
      }
    }
  }

  for (const head of [
    'GET /auth HTTP/1.1\nHost:',
    'GET /auth HTTP/1.0\nX: y',
    'GET /auth HTTP/1.0\nHost:',
    'GET http://other:81/auth HTTP/1.1\nHost: x',
    'GET http://other/auth HTTP/1.0\nX: y',
    'GET http://other/auth HTTP/1.1\nHost:',
    'GET /auth HTTP/1.1\nHost: x:\nCookie: a=b\nCookie: c=d',
    'GET /auth HTTP/1.1\nHost: [::1]:5001',
  ]) {
    it(`are good: ${head.replaceAll('\n', ', ')}`, async () => {
      expect((await ask(head)).status).to.equal(200)
    })
  }
})
