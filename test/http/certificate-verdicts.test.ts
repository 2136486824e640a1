// One verdict on a client certificate, whether the client shows it in a handshake or a proxy passes it on: for all that may be wrong
// with one, and for some that look odd and are fine.
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { Agent, get } from 'node:https'
import { expect } from 'chai'
import { der } from '../support/client-certificates.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { type OddExtension, oddCertificate, oid, sequence } from '../support/odd-certificates.ts'
import {
  ANY,
  basic,
  CA,
  CLIENT,
  commonName,
  count,
  critical,
  dns,
  email,
  extended,
  ip,
  netscape,
  POLICY,
  SERVER,
  SIGNS,
  unknown,
  uri,
  usage,
  yes,
} from '../support/odd-extensions.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const DAY = 86_400_000
const yesterday = new Date(Date.now() - DAY)
const tomorrow = new Date(Date.now() + DAY)

const ec = (namedCurve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey

const fingerprintOf = ({ certificate }: TestPair): string =>
  new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()

describe('the verdict on a client certificate', () => {
  type Case = [name: string, make: () => TestPair]

  let root: TestPair
  let sha1Root: TestPair
  let rsaRoot: TestPair
  let weakRoot: TestPair
  /** Those in client_ca. */
  let authorities: TestPair[]

  type More = Partial<Parameters<typeof oddCertificate>[1]>
  const leaf = (extensions: readonly OddExtension[] = [], more: More = {}): TestPair =>
    oddCertificate('ci', { issuer: root, key: ec(), extensions, ...more })
  const authority = (extensions: readonly OddExtension[] = [CA, SIGNS], more: More = {}): TestPair => {
    const made = oddCertificate(`authority ${authorities.length}`, {
      issuer: root,
      key: ec(),
      extensions,
      ...more,
    })
    authorities.push(made)
    return made
  }
  const below = (issuer: TestPair, ...extensions: OddExtension[]): TestPair => leaf(extensions, { issuer })
  const limited = (permitted: boolean, tag: number, value: string | Buffer): TestPair => {
    const subtree = der(permitted ? 0xa0 : 0xa1, sequence(der(tag, value)))
    return authority([CA, { id: '2.5.29.30', critical: true, value: sequence(subtree) }])
  }
  /** Not in client_ca: the client sends it along. */
  const sent = (made: TestPair): TestPair => {
    const shown = leaf([], { issuer: made })
    return { ...shown, certificate: shown.certificate + made.certificate }
  }

  const trusted: Case[] = [
    ['no extension', () => leaf()],
    ['version 1', () => leaf([], { version: 1 })],
    ['clientAuth', () => leaf([extended(CLIENT)])],
    ['clientAuth among others, critical', () => leaf([critical(extended(SERVER, CLIENT, ANY))])],
    ['key usage digitalSignature', () => leaf([usage('digitalSignature')])],
    [
      'key usage digitalSignature and keyEncipherment',
      () => leaf([usage('digitalSignature', 'keyEncipherment')]),
    ],
    ['key usage keyAgreement', () => leaf([usage('keyAgreement')])],
    ['a Netscape type for clients', () => leaf([netscape(0x80)])],
    ['basic constraints without CA', () => leaf([basic()])],
    ['a path length without CA', () => leaf([basic(count(0))])],
    ['an unknown extension', () => leaf([unknown(false)])],
    ['a critical policy', () => leaf([critical(POLICY)])],
    ['an RSA key of 2048 bits', () => leaf([], { key: rsa(2048) })],
    ['a P-384 key', () => leaf([], { key: ec('P-384') })],
    ['a P-521 key', () => leaf([], { key: ec('P-521') })],
    ['an Ed25519 key', () => leaf([], { key: generateKeyPairSync('ed25519').privateKey })],
    ['an Ed448 key', () => leaf([], { key: generateKeyPairSync('ed448').privateKey })],
    ['an ML-DSA key', () => leaf([], { key: generateKeyPairSync('ml-dsa-65').privateKey })],
    [
      'an RSA-PSS key',
      () => leaf([], { key: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey }),
    ],
    ['a root that signed itself with SHA-1', () => leaf([], { issuer: sha1Root })],
    ['an authority between', () => below(authority())],
    ['an authority between without a key usage', () => below(authority([CA]))],
    [
      'an authority between that asks for policies',
      () =>
        below(authority([CA, critical({ id: '2.5.29.36', value: sequence(der(0x80, Buffer.from([0]))) })])),
    ],
    ['a path of the length that is allowed', () => below(authority([basic(yes, count(0))]))],
    [
      'a name inside of those that are permitted',
      () => below(limited(true, 0x82, 'example.com'), dns('a.example.com')),
    ],
    ['no name of the kind that is limited', () => below(limited(true, 0x82, 'example.com'))],
    [
      'a name outside of those that are excluded',
      () => below(limited(false, 0x82, 'example.com'), dns('a.example.org')),
    ],
    // An authority may show its certificate as a client, unless its key usage says otherwise.
    ['an authority without a key usage', () => leaf([CA])],
    ['an authority for digital signatures, too', () => leaf([CA, usage('keyCertSign', 'digitalSignature')])],
  ]

  const refused: Case[] = [
    ['serverAuth only', () => leaf([extended(SERVER)])],
    ['any extended key usage only', () => leaf([extended(ANY)])],
    ...(['nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyCertSign', 'cRLSign'] as const).map(
      (name): Case => [`key usage ${name} only`, () => leaf([usage(name)])],
    ),
    ['a key usage without anything', () => leaf([usage()])],
    [
      'clientAuth, but key usage keyEncipherment only',
      () => leaf([extended(CLIENT), usage('keyEncipherment')]),
    ],
    ['a Netscape type for servers', () => leaf([netscape(0x40)])],
    ['a Netscape type for authorities', () => leaf([netscape(0x04)])],
    ['the root', () => root],
    [
      'a root without a key usage that is not trusted',
      () => oddCertificate('x', { key: ec(), extensions: [CA] }),
    ],
    ['an authority of client_ca', () => authority()],
    ['an authority with key usage keyCertSign', () => leaf([CA, usage('keyCertSign')])],
    ['an unknown critical extension', () => leaf([unknown(true)])],
    ['an unknown critical extension above', () => below(authority([CA, unknown(true)]))],
    [
      'a proxy certificate',
      () =>
        leaf([
          { id: '1.3.6.1.5.5.7.1.14', critical: true, value: sequence(sequence(oid('1.3.6.1.5.5.7.21.1'))) },
        ]),
    ],
    ['two extended key usages', () => leaf([extended(CLIENT), extended(SERVER)])],
    ['two key usages', () => leaf([usage('digitalSignature'), usage('digitalSignature')])],
    ['basic constraints that nobody can read', () => leaf([{ id: '2.5.29.19', value: der(0x04, 'x') }])],

    ['a signature with SHA-1', () => leaf([], { hash: 'sha1' })],
    ['a signature with RSA and SHA-1', () => leaf([], { issuer: rsaRoot, hash: 'sha1' })],
    ['a signature with MD5', () => leaf([], { issuer: rsaRoot, hash: 'md5' })],
    ['a signature with SHA-1 above', () => below(authority([CA], { issuer: rsaRoot, hash: 'sha1' }))],
    ['a signature with MD5 above', () => below(authority([CA], { issuer: rsaRoot, hash: 'md5' }))],
    ['an RSA key of 1024 bits', () => leaf([], { key: rsa(1024) })],
    ['an RSA key of 1536 bits', () => leaf([], { key: rsa(1536) })],
    ['an RSA key of 1024 bits above', () => below(authority([CA], { key: rsa(1024) }))],
    ['a root with an RSA key of 1024 bits', () => leaf([], { issuer: weakRoot })],
    ['a P-192 key', () => leaf([], { key: ec('prime192v1') })],
    ['a P-224 key', () => leaf([], { key: ec('P-224') })],
    ['a secp256k1 key', () => leaf([], { key: ec('secp256k1') })],
    ['a brainpool key', () => leaf([], { key: ec('brainpoolP256r1') })],
    [
      'an RSA-PSS key of 1024 bits',
      () => leaf([], { key: generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).privateKey }),
    ],
    ['an X448 key', () => leaf([], { key: generateKeyPairSync('x448').privateKey })],
    [
      'a DSA key of 1024 bits',
      () =>
        leaf([], { key: generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey }),
    ],
    ['an X25519 key', () => leaf([], { key: generateKeyPairSync('x25519').privateKey })],
    [
      'a name outside of those that are permitted',
      () => below(limited(true, 0x82, 'example.com'), dns('a.example.org')),
    ],
    [
      'a name inside of those that are excluded',
      () => below(limited(false, 0x82, 'example.com'), dns('a.example.com')),
    ],
    ['a mail address outside', () => below(limited(true, 0x81, 'example.com'), email('a@example.org'))],
    ['a URI outside', () => below(limited(true, 0x86, '.example.com'), uri('https://a.example.org/x'))],
    [
      'an IP address outside',
      () => below(limited(true, 0x87, Buffer.from([10, 0, 0, 0, 255, 0, 0, 0])), ip(192, 0, 2, 1)),
    ],
    ['a subject outside', () => below(limited(true, 0xa4, commonName('somebody else')))],
    ['a path that is too long', () => below(authority([CA], { issuer: authority([basic(yes, count(0))]) }))],
    ['expired', () => leaf([], { notAfter: yesterday })],
    ['not valid yet', () => leaf([], { notBefore: tomorrow })],
    ['an expired authority', () => below(authority([CA], { notAfter: yesterday }))],
    ['an authority that is not valid yet', () => below(authority([CA], { notBefore: tomorrow }))],
    ['an authority that is none', () => sent(leaf([basic()], { key: ec() }))],
    ['an authority that is of version 1', () => sent(leaf([], { version: 1 }))],
    ['an authority that may not sign', () => sent(leaf([CA, usage('digitalSignature')]))],
    [
      'an issuer with another key of its own',
      () =>
        leaf([{ id: '2.5.29.35', value: sequence(der(0x80, Buffer.from([1, 2, 3]))) }], {
          issuer: authority([CA, { id: '2.5.29.14', value: der(0x04, Buffer.from([3, 2, 1])) }]),
        }),
    ],
    [
      'a signature that is not that of the issuer',
      () =>
        leaf([], {
          issuer: {
            certificate: root.certificate,
            key: ec().export({ type: 'pkcs8', format: 'pem' }).toString(),
          },
        }),
    ],
  ]

  /** What the cases make. */
  let pairs: Map<string, TestPair>
  let tls: TestPair
  let direct: TestInstance
  let proxied: TestInstance

  before(async () => {
    root = oddCertificate('root', { key: ec(), extensions: [CA, SIGNS] })
    sha1Root = oddCertificate('sha1 root', { key: rsa(2048), hash: 'sha1', extensions: [CA] })
    rsaRoot = oddCertificate('rsa root', { key: rsa(2048), extensions: [CA] })
    weakRoot = oddCertificate('weak root', { key: rsa(1024), extensions: [CA] })
    authorities = [root, sha1Root, rsaRoot, weakRoot]
    pairs = new Map([...trusted, ...refused].map(([name, make]) => [name, make()]))
    tls = await newPair('P-256', { name: 'localhost' })
    const start = (server: object) =>
      startTestServer({
        config: {
          server: { listen: '127.0.0.1:0', client_ca: 'clients.pem', ...server },
          authenticators: [{ plugin: 'mtls', options: { account: '"client"' } }],
          authorizers: [],
        },
        files: {
          'clients.pem': authorities.map(({ certificate }) => certificate).join(''),
          'tls.crt': tls.certificate,
          'tls.key': tls.key,
        },
      })
    direct = await start({ tls: { certificate: 'tls.crt', key: 'tls.key' } })
    proxied = await start({ client_certificate: { header: 'Client-Cert', trusted_proxies: ['127.0.0.1'] } })
  })
  after(async () => {
    await direct?.stop()
    await proxied?.stop()
  })

  /** The status of a request over a connection with this certificate, or why there is no connection. */
  function shown({ certificate: cert, key }: TestPair): Promise<number | string> {
    return new Promise((resolve) => {
      let agent: Agent | undefined
      const done = (answer: number | string) => {
        agent?.destroy()
        resolve(answer)
      }
      try {
        // The client itself has no scruples.
        const lax = { ciphers: 'DEFAULT:@SECLEVEL=0', rejectUnauthorized: false }
        agent = new Agent({ cert, key, ...lax })
        const url = `https://127.0.0.1:${direct.port}/auth?service=registry`
        get(url, { agent }, (response) => response.resume().on('end', () => done(response.statusCode!))).on(
          'error',
          ({ message }) => done(message),
        )
      } catch (error) {
        done(String(error))
      }
    })
  }

  async function passedOn({ certificate }: TestPair): Promise<number> {
    const header = `:${new X509Certificate(certificate).raw.toString('base64')}:`
    const query = { service: 'registry' }
    return (await proxied.token({ query, headers: { 'client-cert': header } })).status
  }

  for (const [name] of trusted) {
    it(`is good: ${name}`, async () => {
      const pair = pairs.get(name)!
      expect([await shown(pair), await passedOn(pair)]).to.deep.equal([200, 200])
    })
  }
  for (const [name] of refused) {
    it(`is bad: ${name}`, async () => {
      const pair = pairs.get(name)!
      // With some keys a client comes to no connection at all.
      expect(await shown(pair)).not.to.equal(200)
      expect(await passedOn(pair)).to.equal(401)
      const rejected = proxied.lines().findLast(({ msg }) => msg === 'credentials rejected')!
      expect(rejected.reason).to.contain(fingerprintOf(pair).slice(0, 16))
    })
  }
})
