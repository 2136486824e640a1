// A build pushes and pulls with the token that its platform gave it: real skopeo, a real registry, no stored secret.
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { type GuardedRegistry, SERVICE, startGuardedRegistry } from '../support/guarded-registry.ts'
import { JwtIssuer, newIssuerKey } from '../support/jwt-issuer.ts'
import { skopeoIn } from '../support/skopeo.ts'

/** As GitHub documents the claims of a workflow's token. */
const CLAIMS = {
  sub: 'repo:octo-org/octo-repo:environment:prod',
  environment: 'prod',
  aud: SERVICE,
  ref: 'refs/heads/main',
  sha: 'example-sha',
  repository: 'octo-org/octo-repo',
  repository_owner: 'octo-org',
  actor_id: '12',
  repository_visibility: 'private',
  repository_id: '74',
  repository_owner_id: '65',
  run_id: 'example-run-id',
  run_number: '10',
  run_attempt: '2',
  runner_environment: 'github-hosted',
  actor: 'octocat',
  workflow: 'example-workflow',
  head_ref: '',
  base_ref: '',
  event_name: 'workflow_dispatch',
  ref_type: 'branch',
  ref_protected: 'true',
  job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
}

describe('a workload with skopeo', function () {
  needs('docker-registry', 'skopeo')
  this.timeout(60_000)

  let issuer: JwtIssuer
  let registry: GuardedRegistry
  let skopeo: ReturnType<typeof skopeoIn>
  before(async () => {
    issuer = await JwtIssuer.start(await newIssuerKey('RS256'))
    registry = await startGuardedRegistry([
      {
        plugin: 'jwt',
        options: {
          issuers: [
            {
              issuer: issuer.url,
              audience: SERVICE,
              accept: 'claims.repository_owner == "octo-org" && claims.ref_protected == "true"',
              account: '"github:" + claims.repository',
              labels: { team: 'claims.repository_owner' },
            },
          ],
        },
      },
    ])
    skopeo = skopeoIn(registry.folder)
  })
  after(async () => {
    await registry?.stop()
    await issuer?.stop()
  })

  const push = (name: string, token: string) =>
    skopeo(
      ...['copy', '--dest-tls-verify=false', `--dest-creds=github-actions:${token}`],
      ...[`oci:${registry.image}:latest`, `docker://${registry.address}/${name}:1`],
    )
  const inspect = (name: string, token: string) =>
    skopeo(
      ...['inspect', '--tls-verify=false', `--creds=github-actions:${token}`],
      `docker://${registry.address}/${name}:1`,
    )

  it('pushes and pulls with a token of its workflow, also after the issuer has new keys', async () => {
    const pushed = await push('octo-org/app', await issuer.token(CLAIMS))
    expect(pushed.status, pushed.output).to.equal(0)
    issuer.keys = [await newIssuerKey('RS256')]
    const pulled = await inspect('octo-org/app', await issuer.token(CLAIMS))
    expect(pulled.status, pulled.output).to.equal(0)
    expect(registry.server.audits().at(-1)).to.include({
      account: 'github:octo-org/octo-repo',
      authenticator: 'jwt',
      grant: 'password',
      status: 200,
    })
    expect(issuer.count()).to.equal(2)
  })

  it('is refused what is of others, and with the token of another repository or for another service', async () => {
    const foreign = await push('alice/app', await issuer.token(CLAIMS))
    expect(foreign.output).to.match(/denied|unauthorized/)
    for (const claims of [{ repository_owner: 'evil' }, { aud: 'https://github.com/octo-org' }]) {
      const { status, output } = await inspect('octo-org/app', await issuer.token({ ...CLAIMS, ...claims }))
      expect(status).not.to.equal(0)
      expect(output).to.contain('invalid username/password')
    }
  })
})
