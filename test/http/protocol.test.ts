// The token endpoint's protocol: methods and paths, parameters in query and form, and how what is malformed is refused.
import { expect } from 'chai'
import type { HttpQuestion } from '../support/http-question.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the protocol'

describe('the token endpoint', () => {
  let server: TestInstance

  before(async () => {
    const users = { '': {}, alice: { password: '!env ALICE' } }
    server = await startTestServer({
      config: {
        authenticators: [{ plugin: 'static', options: { users } }],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { ALICE: PASSWORD },
    })
  })

  after(() => server.stop())

  const alice = ['alice', PASSWORD] as const
  const scope = 'repository:alice/app:pull'

  describe('paths and methods', () => {
    for (const path of ['/auth', '/auth/token', '/token', '/auth/', '/auth/token/', '/token/']) {
      it(`issues tokens at ${path}, for GET and POST`, async () => {
        const got = await server.token({ path, user: alice, query: { scope } })
        const posted = await server.token({ path, form: { username: 'alice', password: PASSWORD, scope } })
        expect([got.access, posted.access]).to.deep.equal([[scope], [scope]])
      })

      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        it(`answers 405 to ${method} ${path} and says what is allowed`, async () => {
          const answer = await server.send({ method, path })
          expect(answer.status).to.equal(405)
          expect(String(answer.headers.allow).split(', ').sort()).to.deep.equal(['GET', 'HEAD', 'POST'])
          expect(answer.json.errors[0].code).to.equal('UNSUPPORTED')
        })
      }
    }

    it('answers HEAD as GET, without a body', async () => {
      const answer = await server.send({ method: 'HEAD', path: '/auth', user: ['alice', 'not the canary'] })
      expect(answer.status).to.equal(401)
      expect(answer.headers['www-authenticate']).to.match(/^Basic realm=/)
      expect(answer.text).to.equal('')
    })

    it('answers 405 to POST where only GET is', async () => {
      const answer = await server.send({ method: 'POST', path: '/.well-known/jwks.json' })
      expect(answer.status).to.equal(405)
      expect(answer.headers.allow).to.equal('HEAD, GET')
    })

    for (const path of [
      '/AUTH',
      '/nothing',
      '/auth/nothing',
      '/auth%2Ftoken',
      '/v2/',
      '/constructor',
      '/__proto__',
    ]) {
      it(`answers 404 in JSON at ${path}`, async () => {
        const answer = await server.send({ path })
        expect(answer.status).to.equal(404)
        expect(answer.json.errors[0].code).to.equal('NOT_FOUND')
      })
    }

    for (const path of ['/%', '/%zz', '/auth%ff', '/%c0%af']) {
      it(`answers 400 in JSON to the badly encoded path ${path}`, async () => {
        const answer = await server.send({ path })
        expect(answer.status).to.equal(400)
        expect(answer.json.errors[0].message).to.contain('percent-encoding')
      })
    }
  })

  describe('the account parameter', () => {
    const cases: [string, HttpQuestion, number, string?][] = [
      ['may repeat the user name', { user: alice, query: { account: 'alice' } }, 200, 'alice'],
      ['may be empty', { user: alice, query: { account: '' } }, 200, 'alice'],
      ['must be no other name', { user: alice, query: { account: 'bob' } }, 400],
      [
        'must be no other name in a form',
        { form: { username: 'alice', password: PASSWORD, account: 'bob' } },
        400,
      ],
      ['is ignored without credentials', { query: { account: 'alice' } }, 200, ''],
      ['is ignored in a form without credentials', { form: { account: 'alice' } }, 200, ''],
    ]
    for (const [name, question, status, account] of cases) {
      it(name, async () => {
        const answer = await server.token(question)
        expect(answer.status).to.equal(status)
        expect(answer.claims?.sub).to.equal(account)
      })
    }
  })

  describe('a form', () => {
    const cases: [string, HttpQuestion, number, string?][] = [
      [
        'without grant_type but with name and password is a password grant',
        { form: { username: 'alice', password: PASSWORD } },
        200,
      ],
      [
        'with grant_type and without a name',
        { form: { grant_type: 'password', password: PASSWORD } },
        400,
        'invalid_request',
      ],
      [
        'with grant_type and without a password',
        { form: { grant_type: 'password', username: 'alice' } },
        400,
        'invalid_request',
      ],
      ['with a name alone is not anonymous', { form: { username: 'alice' } }, 400, 'invalid_request'],
      ['with a password alone is not anonymous', { form: { password: PASSWORD } }, 400, 'invalid_request'],
      [
        'with another grant_type',
        { form: { grant_type: 'client_credentials' } },
        400,
        'unsupported_grant_type',
      ],
      [
        'with its grant_type in the query',
        { query: { grant_type: 'password' }, form: { username: 'alice', password: PASSWORD } },
        400,
        'invalid_request',
      ],
      ['with a malformed scope', { form: { scope: 'repository' } }, 400, 'invalid_scope'],
      [
        'with a malformed scope beside a good one',
        { form: { scope: 'repository:a:pull profile' } },
        400,
        'invalid_scope',
      ],
      ['with the scopes of a sign-in', { form: { scope: 'openid offline_access' } }, 200],
    ]
    for (const [name, question, status, error] of cases) {
      it(`${name}: ${status}${error ? ` ${error}` : ''}`, async () => {
        const answer = await server.token(question)
        expect(answer.status).to.equal(status)
        expect(answer.json.error).to.equal(error)
        if (error) expect(answer.json.error_description).to.match(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
      })
    }
  })

  describe('service, client_id and scope', () => {
    const malformed: [string, Record<string, string>][] = [
      ['a service of 257 characters', { service: 'x'.repeat(257) }],
      ['a service with a line break', { service: 'a\nb' }],
      ['a client_id with an escape sequence', { client_id: 'a\u001b[2Jb' }],
      ['a scope without actions', { scope: 'repository:alice/app' }],
      ['a scope with a line break in its name', { scope: 'repository:a\nb:pull' }],
      ['a scope with a bad type', { scope: 'Repository:alice/app:pull' }],
    ]
    for (const [name, query] of malformed) {
      it(`are refused with 400 and a sentence: ${name}`, async () => {
        const answer = await server.token({ user: alice, query })
        expect(answer.status).to.equal(400)
        expect(answer.json.errors[0]).to.include({ code: 'INVALID_REQUEST' })
        expect(answer.json).not.to.have.property('error')
      })
    }
  })
})
