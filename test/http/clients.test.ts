// What real registry clients send to a token server, each as its own sequence of requests.
import { expect } from 'chai'
import type { Fields, HttpQuestion } from '../support/http-question.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'

const PASSWORD = 'canary of the clients'
const SERVICE = 'registry.example.com'

describe('registry clients', () => {
  let server: TestInstance

  before(async () => {
    server = await startTestServer({
      config: {
        token: { issuer: 'Auth Service' },
        authenticators: [
          { plugin: 'static', options: { users: { '': {}, alice: { password: '!env ALICE' } } } },
        ],
        authorizers: [{ plugin: OWNERS }],
      },
      env: { ALICE: PASSWORD },
    })
  })

  after(() => server.stop())

  const user = (password: string) => ['alice', password] as const

  /** containerd and BuildKit: POST first; these statuses of the answer are followed by a GET. */
  function postThenGet(fallback: readonly number[]) {
    return async (password: string, scopes: readonly string[]): Promise<TokenAnswer> => {
      const form = {
        grant_type: 'password',
        service: SERVICE,
        scope: scopes.join(' '),
        client_id: 'containerd-client',
        username: 'alice',
        password,
      }
      const posted = await server.token({ form })
      if (posted.status === 200) expect(posted.json).to.have.property('access_token').that.is.a('string')
      if (!fallback.includes(posted.status)) return posted
      return server.token({ user: user(password), query: { service: SERVICE, scope: scopes } })
    }
  }

  function get(more: Fields = {}) {
    return (password: string, scope: readonly string[]): Promise<TokenAnswer> =>
      server.token({ user: user(password), query: { ...more, service: SERVICE, scope } })
  }

  const CLIENTS = {
    docker: get({ account: 'alice', client_id: 'docker', offline_token: 'true' }),
    containerd: postThenGet([400, 401, 404, 405]),
    BuildKit: postThenGet([401, 404, 405]),
    crane: get(),
    'podman and skopeo': get({ account: 'alice' }),
    'oras and helm': get({ client_id: 'oras' }),
  }

  for (const [client, ask] of Object.entries(CLIENTS)) {
    describe(`the shape of ${client}`, () => {
      it('pushes with pull and push on its own repository', async () => {
        const answer = await ask(PASSWORD, ['repository:alice/app:pull,push'])
        expect(answer.status).to.equal(200)
        expect(answer.access).to.deep.equal(['repository:alice/app:pull,push'])
        expect(answer.claims).to.include({ iss: 'Auth Service', sub: 'alice', aud: SERVICE })
        expect(answer.json.token).to.equal(answer.json.access_token)
        expect(answer.json.expires_in).to.be.at.least(60)
        expect(new Date(answer.json.issued_at).getTime() / 1000).to.equal(answer.claims!.iat)
        expect(answer.json).not.to.have.property('refresh_token')
      })

      it('mounts from another repository with two scopes', async () => {
        const answer = await ask(PASSWORD, ['repository:alice/app:pull,push', 'repository:public/base:pull'])
        expect(answer.access).to.deep.equal(['repository:alice/app:pull,push', 'repository:public/base:pull'])
      })

      it('is given fewer actions, with 200, when only some are allowed', async () => {
        const answer = await ask(PASSWORD, ['repository:public/base:pull,push', 'repository:bob/app:pull'])
        expect(answer.status).to.equal(200)
        expect(answer.access).to.deep.equal(['repository:public/base:pull', 'repository:bob/app:'])
        expect(answer.json.scope).to.equal('repository:public/base:pull')
      })

      it('asks for `repo:pull` and `repo:pull,push` together and gets one entry', async () => {
        const answer = await ask(PASSWORD, ['repository:alice/app:pull', 'repository:alice/app:pull,push'])
        expect(answer.access).to.deep.equal(['repository:alice/app:pull,push'])
      })

      it('logs in without a scope, and with an empty one', async () => {
        for (const scopes of [[], ['']]) {
          const answer = await ask(PASSWORD, scopes)
          expect(answer.status).to.equal(200)
          expect(answer.access).to.deep.equal([])
        }
      })

      it('is told 401 in JSON, with a challenge, for a wrong password', async () => {
        const answer = await ask('not the canary of clients', ['repository:alice/app:pull'])
        expect(answer.status).to.equal(401)
        expect(answer.headers['www-authenticate']).to.equal('Basic realm="Auth Service", charset="UTF-8"')
        expect(answer.headers['content-type']).to.match(/^application\/json/)
        expect(answer.json.errors[0].code).to.equal('UNAUTHORIZED')
      })
    })
  }

  describe('the shape of a client without credentials', () => {
    it('may pull what anonymous users may, and nothing else', async () => {
      const query = { service: SERVICE, scope: ['repository:public/base:pull', 'repository:alice/app:pull'] }
      const answer = await server.token({ query })
      expect(answer.access).to.deep.equal(['repository:public/base:pull', 'repository:alice/app:'])
      expect(answer.claims!.sub).to.equal('')
    })
  })

  describe('an answer to POST', () => {
    const form = { grant_type: 'password', service: SERVICE, username: 'alice', client_id: 'x' }

    it('says invalid_grant with 401 for a wrong password: on 400 BuildKit would not fall back', async () => {
      const answer = await server.token({ form: { ...form, password: 'not the canary of clients' } })
      expect(answer.status).to.equal(401)
      expect(answer.json).to.include({ error: 'invalid_grant' }).and.to.have.property('error_description')
      expect(answer.json.errors).to.be.an('array').of.length(1)
    })

    it('takes repeated scope fields as well as joined ones', async () => {
      const scope = ['repository:alice/a:pull repository:alice/b:pull', 'repository:alice/c:push']
      const answer = await server.token({ form: { ...form, password: PASSWORD, scope } })
      expect(answer.access).to.deep.equal([
        'repository:alice/a:pull',
        'repository:alice/b:pull',
        'repository:alice/c:push',
      ])
    })
  })

  describe('an identity token, which this server does not issue', () => {
    const cases: [string, HttpQuestion, number][] = [
      ['with the user name <token>', { user: ['<token>', PASSWORD] }, 401],
      ['with an empty user name', { user: ['', PASSWORD] }, 401],
      [
        'with <token> repeated as account',
        { user: ['<token>', PASSWORD], query: { account: '<token>' } },
        401,
      ],
      [
        'with <token> in a form',
        { form: { grant_type: 'password', username: '<token>', password: PASSWORD } },
        401,
      ],
      [
        'as a refresh token',
        { form: { grant_type: 'refresh_token', refresh_token: PASSWORD, service: SERVICE } },
        400,
      ],
    ]
    for (const [name, question, status] of cases) {
      it(`is answered ${status} ${name}`, async () => {
        const answer = await server.token(question)
        expect(answer.status).to.equal(status)
        expect(answer.claims).to.equal(undefined)
        if (status === 400) expect(answer.json.error).to.equal('unsupported_grant_type')
      })
    }
  })

  describe('the size of an answer', () => {
    it('stays under 128 KiB, where oras stops reading, for 100 scopes with long names', async () => {
      const names = Array.from(
        { length: 100 },
        (_, index) => `alice/${String(index).padStart(3, '0')}${'x'.repeat(246)}`,
      )
      const form = {
        grant_type: 'password',
        username: 'alice',
        password: PASSWORD,
        scope: names.map((name) => `repository:${name}:pull,push,delete`),
      }
      const answer = await server.token({ form })
      expect(answer.access).to.have.length(100)
      expect(answer.access.every((entry) => entry.endsWith(':delete,pull,push'))).to.equal(true)
      expect(answer.text.length).to.be.below(128 * 1024)
    })
  })
})
