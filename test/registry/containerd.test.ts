// Real containerd against a real registry: pull and push with ctr, with a password and with a refresh token.
import { join } from 'node:path'
import { expect } from 'chai'
import { Containerd } from '../http/clients/containerd.ts'
import { type ContainerdProcess, startContainerd } from '../support/containerd.ts'
import { needs } from '../support/debian.ts'
import { type GuardedRegistry, PASSWORD, startGuardedRegistry } from '../support/guarded-registry.ts'
import { skopeoIn } from '../support/skopeo.ts'
import { sentBy, sentByDriver } from './wire.ts'

const USER = ['--user', `alice:${PASSWORD}`]

describe('containerd', function () {
  needs('docker-registry', 'skopeo', 'containerd')
  this.timeout(60_000)

  let registry: GuardedRegistry
  let containerd: ContainerdProcess
  let image: string
  before(async () => {
    registry = await startGuardedRegistry()
    containerd = await startContainerd(join(registry.folder, 'containerd'))
    image = `${registry.address}/alice/app:1`
    const target = ['--dest-tls-verify=false', `--dest-creds=alice:${PASSWORD}`]
    await skopeoIn(registry.folder)('copy', ...target, `oci:${registry.image}:latest`, `docker://${image}`)
  })
  after(async () => {
    await containerd?.stop()
    await registry?.stop()
  })

  const pull = (...who: string[]) =>
    containerd.ctr('images', 'pull', '--plain-http', '--snapshotter', 'native', ...who, image)
  const push = async (name: string, ...who: string[]) => {
    const target = `${registry.address}/${name}`
    await containerd.ctr('images', 'tag', image, target)
    return containerd.ctr('images', 'push', '--plain-http', ...who, target)
  }
  const steps = () => registry.asked.map(({ method }) => method)

  it('pulls and pushes with a password', async () => {
    const pulled = await pull(...USER)
    expect(pulled.status, pulled.output).to.equal(0)
    const pushed = await push('alice/pushed:1', ...USER)
    expect(pushed.status, pushed.output).to.equal(0)
    expect(registry.server.audits().at(-1)).to.include({ account: 'alice', client: 'containerd-client' })
  })

  it('pulls and pushes with a refresh token', async () => {
    const { token } = await registry.identityToken()
    const pulled = await pull('--refresh', token)
    expect(pulled.status, pulled.output).to.equal(0)
    const pushed = await push('alice/refreshed:1', '--refresh', token)
    expect(pushed.status, pushed.output).to.equal(0)
    expect(registry.server.audits().at(-1)).to.include({ account: 'alice', grant: 'refresh_token' })
  })

  const refusals: [string, () => Promise<string[]>][] = [
    ['a wrong password', async () => ['--user', 'alice:not the canary']],
    [
      'a revoked refresh token',
      async () => {
        const { token, id } = await registry.identityToken()
        await registry.revoke(id)
        return ['--refresh', token]
      },
    ],
  ]
  for (const [name, who] of refusals) {
    it(`shows an error for ${name} after two requests, and does not ask for ever`, async () => {
      const credentials = await who()
      const before = steps().length
      const { status, output } = await pull(...credentials)
      expect(status).not.to.equal(0)
      expect(output).to.contain('401 Unauthorized')
      expect(steps().slice(before)).to.deep.equal(['POST', 'GET'])
    })
  }

  it('sends for a token what its driver sends', async () => {
    const driver = (...sent: Parameters<Containerd['token']>) =>
      sentByDriver(
        registry,
        (challenge, wire) => new Containerd(challenge, wire),
        (client) => client.token(...sent),
      )
    const { token: identityToken } = await registry.identityToken()
    const scope = 'repository:alice/app:pull'
    const [resolved] = await sentBy(registry, () => pull(...USER))
    expect([resolved]).to.deep.equal(await driver({ user: 'alice', password: PASSWORD }, scope))
    const [refreshed] = await sentBy(registry, () => pull('--refresh', identityToken))
    expect([refreshed]).to.deep.equal(await driver({ identityToken }, scope))
    const refused = await sentBy(registry, () => pull('--user', 'alice:not the canary'))
    expect(refused).to.deep.equal(await driver({ user: 'alice', password: 'not the canary' }, scope))
    const [pushed] = await sentBy(registry, () => push('alice/wire:1', ...USER))
    const both = ['repository:alice/wire:pull', 'repository:alice/wire:pull,push']
    expect([pushed]).to.deep.equal(await driver({ user: 'alice', password: PASSWORD }, ...both))
  })
})
