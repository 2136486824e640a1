// Paths at which nothing is: what clients, operators and people in a browser are told.
import { expect } from 'chai'
import { OWNERS, SIGNING_IN, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const CAUSE = 'a token was asked for at a path that makes none'
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

function start(path_prefix = '', more: object[] = []): Promise<TestInstance> {
  return startTestServer({
    config: {
      server: { path_prefix },
      authenticators: [scripted.authenticator('yes', { answer: { outcome: 'accept' } }), ...more],
      authorizers: [{ plugin: OWNERS }],
    },
  })
}
const refusals = (server: TestInstance) =>
  server
    .lines()
    .filter(({ msg }) => msg === 'refused before the token endpoint')
    .map(({ cause, hint }) => ({ cause, hint }))

describe('a path at which nothing is', () => {
  for (const [prefix, path, realm] of [
    ['', '/nothing', '/auth'],
    ['/registry', '/registry/nothing', '/registry/auth'],
    ['/registry', '/auth', '/registry/auth'],
    ['/my registry', '/', '/my%20registry/auth'],
  ] as const) {
    it(`says where tokens are: ${path}, with ${JSON.stringify(prefix)} before all`, async () => {
      await using server = await start(prefix)
      const { status, json, headers } = await server.send({ path })
      expect(status).to.equal(404)
      expect(json.errors[0].message).to.equal(`there is nothing at this path; tokens are at ${realm}`)
      expect(headers['content-type']).to.match(/^application\/json/)
      expect(refusals(server)).to.deep.equal([{ cause: '404', hint: undefined }])
    })
  }

  const query = { service: 'registry', scope: 'repository:canary/app:pull' }
  const questions: [string, object][] = [
    ['the first page', { path: '/tokens/', query }],
    ['another page', { path: '/tokens/oauth', query }],
    ['outside of the prefix', { path: '/auth', query }],
    ['only a service', { path: '/', query: { service: 'registry' } }],
    ['only a scope', { path: '/tokens/v2/', query: { scope: '' } }],
    ['a form', { path: '/tokens/', form: { grant_type: 'password', username: 'a', password: 'canary pw' } }],
    ['a form elsewhere', { path: '/', form: { ...query, grant_type: 'refresh_token' } }],
  ]
  for (const [name, question] of questions) {
    it(`at which a token is asked for is logged, with what to do: ${name}`, async () => {
      await using server = await start('/tokens')
      const { status, json } = await server.send(question)
      expect(status).to.equal(404)
      expect(json.errors[0].message).to.equal(
        "no tokens are made at this path; let the registry's realm end in /tokens/auth",
      )
      expect(refusals(server)).to.deep.equal([
        { cause: CAUSE, hint: "let the registry's realm end in /tokens/auth" },
      ])
      expect(server.logged).not.to.include('canary')
    })
  }

  it('is no trouble where tokens are made, or nobody asks for one', async () => {
    await using server = await start('/tokens')
    for (const path of ['/tokens/auth', '/tokens/auth/', '/tokens//token'])
      expect((await server.token({ path, user: ['alice', 'any'], query })).status).to.equal(200)
    for (const path of ['/tokens/', '/tokens/healthz'])
      expect((await server.send({ path, query: { state: 'x' } })).status).to.equal(200)
    expect(refusals(server)).to.deep.equal([])
  })

  describe('in a browser', () => {
    it('is a page', async () => {
      await using server = await start('/tokens')
      for (const path of ['/tokens/nothing', '/']) {
        const { status, text, headers } = await server.send({ path, headers: BROWSER })
        expect(status).to.equal(404)
        expect(headers['content-type']).to.equal('text/html; charset=utf-8')
        expect(headers['content-security-policy']).to.include("default-src 'none'")
        expect(headers.vary).to.include('Accept')
        expect(text).to.include('<h1>').and.not.include('class="button"')
      }
      expect(refusals(server).map(({ cause }) => cause)).to.deep.equal(['404'])
    })

    it('leads to the first page, where people sign in', async () => {
      const signIn = { plugin: SIGNING_IN, options: { provider: 'http://127.0.0.1:1' } }
      await using server = await start('/tokens', [signIn])
      const { text } = await server.send({ path: '/tokens/nothing', headers: BROWSER })
      expect(text).to.include('There is nothing here').and.include('href="/tokens/"')
    })

    it('is JSON for what is no browser, and at the token endpoint for everybody', async () => {
      await using server = await start()
      for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.1']) {
        const { headers } = await server.send({ path: '/nothing', headers: { accept } })
        expect(headers['content-type']).to.match(/^application\/json/)
      }
      const { headers } = await server.send({ path: '/auth', query: { scope: 'x' }, headers: BROWSER })
      expect(headers['content-type']).to.match(/^application\/json/)
    })
  })
})
