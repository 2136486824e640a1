import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../../core/config/config.ts'
import { ConfigError } from '../../../../core/yaml/problems.ts'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

describe("a file with docker_auth's sections for signing in", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function withFile(content: string | undefined, ...lines: string[]) {
    const file = join(folder, 'secret')
    rmSync(file, { force: true })
    if (content !== undefined) writeFileSync(file, content)
    const section = ['client_id: a', `client_secret_file: ${file}`, ...lines].map((line) => `  ${line}\n`)
    const { native, ...found } = translateText(`${SERVER}${TOKEN}acl: []\ngithub_auth:\n${section.join('')}`)
    return { options: native.authenticators[0]?.options, ...found }
  }

  it('takes client_secret_file before client_secret, and shows neither', () => {
    const { options, problems, warnings } = withFile(' from-file \n', 'client_secret: from-text')
    expect(problems).to.deep.equal([])
    expect(options).to.deep.equal({
      client_id: 'a',
      client_secret: '***',
      labels: { teams: 'teams.map(team, team.slug)' },
    })
    expect(warnings).to.deep.equal([
      'f:7:3: github_auth.client_secret: is not used beside client_secret_file; remove it',
    ])
  })

  it('is refused with an empty client_secret_file', () => {
    expect(withFile(' \n', 'client_secret: b').problems).to.deep.equal([
      'f:6:23: github_auth.client_secret_file: names an empty file; put the secret into it',
    ])
  })

  it('is refused with a client_secret_file that is not there', () => {
    expect(withFile(undefined, 'client_secret: b').problems).to.deep.equal([
      `f:6:23: github_auth.client_secret_file: cannot read ${join(folder, 'secret')}: there is no such file; put the client's secret there`,
    ])
  })

  /** What is found in a file with these sections, without its name. */
  async function faultsOf(sections: string): Promise<string[]> {
    const file = join(folder, 'config.yml')
    writeFileSync(file, `${SERVER}${TOKEN}acl: []\n${sections}`)
    try {
      await readConfig(file)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return error.message.split('\n').map((line) => line.slice(file.length + 1))
    }
  }

  it('loads with the combinations of keys that the reference shows', async () => {
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'from-file\n')
    const dbs = `
  level_token_db: { path: /var/tokens.ldb }
  gcs_token_db: { bucket: tokens, client_secret_file: /var/gcs.json }
  redis_token_db:
    redis_options: { addr: localhost:6379 }
    redis_cluster_options: { addrs: ["localhost:7000"] }
  http_timeout: "8s"
  revalidate_after: "2h"
  registry_url: localhost:5000`
    expect(
      await faultsOf(`
google_auth:
  domain: "example.net"
  client_id: "42.apps.example.net"
  client_secret_file: "${secret}"
  level_token_db: { path: /var/tokens.ldb }
  http_timeout: "8s"
github_auth:
  organization: "umbrella"
  client_id: "42"
  client_secret_file: "${secret}"
  github_web_uri: "https://git.example.net"
  github_api_uri: "https://git.example.net/api/v3"${dbs}
oidc_auth:
  issuer: the_issuer
  redirect_url: the_url/oidc_auth
  client_id: "42"
  client_secret: "hidden"
  level_token_db: { path: /var/tokens.ldb }
  http_timeout: "8s"
  registry_url: the_registry
  user_claim: email
  label_claims: [teams]
  scopes: [openid, email]
gitlab_auth:
  client_id: "42"
  client_secret_file: "${secret}"
  gitlab_web_uri: "https://git.example.net"
  gitlab_api_uri: "https://git.example.net/api/v4"
  grant_type: "authorization_code"
  redirect_uri: "https://localhost:5001/gitlab_auth"${dbs}
`),
    ).to.deep.equal([])
  })

  it('is refused with what the plugin and the store refuse, at its own keys', async () => {
    expect(
      await faultsOf(`oidc_auth:
  client_id: a
  client_secret: hidden
  issuer: https://id.example.com
  redirect_url: https://auth.example.com/oidc_auth?x=1
  redis_token_db: { redis_options: { addr: "no address", password: hidden } }
`),
    ).to.deep.equal([
      '8:17: oidc_auth.redirect_url: must end with a path of its own, such as /oidc_auth, without ? and #',
      '9:44: oidc_auth.redis_token_db.redis_options.addr: "no address" is no address; write "redis:6379", "10.0.0.5" or "[::1]:6379"',
    ])
  })
})
