// Real clients with a certificate and no password, against a real registry and a Dockwarden over TLS.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { type Authority, newAuthority } from '../support/client-certificates.ts'
import { startContainerd } from '../support/containerd.ts'
import { needs } from '../support/debian.ts'
import { writeImage } from '../support/image.ts'
import type { TestPair } from '../support/key-pairs.ts'
import { podmanIn } from '../support/podman.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { skopeoIn } from '../support/skopeo.ts'

const SERVICE = 'registry'
const ISSUER = 'Auth Service'

describe('with a client certificate', function () {
  needs('docker-registry', 'skopeo', 'podman', 'containerd')
  this.timeout(60_000)

  let root: Authority
  let ci: TestPair
  let folder: string
  let server: TestInstance
  let registry: Registry
  let skopeo: ReturnType<typeof skopeoIn>

  before(async () => {
    root = await newAuthority('clients')
    ci = await root.issue('CN=ci', { usage: 'client' })
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-mtls-'))
    writeImage(join(folder, 'image'))
    const rules = [{ match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }]
    server = await startTestServer({
      config: {
        server: { listen: '127.0.0.1:0', tls: 'auto', client_ca: 'clients.pem', client_crl: 'clients.crl' },
        token: { issuer: ISSUER },
        authenticators: [{ plugin: 'mtls' }, { plugin: 'static', options: { users: { '': {} } } }],
        authorizers: [{ plugin: 'acl', options: { rules } }],
      },
      files: { 'clients.pem': root.certificate, 'clients.crl': await root.list([]) },
      watchInterval: 10,
    })
    registry = await startRegistry({
      realm: `https://127.0.0.1:${server.port}/auth`,
      service: SERVICE,
      issuer: ISSUER,
      rootcertbundle: readFileSync(join(server.folder, 'var/signing-ca.crt'), 'utf8'),
      tls: {
        certificate: readFileSync(join(server.folder, 'var/tls.crt'), 'utf8'),
        key: readFileSync(join(server.folder, 'var/tls.pem'), 'utf8'),
      },
    })
    skopeo = skopeoIn(folder)
  })
  after(async () => {
    await registry?.stop()
    await server?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** A folder as in /etc/docker/certs.d, /etc/containers/certs.d and /etc/containerd/certs.d. */
  function certificates(name: string, pair?: TestPair): string {
    const path = join(folder, name, registry.address)
    mkdirSync(path, { recursive: true })
    cpSync(join(server.folder, 'var/tls.crt'), join(path, 'ca.crt'))
    if (pair) {
      writeFileSync(join(path, 'client.cert'), pair.certificate)
      writeFileSync(join(path, 'client.key'), pair.key)
    }
    return path
  }

  const push = (image: string, path: string) =>
    skopeo(
      ...['copy', '--dest-no-creds', `--dest-cert-dir=${path}`],
      ...[`oci:${folder}/image:latest`, `docker://${registry.address}/${image}:1`],
    )
  const inspect = (image: string, path: string) =>
    skopeo('inspect', '--no-creds', `--cert-dir=${path}`, `docker://${registry.address}/${image}:1`)

  it('skopeo pushes and pulls as its account', async () => {
    const path = certificates('ci', ci)
    const pushed = await push('ci/app', path)
    expect(pushed.status, pushed.output).to.equal(0)
    const pulled = await inspect('ci/app', path)
    expect(pulled.status, pulled.output).to.equal(0)
    expect(server.audits().at(-1)).to.include({ account: 'ci', authenticator: 'mtls', status: 200 })
  })

  it('podman pushes and pulls', async () => {
    const podman = podmanIn(folder)
    const path = certificates('podman', ci)
    const loaded = await podman('pull', '--quiet', 'oci:image:latest')
    expect(loaded.status, loaded.output).to.equal(0)
    const image = `${registry.address}/ci/podman:1`
    const pushed = await podman('push', '--quiet', `--cert-dir=${path}`, loaded.output.trim(), image)
    expect(pushed.status, pushed.output).to.equal(0)
    const pulled = await podman('pull', '--quiet', `--cert-dir=${path}`, image)
    expect(pulled.status, pulled.output).to.equal(0)
    expect(server.audits().at(-1)).to.include({ account: 'ci', authenticator: 'mtls', status: 200 })
  })

  it('containerd pulls and pushes', async () => {
    const path = certificates('containerd', ci)
    const host = `[host."${registry.url}"]\n  ca = "ca.crt"\n  client = [["client.cert", "client.key"]]\n`
    writeFileSync(join(path, 'hosts.toml'), `server = "${registry.url}"\n${host}`)
    const containerd = await startContainerd(join(folder, 'daemon'))
    try {
      const image = (name: string) => `${registry.address}/ci/${name}:1`
      expect(await push('ci/containerd', path)).to.include({ status: 0 })
      const hosts = ['--hosts-dir', dirname(path)]
      const native = ['--snapshotter', 'native']
      const pulled = await containerd.ctr('images', 'pull', ...hosts, ...native, image('containerd'))
      expect(pulled.status, pulled.output).to.equal(0)
      await containerd.ctr('images', 'tag', image('containerd'), image('pushed'))
      const pushed = await containerd.ctr('images', 'push', ...hosts, image('pushed'))
      expect(pushed.status, pushed.output).to.equal(0)
      expect(server.audits().at(-1)).to.include({ account: 'ci', authenticator: 'mtls', status: 200 })
    } finally {
      await containerd.stop()
    }
  })

  it('skopeo may do no more than that account', async () => {
    const { status, output } = await push('other/app', certificates('other', ci))
    expect(status).not.to.equal(0)
    expect(output).to.match(/denied|unauthorized/)
  })

  it('skopeo is anonymous without the certificate', async () => {
    const { status } = await inspect('ci/app', certificates('nobody'))
    expect(status).not.to.equal(0)
    expect(server.audits().at(-1)).to.include({ account: '', status: 200 })
  })

  it('skopeo is refused with one of somebody else, and with one that has been revoked', async () => {
    const stranger = await (await newAuthority('clients')).issue('CN=ci')
    expect((await push('ci/app', certificates('stranger', stranger))).status).not.to.equal(0)
    writeFileSync(join(server.folder, 'clients.crl'), await root.list([ci]))
    await eventually(() => server.lines().some(({ msg }) => /^authorities of client cert/.test(msg)))
    expect((await inspect('ci/app', certificates('revoked', ci))).status).not.to.equal(0)
    const last = server.audits().slice(-2)
    expect(last.map(({ status, authenticator }) => [status, authenticator])).to.deep.equal([
      [401, 'mtls'],
      [401, 'mtls'],
    ])
  })
})
