// The first start of the shipped configuration: what it makes is enough for a real registry and a real client.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { type DockwardenProcess, startDockwarden } from '../support/dockwarden.ts'
import { writeImage } from '../support/image.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { skopeoIn } from '../support/skopeo.ts'

const SHIPPED = new URL('../../config/dockwarden.yml', import.meta.url)

describe('the shipped configuration', function () {
  needs('docker-registry', 'skopeo')
  this.timeout(60_000)

  let folder: string
  let dockwarden: DockwardenProcess
  let registry: Registry
  let password: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-default-'))
    mkdirSync(join(folder, 'config'))
    writeImage(join(folder, 'image'))
    writeFileSync(
      join(folder, 'config/dockwarden.yml'),
      readFileSync(SHIPPED, 'utf8').replace(':5001', '127.0.0.1:0'),
    )
    dockwarden = await startDockwarden(['serve', join(folder, 'config/dockwarden.yml')])
    password = (await dockwarden.until(/^([a-z0-9-]{20,})$/m))[1]!
    registry = await startRegistry({
      realm: `https://127.0.0.1:${dockwarden.port}/auth`,
      service: 'registry',
      issuer: 'Dockwarden',
      rootcertbundle: readFileSync(join(folder, 'var/signing-ca.crt'), 'utf8'),
    })
  })

  after(async () => {
    await registry?.stop()
    await dockwarden?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('prints the user’s password once, alone on its line, and how to go on', () => {
    expect(password).to.have.length.greaterThan(20)
    expect(dockwarden.output().split(password)).to.have.length(2)
    expect(dockwarden.output()).to.contain('docker login -u admin')
    expect(dockwarden.output()).to.contain(`rootcertbundle: ${folder}/var/signing-ca.crt`)
  })

  it('keeps what it made to itself', () => {
    expect(statSync(join(folder, 'var')).mode & 0o777).to.equal(0o700)
    for (const name of readdirSync(join(folder, 'var'))) {
      expect(statSync(join(folder, 'var', name)).mode & 0o777, name).to.equal(0o600)
    }
  })

  it('lets the user log in and push with a real client', async () => {
    const skopeo = skopeoIn(folder)
    const login = await skopeo('login', '--tls-verify=false', '-u', 'admin', '-p', password, registry.address)
    expect(login.status, login.output).to.equal(0)
    const target = `docker://${registry.address}/anything/app:1`
    const push = await skopeo('copy', '--dest-tls-verify=false', `oci:${folder}/image:latest`, target)
    expect(push.status, push.output).to.equal(0)
  })

  it('finds everything again at the next start, and prints no password', async () => {
    const files = () =>
      readdirSync(join(folder, 'var'), { withFileTypes: true })
        // Not the socket of a server that runs, nor the database, which tidies itself.
        .filter((entry) => entry.isFile() && !entry.name.startsWith('store.db'))
        .map(({ name }) => readFileSync(join(folder, 'var', name), 'utf8'))
    const before = files()
    const again = await startDockwarden(['serve', join(folder, 'config/dockwarden.yml')])
    expect(await again.stop()).to.equal(0)
    expect(files()).to.deep.equal(before)
    expect(again.output()).not.to.contain('docker login')
  })
})
