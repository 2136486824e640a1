// `dockwarden doctor` and a real Distribution 3, where DOCKWARDEN_DISTRIBUTION_3 names its program: Debian has none.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runDoctor } from '../support/doctor.ts'
import { freePort } from '../support/free-port.ts'
import { newPair } from '../support/key-pairs.ts'
import { startRegistry } from '../support/registry.ts'
import { startTestServer } from '../support/server.ts'

const program = process.env.DOCKWARDEN_DISTRIBUTION_3

/** With a file of docker_auth's form. */
interface Case {
  readonly name: string
  /** More of its token section. */
  readonly token: string
  /** More of the registry's, where KEYS stands for a file with our key set, and OTHERS for one with another's. */
  readonly registry: object
  readonly bundle: boolean
  readonly wrong: RegExp
}
const CASES: readonly Case[] = [
  {
    name: "docker_auth's defaults",
    token: '',
    registry: {},
    bundle: true,
    wrong: /^token-form: .*only with x5c: true/,
  },
  { name: 'the certificate in the token', token: ', x5c: true', registry: {}, bundle: true, wrong: /^$/ },
  { name: 'a key set', token: '', registry: { jwks: 'KEYS' }, bundle: false, wrong: /^$/ },
  {
    name: 'a key set, and the certificate in the token',
    token: ', x5c: true',
    registry: { jwks: 'KEYS' },
    bundle: false,
    wrong: /^token-form: .*only with x5c: false/,
  },
  {
    name: 'the key set of another server',
    token: '',
    registry: { jwks: 'OTHERS' },
    bundle: false,
    wrong: /^registry-bundle: the registry's .* does not hold the key/,
  },
]

if (program !== undefined) {
  describe('dockwarden doctor, with Distribution 3', function () {
    this.timeout(60_000)
    let folder: string
    let certificate: string
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-distribution-'))
      const pair = await newPair('RSA-2048')
      certificate = pair.certificate
      writeFileSync(join(folder, 'key.crt'), certificate)
      writeFileSync(join(folder, 'key.pem'), pair.key, { mode: 0o600 })
    })
    after(() => rmSync(folder, { recursive: true }))

    for (const { name, token, registry: more, bundle, wrong } of CASES) {
      it(`says what is wrong with ${name}`, async () => {
        const port = await freePort()
        const [crt, pem, keys, others] = ['key.crt', 'key.pem', 'keys', 'others'].map((file) =>
          join(folder, file),
        )
        await using server = await startTestServer({
          config: `server: { addr: "127.0.0.1:${port}" }
token: { issuer: "Acme auth server", expiration: 900, certificate: ${crt}, key: ${pem}${token} }
users: { "": {} }
acl: [{ match: { account: "" }, actions: [pull] }]
`,
        })
        const set = (await server.send({ path: '/.well-known/jwks.json' })).text
        writeFileSync(keys!, set)
        writeFileSync(
          others!,
          JSON.stringify({ keys: [{ ...JSON.parse(set).keys[0], kid: 'other', e: 'Aw' }] }),
        )
        const text = JSON.stringify(more).replace('KEYS', keys!).replace('OTHERS', others!)
        const registry = await startRegistry({
          program,
          realm: `http://localhost:${port}/auth`,
          service: 'registry',
          issuer: 'Acme auth server',
          rootcertbundle: certificate,
          token: { ...JSON.parse(text), ...(!bundle && { rootcertbundle: undefined }) },
        })
        try {
          const { of } = await runDoctor(join(server.folder, 'dockwarden.yml'), {
            registry: registry.url.replace('127.0.0.1', 'localhost'),
          })
          expect(of('wrong').join('\n')).to.match(wrong)
        } finally {
          await registry.stop()
        }
      })
    }
  })
}
