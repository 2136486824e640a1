// Who meant to be somebody never becomes nobody: what shows who somebody is, where it does not count, is refused; and nothing of
// a refused URL is answered or logged. Anonymous clients are let in here, so that each mistake would be an answer of 200.
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { createSecretToken } from '../../core/token/secret-token.ts'
import { basic, type HttpQuestion } from '../support/http-question.ts'
import { exchange, openRaw } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of somebody'
const FORM = 'application/x-www-form-urlencoded'
const FIELDS = 'username=alice&password=canary-of-a-form&service=registry'
const TOKEN = createSecretToken('personal').secret.reveal()

describe('who meant to be somebody', () => {
  let server: TestInstance

  before(async () => {
    const users = { '': {}, alice: { password: '!env ALICE' } }
    server = await startTestServer({
      config: { authenticators: [{ plugin: 'static', options: { users } }], authorizers: [] },
      env: { ALICE: PASSWORD },
    })
  })

  after(() => server.stop())

  let began = 0
  beforeEach(() => {
    began = server.logged.length
  })

  /** Refused, in one audit line that has nothing of what came. */
  function expectRefused(status: number, message: RegExp, answer: { status: number; text: string }) {
    expect(answer.status, answer.text).to.equal(status)
    expect(server.audits().at(-1)).to.include({ status, msg: 'token refused', ip: '127.0.0.1' })
    expect(JSON.parse(answer.text).errors[0].message).to.match(message)
    expect(answer.text + server.logged.slice(began)).not.to.match(/canary|dw[prb]_\w/)
  }

  describe('by a body that can not be read', () => {
    const post = (body: string | Buffer, headers: Record<string, string> = {}): HttpQuestion => ({
      method: 'POST',
      path: '/auth',
      body,
      headers: { 'content-type': FORM, ...headers },
    })
    const type = (value: string) => post(FIELDS, { 'content-type': value })
    const coded = (value: string) => post(gzipSync(FIELDS), { 'content-encoding': value })
    const cases: [string, number, RegExp, HttpQuestion][] = [
      ['gzip', 415, /Content-Encoding "gzip"; send it as it is/, coded('gzip')],
      ['gzip in capitals', 415, /Content-Encoding/, coded('GZIP')],
      ['identity and more', 415, /Content-Encoding/, coded('identity, br')],
      ['an encoding that is none', 415, /Content-Encoding/, post(FIELDS, { 'content-encoding': 'deflate' })],
      ['gzip without saying so', 400, /not UTF-8/, post(gzipSync(FIELDS))],
      [
        'a Transfer-Encoding of its own',
        415,
        /Transfer-Encoding "gzip, chunked"/,
        post('x', { 'transfer-encoding': 'gzip, chunked' }),
      ],
      ['ISO 8859-1', 415, /charset "iso-8859-1"; use UTF-8/, type(`${FORM}; charset=iso-8859-1`)],
      ['UTF-16, quoted', 415, /charset/, type(`${FORM}; charset="UTF-16LE"`)],
      [
        'JSON',
        400,
        /must be a form/,
        post('{"username":"alice","password":"canary"}', { 'content-type': 'application/json' }),
      ],
      ['multipart', 400, /must be a form/, type('multipart/form-data; boundary=x')],
      ['plain text', 400, /must be a form/, type('text/plain')],
      ['a type that is none', 400, /must be a form/, type('form')],
      ['an empty type', 400, /must be a form/, type('')],
      ['a cut percent-encoding', 400, /percent-encoding/, post(`${FIELDS}%`)],
      ['a bad percent-encoding', 400, /percent-encoding/, post(`${FIELDS}&x=%zz`)],
      ['encoded bytes that are no UTF-8', 400, /UTF-8/, post('username=alice&password=%e9')],
      ['a cut UTF-8 sequence', 400, /UTF-8/, post('password=%c5&x=%be')],
      ['bytes that are no UTF-8', 400, /UTF-8/, post(Buffer.from('username=al\xefce&password=x', 'latin1'))],
      ['UTF-16', 400, /UTF-8|both/, post(Buffer.from('\ufeffusername=alice&password=canary', 'utf16le'))],
      [
        'semicolons between its parameters',
        400,
        /semicolon/,
        post('service=r;username=alice;password=canary'),
      ],
      ['its name and no password', 400, /both/, post('username=alice')],
      ['capitals', 400, /username, which no grant reads/, post('Username=alice&Password=canary')],
      ['names of its own', 400, /password, which/, post('user%5Bname%5D=&pass-word=canary')],
      ['an assertion', 400, /client_assertion/, post('client_assertion=canary&client_id=x')],
      ['a code', 400, /code/, post('code=canary')],
      ['the secret of a program', 400, /client_secret/, post('client_id=x&client_secret=canary')],
      ['words of other servers', 400, /passwd, which/, post('login=alice&passwd=canary')],
      ['a token of others', 400, /token, which/, post('token=canary')],
      [
        'JSON that is called a form',
        400,
        /no form, though it says so/,
        post('{"username":"alice","password":"canary"}'),
      ],
      ['lines that are called a form', 400, /no form/, post('username: alice\npassword: canary')],
      [
        'multipart that is called a form',
        400,
        /no form/,
        post('--x\r\nContent-Disposition: form-data\r\n\r\ncanary\r\n--x--'),
      ],
      ['spaces between its parameters', 400, /no form/, post('service=r&the key=canary')],
      ['a token under another name', 400, /a token of this server/, post(`secret=${TOKEN}`)],
      ['an empty Basic beside it', 400, /password, which/, { ...post('Password=canary'), user: ['', ''] }],
      [
        'a GET',
        400,
        /a GET has no body; send a form with POST/,
        { ...post(FIELDS, { 'content-length': `${FIELDS.length}` }), method: 'GET' },
      ],
      [
        'a GET in chunks',
        400,
        /no body/,
        { ...post(FIELDS, { 'transfer-encoding': 'chunked' }), method: 'GET' },
      ],
    ]
    for (const [name, status, message, question] of cases) {
      it(`is refused with ${status}: ${name}`, async () => {
        expectRefused(status, message, await server.send(question))
      })
    }

    const good: [string, Record<string, string>][] = [
      ['identity', { 'content-encoding': 'identity' }],
      ['Identity, twice', { 'content-encoding': 'Identity, identity' }],
      ['an empty Content-Encoding', { 'content-encoding': '' }],
      ['charset=UTF-8', { 'content-type': `${FORM}; charset=UTF-8` }],
      ['a quoted charset', { 'content-type': `${FORM};charset="utf-8"` }],
    ]
    for (const [name, headers] of good) {
      it(`is somebody with ${name}`, async () => {
        const answer = await server.token({ form: { username: 'alice', password: PASSWORD }, headers })
        expect(answer.claims?.sub).to.equal('alice')
      })
    }

    it('is nobody without a body, in chunks or not', async () => {
      const chunked = { 'transfer-encoding': 'chunked' }
      for (const question of [
        {},
        { headers: chunked },
        { method: 'POST' },
        { method: 'POST', headers: chunked },
      ])
        expect((await server.token(question)).claims?.sub).to.equal('')
    })
  })

  describe('by what stands in the URL', () => {
    const inUrl = /must not stand in the URL, which others log; send it in a form/
    const urls: [string, string][] = [
      ...[
        'username',
        'password',
        'refresh_token',
        'access_token',
        'id_token',
        'subject_token',
        'actor_token',
        'client_secret',
        'assertion',
        'client_assertion',
        'code',
        'pass',
        'secret',
        'apiKey',
        'Authorization',
        'Password',
        'USERNAME',
        'refreshToken',
        'pass%77ord',
        '+password',
        'password%5B%5D',
      ].map((name): [string, string] => [name, `/auth?service=canary&${name}=canary`]),
      ['an empty password', '/auth?password='],
      ['a password without a value', '/auth?password'],
      ['a token as a parameter', `/auth?token=${TOKEN}`],
      ['a token as a name', `/auth?${TOKEN}`],
      ['a token with escapes', `/auth?t=${TOKEN.replace('_', '%5f')}`],
      ['a token in a scope', `/auth?scope=repository:${TOKEN}/x:pull`],
      ['a token as the service', `/auth?service=x%20${TOKEN}`],
      ['a token that is cut', `/auth?token=${TOKEN.slice(0, 20)}`],
      ['what begins like a token', '/auth?token=dwr_x'],
      ['a token of another kind', `/auth?x=${createSecretToken('refresh').secret.reveal()}`],
      ['the token of a browser', `/auth?x=${createSecretToken('browser').secret.reveal()}`],
    ]
    for (const [name, path] of urls) {
      it(`is refused with 400 and the reason, on GET and POST: ${name}`, async () => {
        const answers = [
          await server.send({ path }),
          await server.send({ path, user: ['alice', PASSWORD] }),
          await server.send({ path, method: 'POST' }),
          await server.send({ path, form: { username: 'alice', password: PASSWORD } }),
        ]
        for (const answer of answers) expectRefused(400, inUrl, answer)
        for (const { account, client, service, scopes } of server.audits().slice(-4))
          expect([account, client, service, scopes]).to.deep.equal([
            undefined,
            undefined,
            undefined,
            undefined,
          ])
      })
    }

    const anywhere: [string, string, RegExp][] = [
      ['a token as the path', `/${TOKEN}`, inUrl],
      ['a token behind the path', `/auth/${TOKEN}`, inUrl],
      ['a token at the health check', `/healthz?t=${TOKEN}`, inUrl],
      ['a user name before the host', 'http://alice:canary@localhost/auth', inUrl],
      ['a user name before the host of the health check', 'http://alice@localhost/healthz', inUrl],
      ['a fragment', '/auth#password=canary', /fragment/],
      ['bad encoding', '/auth?pass%zzword=canary', /percent-encoding/],
      ['bytes that are no UTF-8', '/auth?p\xe4ssword=canary', /UTF-8|HTTP/],
      ['semicolons', '/auth?service=r;password=canary', /semicolon/],
    ]
    for (const [name, target, message] of anywhere) {
      it(`is refused with 400 at every path: ${name}`, async () => {
        const [answer] = await exchange(
          server.port,
          `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        )
        expect(answer!.status).to.equal(400)
        expect(JSON.parse(answer!.body).errors[0].message).to.match(message)
        expect(answer!.body + server.logged.slice(began)).not.to.match(/canary|alice|dw[prb]_\w/)
      })
    }

    it('is no reason to refuse names that begin like a token', async () => {
      const query = { scope: 'repository:dwp_tools/app:pull', service: 'dwr_registry', account: 'dwp_bot' }
      expect((await server.token({ query })).status).to.equal(200)
    })
  })

  describe('by a header', () => {
    for (const value of ['', 'Bearer canary', 'Basic', `Basic ${btoa('alice')}`, 'Negotiate canary']) {
      it(`is refused with 401: ${JSON.stringify(value)}`, async () => {
        using connection = await openRaw(server.port)
        connection.write(`GET /auth HTTP/1.1\r\nHost: x\r\nAuthorization: ${value}\r\n\r\n`)
        const [answer] = await connection.answers(1)
        expectRefused(401, /Authorization header|no colon/, { ...answer!, text: answer!.body })
      })
    }

    it('that is not for this server is nobody: one for a proxy, or a cookie', async () => {
      const headers = {
        'proxy-authorization': basic('alice', 'canary'),
        cookie: `dockwarden-browser=${TOKEN}`,
      }
      expect((await server.token({ headers })).claims?.sub).to.equal('')
      expect(server.logged.slice(began)).not.to.match(/canary|dw[prb]_\w/)
    })
  })
})
