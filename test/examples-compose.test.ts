// examples/compose: the two services fit each other, and docs/start/compose.md makes all that they mount.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'examples/compose')
const { services, secrets, volumes } = parse(readFileSync(join(FOLDER, 'compose.yml'), 'utf8'))
const secret = (name: string) => ({ file: name })
const config = parse(readFileSync(join(FOLDER, 'config/dockwarden.yml'), 'utf8'), {
  customTags: [{ tag: '!file', resolve: secret }],
})
const page = readFileSync(join(ROOT, 'docs/start/compose.md'), 'utf8')
const { dockwarden, registry } = services

describe('examples/compose', () => {
  it('sends clients of the registry to Dockwarden, as the issuer that it is', () => {
    const { environment } = registry
    expect(environment.REGISTRY_AUTH_TOKEN_ISSUER).to.equal(config.token.issuer)
    const realm = new URL(environment.REGISTRY_AUTH_TOKEN_REALM)
    expect(realm.protocol).to.equal('https:')
    expect(config.server.tls).to.equal('auto')
    expect(dockwarden.ports).to.deep.equal([`127.0.0.1:${realm.port}:${config.server.listen.slice(1)}`])
  })

  it('mounts what is there, or what the page makes', () => {
    const mounts = [dockwarden, registry].flatMap((service) => service.volumes as string[])
    for (const [from] of mounts.map((mount) => mount.split(':') as [string])) {
      if (!from.startsWith('./')) expect(volumes, from).to.have.property(from)
      else if (!existsSync(join(FOLDER, from))) expect(page).to.match(new RegExp(`mkdir .*${from.slice(2)}`))
    }
    const bundle = registry.environment.REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE.replace(/^\/trusted/, 'trusted')
    expect(page).to.contain(`> ${bundle}`)
    expect(registry.volumes).to.include('./trusted:/trusted:ro')
  })

  it('hands in the secret that the configuration reads', () => {
    const { password } = config.authenticators[0].options.users.ci
    expect(dockwarden.secrets.map((name: string) => `/run/secrets/${name}`)).to.deep.equal([password.file])
    expect(page).to.contain(`> ${secrets.ci_password.file.slice(2)}`)
  })
})
