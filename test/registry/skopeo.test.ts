// Real skopeo against a real registry, with a password and with an identity token.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Podman } from '../http/clients/podman.ts'
import { needs } from '../support/debian.ts'
import { type GuardedRegistry, PASSWORD, startGuardedRegistry } from '../support/guarded-registry.ts'
import { skopeoIn } from '../support/skopeo.ts'
import { sentBy, sentByDriver } from './wire.ts'

describe('skopeo', function () {
  needs('docker-registry', 'skopeo')
  this.timeout(60_000)

  let registry: GuardedRegistry
  let skopeo: ReturnType<typeof skopeoIn>
  before(async () => {
    registry = await startGuardedRegistry()
    skopeo = skopeoIn(registry.folder)
  })
  after(() => registry?.stop())

  const push = (name: string, ...more: string[]) =>
    skopeo(
      ...['copy', '--dest-tls-verify=false', ...more],
      ...[`oci:${registry.image}:latest`, `docker://${registry.address}/${name}:1`],
    )
  const inspect = (name: string, ...more: string[]) =>
    skopeo('inspect', '--tls-verify=false', ...more, `docker://${registry.address}/${name}:1`)

  /** As Docker stores it: the user name without a password, and the token beside it. */
  function keep(identitytoken: string): string {
    const file = join(registry.folder, 'identity.json')
    const auth = Buffer.from('alice:').toString('base64')
    writeFileSync(file, JSON.stringify({ auths: { [registry.address]: { auth, identitytoken } } }))
    return `--authfile=${file}`
  }

  it('logs in with the right password, and not with a wrong one', async () => {
    const login = (password: string) =>
      skopeo('login', '--tls-verify=false', '-u', 'alice', '-p', password, registry.address)
    const right = await login(PASSWORD)
    expect(right.status, right.output).to.equal(0)
    const wrong = await login('not the canary')
    expect(wrong.status).not.to.equal(0)
    expect(wrong.output).to.contain('invalid username/password')
    await skopeo('logout', registry.address)
  })

  it('pushes and pulls with an identity token, also when that is all there is', async () => {
    const file = keep((await registry.identityToken()).token)
    const pushed = await push('alice/identity', file)
    expect(pushed.status, pushed.output).to.equal(0)
    const pulled = await inspect('alice/identity', file)
    expect(pulled.status, pulled.output).to.equal(0)
    const last = registry.server.audits().at(-1)!
    expect(last).to.include({ account: 'alice', grant: 'refresh_token', client: 'containers/image' })
  })

  it('shows an error for a revoked identity token', async () => {
    const { token, id } = await registry.identityToken()
    const file = keep(token)
    expect(await push('alice/revoked', file)).to.include({ status: 0 })
    await registry.revoke(id)
    const { status, output } = await inspect('alice/revoked', file)
    expect(status).not.to.equal(0)
    expect(output).to.match(/access token.*400/)
  })

  it('is refused a push of what it may only pull', async () => {
    const { status, output } = await push('public/base', `--dest-creds=alice:${PASSWORD}`)
    expect(status).not.to.equal(0)
    expect(output).to.match(/denied|unauthorized/)
  })

  it('sends for a token what its driver sends', async () => {
    const podman = (...sent: Parameters<Podman['token']>) =>
      sentByDriver(
        registry,
        (challenge, wire) => new Podman(challenge, wire),
        (client) => client.token(...sent),
      )
    const { token: identityToken } = await registry.identityToken()
    const alice = { user: 'alice', password: PASSWORD }
    const creds = `alice:${PASSWORD}`
    const [first] = await sentBy(registry, () => push('alice/wire', `--dest-creds=${creds}`))
    expect([first]).to.deep.equal(await podman(alice, 'repository:alice/wire:pull,push'))
    const pull = await sentBy(registry, () => inspect('alice/wire', '--no-tags', `--creds=${creds}`))
    expect(pull).to.deep.equal(await podman(alice, 'repository:alice/wire:pull'))
    const again = await sentBy(registry, () => inspect('alice/wire', '--no-tags', keep(identityToken)))
    expect(again).to.deep.equal(await podman({ identityToken }, 'repository:alice/wire:pull'))
    const nobody = await sentBy(registry, () => inspect('public/none', '--no-tags', '--no-creds'))
    expect(nobody).to.deep.equal(await podman({}, 'repository:public/none:pull'))
  })
})
