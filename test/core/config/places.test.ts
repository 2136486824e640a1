import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Config, readConfig } from '../../../core/config/config.ts'

const NATIVE = `authenticators:
  - plugin: static
    options:
      users:
        ann: { password: !env DOCKWARDEN_TEST_HASH }
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { account: ann }
          actions: [pull]
token: { keys: [{ key: signing.key }] }
`
const DOCKER_AUTH = `server: { addr: "127.0.0.1:5001" }
token: { issuer: x, expiration: 900, certificate: a.crt, key: a.key }
users:
  ann: { password: "$2y$05$LO.vzwpWC5LZGqThvEfznu8qhb5SGqvBSWY1J3yZ4AxtMRZ3kN5jC" }
acl:
  - match: { account: ann }
    actions: [pull]
`

describe('the places of a configuration', () => {
  let folder: string
  let file: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-places-'))
    file = join(folder, 'auth.yml')
    process.env.DOCKWARDEN_TEST_HASH = `$2y$10$${'a'.repeat(53)}`
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
    delete process.env.DOCKWARDEN_TEST_HASH
  })

  function placesOf({ plugins, spotOf }: Config): object[] {
    const sections = ['token', 'token.keys', 'server', 'server.tls'].map(spotOf)
    return [...sections, ...plugins.flatMap(inPlan)]
  }

  const inPlan = ({ spot, spotOfOption }: Config['plugins'][number]) => [
    spot,
    ...[['users', 'ann', 'password'], ['rules', 0, 'match'], ['rules', 0, 'actions', 0], ['none']].map(
      spotOfOption,
    ),
  ]

  for (const [form, text] of [
    ['native', NATIVE],
    ['docker_auth’s', DOCKER_AUTH],
  ] as const) {
    it(`are the same when they were forgotten meanwhile, in the ${form} form`, async () => {
      writeFileSync(file, text)
      const kept = await readConfig(file)
      const forgotten = await readConfig(file)
      const places = placesOf(kept)
      forgotten.forget()
      expect(placesOf(forgotten)).to.deep.equal(places)
      forgotten.forget()
      expect(placesOf(forgotten)).to.deep.equal(places)
    })
  }

  for (const [name, change] of [
    ['is another one', () => writeFileSync(file, `\n\n${NATIVE}`)],
    ['is gone', () => rmSync(file)],
  ] as const) {
    it(`are those of their instances when the file ${name} by then`, async () => {
      writeFileSync(file, NATIVE)
      const config = await readConfig(file)
      const known = config.spotOf('token')
      config.forget()
      change()
      expect(config.spotOf('token')).to.deep.equal(known)
      expect(config.spotOf('server.tls')).to.deep.equal({ line: 1, column: 1, path: 'server.tls' })
      const [users] = config.plugins
      expect(users!.spotOfOption(['users', 'ann'])).to.equal(users!.spot)
    })
  }

  it('go with the options, and nothing else that a running server asks for', async () => {
    writeFileSync(file, NATIVE)
    const config = await readConfig(file)
    const { fingerprint, id } = config.plugins[1]!
    config.forget()
    expect(config.plugins.map(({ options, givenOptions }) => [options, givenOptions])).to.deep.equal([
      [undefined, undefined],
      [undefined, undefined],
    ])
    expect([config.plugins[1]!.fingerprint, config.plugins[1]!.id]).to.deep.equal([fingerprint, id])
  })
})
