// What the doctor reads of registries: challenges, names of registries, realms, clocks, settings.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Answer } from '../../../core/doctor/ask.ts'
import { readChallenges } from '../../../core/doctor/registry/challenge.ts'
import { judgeClocks } from '../../../core/doctor/registry/clocks.ts'
import { readRegistry } from '../../../core/doctor/registry/find.ts'
import { judgeRealm } from '../../../core/doctor/registry/realm-words.ts'
import { readSettings } from '../../../core/doctor/registry/settings.ts'

describe('the doctor reads challenges', () => {
  const asObject = (header: string | undefined) =>
    readChallenges(header).map(({ scheme, parameters }) => ({ scheme, ...Object.fromEntries(parameters) }))

  const CASES: readonly (readonly [header: string | undefined, read: object[]])[] = [
    [undefined, []],
    ['', []],
    ['Bearer', [{ scheme: 'bearer' }]],
    ['bearer realm=x', [{ scheme: 'bearer', realm: 'x' }]],
    [
      'Bearer realm="https://a/auth",service="r",error="invalid_token"',
      [{ scheme: 'bearer', realm: 'https://a/auth', service: 'r', error: 'invalid_token' }],
    ],
    [
      'Basic realm="a, b", Bearer  Realm = "c\\"d" , service="e"',
      [
        { scheme: 'basic', realm: 'a, b' },
        { scheme: 'bearer', realm: 'c"d', service: 'e' },
      ],
    ],
    ['realm="lost"', []],
    ['Bearer realm="open', [{ scheme: 'bearer' }]],
  ]
  for (const [header, read] of CASES) {
    it(String(JSON.stringify(header)), () => expect(asObject(header)).to.deep.equal(read))
  }

  it('gives back whatever was quoted', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, service) => {
        const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
        const header = `Bearer realm=${quoted(realm)},service=${quoted(service)}`
        expect(asObject(header)).to.deep.equal([{ scheme: 'bearer', realm, service }])
      }),
    )
  })

  it('of any text, without an end or an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void readChallenges(text)))
  })
})

describe('the doctor takes a registry', () => {
  const CASES: readonly (readonly [text: string, urls: string[]])[] = [
    ['https://r.example', ['https://r.example/v2/']],
    ['http://r.example:5000/v2/', ['http://r.example:5000/v2/']],
    ['localhost:5000', ['https://localhost:5000/v2/', 'http://localhost:5000/v2/']],
    ['r.example/mirror/', ['https://r.example/mirror/v2/', 'http://r.example/mirror/v2/']],
    ['https://[::1]:5000?x=1#y', ['https://[::1]:5000/v2/']],
  ]
  for (const [text, urls] of CASES) {
    it(text, () => expect(readRegistry(text).map(({ href }) => href)).to.deep.equal(urls))
  }
  for (const text of ['', 'ftp://r.example', 'https://', 'a b', 'https://alice:secret@r.example']) {
    it(`not ${JSON.stringify(text)}`, () => {
      expect(() => readRegistry(text))
        .to.throw('--registry')
        .with.property('message')
        .that.does.not.include('secret')
    })
  }
})

