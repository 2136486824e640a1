// docker_auth's sign-in sections on a whole server: the paths, so that nothing has to be registered anew, and the labels that its
// ACLs match.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { freePort } from '../support/free-port.ts'
import { startGitHub } from '../support/github-stand-in.ts'
import { startGitLab } from '../support/gitlab-stand-in.ts'
import { newPair } from '../support/key-pairs.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type PageSeen, Visitor } from '../support/visitor.ts'

const ISSUER_SECRET = 'canary of the openid client'

describe('the sign-ins of a docker_auth configuration', () => {
  let started: AsyncDisposableStack
  let server: TestInstance
  let at: string
  let openId: Awaited<ReturnType<typeof startOpenIdProvider>>

  before(async () => {
    started = new AsyncDisposableStack()
    const port = await freePort()
    at = `http://127.0.0.1:${port}`
    const github = await startGitHub()
    started.defer(() => github.close())
    github.user = { id: 7, login: 'octo' }
    github.memberships.set('acme', 'active')
    github.teams = [
      {
        organization: { login: 'acme', id: 1 },
        slug: 'web',
        name: 'Web',
        parent: { slug: 'all', name: 'All' },
      },
    ]
    const gitlab = await startGitLab()
    started.defer(() => gitlab.close())
    gitlab.user = { id: 8, username: 'tanuki', state: 'active' }
    openId = await startOpenIdProvider({
      clients: [
        { client_id: 'dockwarden', client_secret: ISSUER_SECRET, redirect_uris: [`${at}/oidc_auth`] },
      ],
      accounts: { alice: { email: 'alice@example.com', groups: ['dev'] } },
      claimsInIdToken: true,
    })
    started.use(openId)
    const pair = await newPair('RSA-2048')
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-docker-auth-sign-in-'))
    started.defer(() => rmSync(folder, { recursive: true }))
    const files = {
      'tls.crt': pair.certificate,
      'tls.key': pair.key,
      'oidc.secret': `${ISSUER_SECRET}\n`,
      'github.secret': github.grants.clientSecret,
      'gitlab.secret': gitlab.grants.clientSecret,
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    server = await startTestServer({
      config: `
server: { addr: "127.0.0.1:${port}" }
token: { issuer: Acme, expiration: 900, certificate: ${folder}/tls.crt, key: ${folder}/tls.key }
oidc_auth:
  issuer: ${openId.issuer}
  redirect_url: ${at}/oidc_auth
  client_id: dockwarden
  client_secret_file: ${folder}/oidc.secret
  level_token_db: { path: ${folder}/oidc.ldb }
  registry_url: registry.example.com
  labels_claims: [groups]
  scopes: [openid, email, profile]
github_auth:
  organization: acme
  client_id: ${github.grants.clientId}
  client_secret_file: ${folder}/github.secret
  level_token_db: { path: ${folder}/github.ldb }
  github_web_uri: ${github.webUrl}
  github_api_uri: ${github.apiUrl}
gitlab_auth:
  client_id: ${gitlab.grants.clientId}
  client_secret_file: ${folder}/gitlab.secret
  level_token_db: { path: ${folder}/gitlab.ldb }
  gitlab_web_uri: ${gitlab.webUrl}
  gitlab_api_uri: ${gitlab.webUrl}/api/v4
  grant_type: authorization_code
  redirect_uri: ${at}/gitlab_auth
acl:
  - match: { labels: { teams: "all" }, name: "acme/*" }
    actions: ["*"]
  - match: { labels: { groups: "dev" }, name: "dev/*" }
    actions: [pull]
  - match: { account: tanuki, name: "tanuki/*" }
    actions: [push]
`,
    })
    started.defer(() => server.stop())
  })
  after(() => started.disposeAsync())

  const password = ({ text }: PageSeen): string => /dwp_\w+/.exec(text)?.[0] ?? ''
  const accessOf = async (account: string, page: PageSeen, name: string) =>
    (
      await server.token({
        user: [account, password(page)],
        query: { scope: `repository:${name}:pull,push` },
      })
    ).access

  /** The stand-ins answer at once, without a person. */
  async function goRound(path: string): Promise<PageSeen> {
    const visitor = new Visitor()
    const begun = await visitor.get(`${at}${path}/start`)
    const provider = await visitor.get(begun.location!)
    expect(new URL(provider.location!).pathname).to.equal(path)
    return await visitor.get(provider.location!)
  }

  it('lists all three', async () => {
    const { text } = await new Visitor().get(`${at}/`)
    for (const path of ['oidc_auth', 'github_auth', 'gitlab_auth']) expect(text).to.include(`href="/${path}"`)
  })

  it('answers at /oidc_auth', async () => {
    const visitor = new Visitor()
    const begun = await visitor.get(`${at}/oidc_auth/start`)
    const back = await openId.signIn(begun.location!, 'alice')
    const page = await visitor.get(back.href)
    expect(page.text.replace(/<[^>]+>/g, '')).to.include(
      'docker login --username alice@example.com registry.example.com',
    )
    expect(await accessOf('alice@example.com', page, 'dev/app')).to.deep.equal(['repository:dev/app:pull'])
  })

  it('answers at /github_auth, with the label teams', async () => {
    const page = await goRound('/github_auth')
    expect(await accessOf('octo', page, 'acme/app')).to.deep.equal(['repository:acme/app:pull,push'])
  })

  it('answers at /gitlab_auth', async () => {
    const page = await goRound('/gitlab_auth')
    expect(await accessOf('tanuki', page, 'tanuki/app')).to.deep.equal(['repository:tanuki/app:push'])
  })
})
