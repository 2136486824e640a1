// Real podman against a real registry: login, push and pull, without an engine.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { type GuardedRegistry, PASSWORD, startGuardedRegistry } from '../support/guarded-registry.ts'
import { podmanIn } from '../support/podman.ts'

describe('podman', function () {
  needs('docker-registry', 'podman')
  this.timeout(60_000)

  let registry: GuardedRegistry
  let podman: ReturnType<typeof podmanIn>
  before(async () => {
    registry = await startGuardedRegistry()
    podman = podmanIn(registry.folder)
    // By a relative path: podman makes a name of it, which has no capital letters.
    const loaded = await podman('pull', '--quiet', 'oci:image:latest')
    expect(loaded.status, loaded.output).to.equal(0)
    await podman('tag', loaded.output.trim(), 'alice')
  })
  after(() => registry?.stop())

  const login = (password: string) =>
    podman('login', '--tls-verify=false', '--username', 'alice', '--password', password, registry.address)
  const push = (name: string) =>
    podman('push', '--quiet', '--tls-verify=false', 'alice', `${registry.address}/${name}:1`)

  it('is refused with a wrong password', async () => {
    const { status, output } = await login('not the canary')
    expect(status).not.to.equal(0)
    expect(output).to.contain('invalid username/password')
  })

  it('logs in, pushes, and pulls what it pushed', async () => {
    const { status, output } = await login(PASSWORD)
    expect(status, output).to.equal(0)
    expect(readFileSync(join(registry.folder, 'auth.json'), 'utf8')).to.contain(registry.address)
    const pushed = await push('alice/app')
    expect(pushed.status, pushed.output).to.equal(0)
    const pulled = await podman('pull', '--quiet', '--tls-verify=false', `${registry.address}/alice/app:1`)
    expect(pulled.status, pulled.output).to.equal(0)
    expect(registry.server.audits().at(-1)!.access).to.deep.equal(['repository:alice/app:pull'])
  })

  it('is refused a push to what is not its own', async () => {
    await login(PASSWORD)
    const { status, output } = await push('bob/app')
    expect(status).not.to.equal(0)
    expect(output).to.match(/denied|unauthorized/)
  })
})