describe('the doctor judges a realm as it is written', () => {
  const CASES: readonly (readonly [realm: string, registry: string, found: string[]])[] = [
    ['https://auth.example.com/auth', 'https://r.example.com/v2/', ['ok realm-url']],
    ['http://localhost:5001/auth', 'http://localhost:5000/v2/', ['ok realm-url']],
    ['https://127.0.0.1:5001/auth', 'https://127.0.0.1:5001/v2/', ['ok realm-url']],
    ['', 'https://r.example/v2/', ['wrong realm-url']],
    ['auth.example.com/auth', 'https://r.example/v2/', ['wrong realm-url']],
    ['https://auth.example.com/auth ', 'https://r.example/v2/', ['wrong realm-url']],
    ['https://alice:canary@auth.example.com/auth', 'https://r.example/v2/', ['wrong realm-url']],
    ['ldap://auth.example.com/auth', 'https://r.example/v2/', ['wrong realm-url']],
    ['https://localhost:5001/auth', 'https://r.example.com/v2/', ['wrong realm-host']],
    ['https://[::1]:5001/auth', 'https://r.example.com/v2/', ['wrong realm-host']],
    ['https://0.0.0.0:5001/auth', 'http://localhost:5000/v2/', ['wrong realm-host']],
    ['https://10.1.2.3/auth', 'https://r.example.com/v2/', ['warning realm-address']],
    ['https://203.0.113.7/auth', 'https://r.example.com/v2/', ['warning realm-address']],
    ['http://127.0.0.1:5001/auth', 'http://127.0.0.1:5000/v2/', ['warning realm-address']],
    ['https://dockwarden:5001/auth', 'https://r.example.com/v2/', ['warning realm-name']],
    ['http://auth.example.com/auth', 'https://r.example.com/v2/', ['wrong realm-http']],
    ['http://auth.example.com/auth', 'http://r.example.com/v2/', ['warning realm-http']],
    ['http://10.1.2.3/auth', 'https://r.example.com/v2/', ['warning realm-address', 'wrong realm-http']],
  ]
  for (const [realm, registry, found] of CASES) {
    it(`${realm} of ${registry}`, () => {
      const { findings } = judgeRealm(realm, new URL(registry), 'registry')
      expect(findings.map(({ level, id }) => `${level} ${id}`)).to.deep.equal(found)
      expect(JSON.stringify(findings)).not.to.include('canary')
    })
  }
  it('without a service', () => {
    const { findings } = judgeRealm('https://a.example/auth', new URL('https://r.example/v2/'), '')
    expect(findings.map(({ level, id }) => `${level} ${id}`)).to.deep.equal(['wrong service'])
  })
})

describe('the doctor compares clocks', () => {
  const at = (skew: number | undefined) => ({ skew }) as Answer
  const CASES: readonly (readonly [
    registry: number | undefined,
    realm: number | undefined,
    found: RegExp,
  ])[] = [
    [undefined, 0, /^$/],
    [0, 0, /^ok the clocks agree/],
    [1_000, -2_000, /^ok/],
    [-3_600_000, 0, /^wrong the registry's clock is 60 min behind that of the token server$/],
    [7_200_000, 0, /^wrong the registry's clock is 2 h ahead of that of the token server$/],
    [0, 30_000, /^warning the registry's clock is 30 s behind/],
    [3_600_000, 3_600_000, /^warning the clock of this machine is 60 min behind/],
    [90_000, undefined, /^wrong the registry's clock is 90 s ahead of that of this machine$/],
  ]
  for (const [registry, realm, found] of CASES) {
    it(`${registry} and ${realm}`, () => {
      const findings = judgeClocks(at(registry), realm === undefined ? undefined : at(realm))
      expect(findings.map(({ level, what }) => `${level} ${what}`).join('\n')).to.match(found)
    })
  }
})

describe('the doctor reads the configuration of a registry', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-settings-'))
    writeFileSync(join(folder, 'bundle.pem'), 'PEM')
  })
  after(() => rmSync(folder, { recursive: true }))
  const write = (text: string) => {
    writeFileSync(join(folder, 'config'), text)
    return join(folder, 'config')
  }

  it("Distribution's", async () => {
    const file = write(
      'auth:\n  token:\n    realm: https://a/auth\n    service: r\n    issuer: I\n    rootcertbundle: bundle.pem\n',
    )
    const { bundle, ...settings } = await readSettings(file)
    expect(settings).to.deep.equal({ file, kind: 'distribution', issuer: 'I' })
    expect(bundle).to.include({ file: 'bundle.pem', text: 'PEM' })
  })

  it("zot's", async () => {
    const file = write(
      '{ "http": { "auth": { "bearer": { "realm": "https://a/auth", "service": "z", "cert": "none.pem" } } } }',
    )
    const { bundle, ...settings } = await readSettings(file)
    expect(settings).to.deep.equal({ file, kind: 'zot' })
    expect(bundle).to.deep.equal({ file: 'none.pem' })
  })

  for (const [text, message] of [
    ['storage: {}\n', 'has neither auth.token'],
    ['just words', 'has neither auth.token'],
    ['', 'has neither auth.token'],
    ['a: [', 'is no YAML'],
  ] as const) {
    it(`not ${JSON.stringify(text)}`, async () => {
      const error = await readSettings(write(text)).then(
        () => undefined,
        (thrown) => thrown as Error,
      )
      expect(error?.message).to.include(message).and.include('--registry-config')
    })
  }
  it('nor one that is not there', async () => {
    const error = await readSettings(join(folder, 'nowhere')).then(
      () => undefined,
      (thrown) => thrown as Error,
    )
    expect(error?.message).to.include('there is no such file')
  })
})
