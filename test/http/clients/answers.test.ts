// What the clients' sequences rely on in the server's answers, beside the tokens themselves.
import { expect } from 'chai'
import type { HttpQuestion } from '../../support/http-question.ts'
import type { TestInstance } from '../../support/server.ts'
import { ALICE, SERVICE, startTokenServer, type TokenServer, WRONG } from './token-server.ts'

const BASIC = [ALICE.user, ALICE.password] as const
const FORM = { grant_type: 'password', service: SERVICE, client_id: 'x', username: ALICE.user }

describe('an answer to a registry client', () => {
  let server: TokenServer
  let instance: TestInstance
  before(async () => {
    server = await startTokenServer()
    ;({ instance } = server)
  })
  after(() => server.stop())

  // Each asks for something else: a token that is handed out again has what is left of its lifetime.
  const ways: [string, HttpQuestion][] = [
    ['GET', { user: BASIC, query: { service: SERVICE, scope: 'repository:alice/got:pull,push' } }],
    ['POST', { form: { ...FORM, password: ALICE.password, scope: 'repository:alice/posted:pull,push' } }],
  ]
  for (const [method, question] of ways) {
    it(`to ${method} has both names of the token, and its lifetime`, async () => {
      const { json, claims } = await instance.token(question)
      expect(json.token).to.equal(json.access_token)
      expect(json.expires_in).to.equal(900)
      expect(new Date(json.issued_at).getTime() / 1000).to.equal(claims!.iat! + 10)
      expect(json).not.to.have.property('refresh_token')
    })
  }

  it('says in `scope` what was granted of what was asked', async () => {
    const asked = ['repository:public/base:pull,push', 'repository:zoe/app:pull']
    const { status, json } = await instance.token({ user: BASIC, query: { service: SERVICE, scope: asked } })
    expect(status).to.equal(200)
    expect(json.scope).to.equal('repository:public/base:pull')
  })

  it('is a token for nothing when the scope is there, but empty', async () => {
    for (const question of [
      { user: BASIC, query: { scope: '' } },
      { form: { ...FORM, password: ALICE.password, scope: '' } },
    ]) {
      const { status, access } = await instance.token(question)
      expect(status).to.equal(200)
      expect(access).to.deep.equal([])
    }
  })

  it('takes repeated scope fields of a form as well as joined ones', async () => {
    const scopes = ['repository:alice/a:pull repository:alice/b:pull', 'repository:alice/c:push']
    const { access } = await instance.token({ form: { ...FORM, password: ALICE.password, scope: scopes } })
    expect(access).to.deep.equal([
      'repository:alice/a:pull',
      'repository:alice/b:pull',
      'repository:alice/c:push',
    ])
  })

  it('is 401 with a challenge for a wrong password, in a form too: on 400 BuildKit would not fall back', async () => {
    for (const question of [
      { user: [WRONG.user, WRONG.password] as const },
      { form: { ...FORM, password: WRONG.password } },
    ]) {
      const { status, headers, json } = await instance.token(question)
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.equal('Basic realm="Auth Service", charset="UTF-8"')
      expect(json.errors).to.have.length(1)
      expect(json.errors[0].code).to.equal('UNAUTHORIZED')
      if ('form' in question) {
        expect(json).to.include({ error: 'invalid_grant' }).and.to.have.property('error_description')
      }
    }
  })

  const text = 'canary of any text'
  const noTokens: [string, HttpQuestion, number][] = [
    ['with the user name <token>', { user: ['<token>', text] }, 401],
    ['with an empty user name', { user: ['', text] }, 401],
    ['with <token> repeated as account', { user: ['<token>', text], query: { account: '<token>' } }, 401],
    ['with <token> in a form', { form: { ...FORM, username: '<token>', password: text } }, 400],
    ['in a form', { form: { grant_type: 'refresh_token', refresh_token: text, service: SERVICE } }, 400],
  ]
  for (const [name, question, expected] of noTokens) {
    it(`is ${expected} for any text as identity token ${name}`, async () => {
      const { status, json, claims } = await instance.token(question)
      expect(status).to.equal(expected)
      expect(claims).to.equal(undefined)
      if (question.form) expect(json.error).to.equal('invalid_grant')
    })
  }
})
