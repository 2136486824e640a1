// Rules that read claims, on a whole server: the same on every way in, and no guess where there are none.
import { expect } from 'chai'
import { JwtIssuer } from '../support/jwt-issuer.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const SECRET = 'the secret of carl'

describe('claims in rules', () => {
  let issuer: JwtIssuer
  let server: TestInstance
  before(async () => {
    issuer = await JwtIssuer.start()
  })
  after(() => issuer.stop())
  beforeEach(async () => {
    server = await startTestServer({
      env: { CARL: SECRET },
      config: {
        authenticators: [
          { plugin: 'jwt', options: { issuers: [{ issuer: issuer.url, audience: 'registry' }] } },
          { plugin: 'static', options: { users: { carl: { password: '!env CARL' } } } },
        ],
        authorizers: [
          {
            plugin: 'acl',
            options: {
              rules: [
                { match: { name: 'open/*' }, when: 'has(claims) && "*" in claims.projects', actions: ['*'] },
                { match: { name: 'open/*' }, actions: ['pull'] },
                { match: {}, when: 'claims.projects.exists(p, name.startsWith(p + "/"))', actions: ['*'] },
              ],
            },
          },
        ],
      },
    })
  })
  afterEach(() => server.stop())

  const scope = 'repository:web/app:pull,push'
  const query = { service: 'registry', scope }

  it('decide by what the issuer says', async () => {
    for (const [projects, access] of [
      [['web', 'db'], [scope]],
      [['db'], ['repository:web/app:']],
      [undefined, ['repository:web/app:']],
    ] as const) {
      const token = await issuer.token({ sub: 'builder', ...(projects && { projects }) })
      expect((await server.token({ user: ['builder', token], query })).access).to.deep.equal(access)
    }
  })

  it('decide the same when a refresh token is used', async () => {
    const token = await issuer.token({ sub: 'builder', projects: ['web'] })
    const login = await server.token({ user: ['builder', token], query: { ...query, offline_token: 'true' } })
    const { refresh_token } = login.json
    const form = { grant_type: 'refresh_token', refresh_token, service: 'registry', scope, client_id: 'x' }
    expect((await server.token({ form })).access).to.deep.equal([scope])
    const other = { ...form, scope: 'repository:db/app:pull' }
    expect((await server.token({ form: other })).access).to.deep.equal(['repository:db/app:'])
  })

  it('that read the claims of somebody without any are not judged; has(claims) asks', async () => {
    const carl = { user: ['carl', SECRET] as const }
    const denied = await server.token({ ...carl, query })
    expect(denied.status).to.equal(503)
    expect(server.logged).to.contain('it reads claims, and the account has none')
    const asked = await server.token({ ...carl, query: { ...query, scope: 'repository:open/app:pull,push' } })
    expect(asked.access).to.deep.equal(['repository:open/app:pull'])
  })
})
