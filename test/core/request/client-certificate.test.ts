import { X509Certificate } from 'node:crypto'
import { Agent, get } from 'node:https'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ClientCertificate } from '../../../core/plugin.ts'
import { createClientCertificateOf, readCertificate } from '../../../core/request/client-certificate.ts'
import {
  type Authority,
  alternativeNames,
  der,
  newAuthority,
  type Subject,
  utf8,
} from '../../support/client-certificates.ts'
import { serve, type TestServer } from '../../support/http-server.ts'
import { newPair, type TestPair } from '../../support/key-pairs.ts'
import { runs } from '../../support/properties.ts'

describe('the names in a client certificate', () => {
  let authority: Authority
  before(async () => {
    authority = await newAuthority('clients')
  })

  async function read(subject: Subject, ...names: Buffer[]) {
    const { certificate } = await authority.issue(subject, { names })
    return readCertificate(new X509Certificate(certificate), undefined)
  }

  const subjects: [string, Subject, object][] = [
    [
      'every value, in order',
      [{ O: ['Example'] }, { OU: ['one'] }, { CN: ['ci'] }, { OU: ['two'] }],
      { O: ['Example'], OU: ['one', 'two'], CN: ['ci'] },
    ],
    [
      'those of a part with several values',
      [{ CN: ['ci'], OU: ['one', 'two'] }],
      { CN: ['ci'], OU: ['one', 'two'] },
    ],
    [
      'a value that looks like another attribute',
      [{ CN: ['x, CN=admin'] }, { O: ['a/CN=admin+CN=root'] }],
      { CN: ['x, CN=admin'], O: ['a/CN=admin+CN=root'] },
    ],
    [
      'names that every object has',
      [{ CN: ['__proto__'] }, { OU: ['constructor'] }],
      { CN: ['__proto__'], OU: ['constructor'] },
    ],
    [
      'less usual attributes, and unknown ones',
      [
        { DC: ['example'], E: ['a@b.example'] },
        { '0.9.2342.19200300.100.1.1': ['u1'], '1.2.3.4': ['own'] },
      ],
      { DC: ['example'], emailAddress: ['a@b.example'], UID: ['u1'], '1.2.3.4': ['own'] },
    ],
    ['UTF-8', [{ CN: ['Zoë 数'] }], { CN: ['Zoë 数'] }],
    ['an empty value', [{ CN: [utf8('')] }], { CN: [''] }],
    ['none', [], {}],
  ]
  for (const [name, subject, expected] of subjects) {
    it(`subject: ${name}`, async () => {
      const certificate = await read(subject)
      expect(Object.entries(certificate.subject)).to.have.deep.members(Object.entries(expected))
      expect(certificate.trusted).to.equal(true)
      expect(certificate.issuer).to.deep.include({ CN: ['clients'] })
    })
  }

  const none = { dns: [], email: [], uri: [], ip: [] }
  const directory = der(
    0x30,
    der(
      0x31,
      der(0x30, Buffer.concat([Buffer.from('0603550403', 'hex'), der(0x0c, 'dir, DNS:dir.example')])),
    ),
  )
  const other = Buffer.concat([
    Buffer.from('06032a0304', 'hex'),
    der(0xa0, der(0x0c, 'x, DNS:other.example')),
  ])
  const upn = Buffer.concat([
    Buffer.from('060a2b060104018237140203', 'hex'),
    der(0xa0, der(0x0c, 'a@b, DNS:upn.example')),
  ])
  const alternatives: [string, Buffer, object][] = [
    [
      'all kinds',
      alternativeNames(
        ['dns', 'a.example'],
        ['uri', 'spiffe://td/ns/x'],
        ['email', 'a@b.example'],
        ['dns', '*.b.example'],
      ),
      { dns: ['a.example', '*.b.example'], uri: ['spiffe://td/ns/x'], email: ['a@b.example'] },
    ],
    [
      'addresses in their usual spelling',
      alternativeNames(
        ['ip', Buffer.from([192, 0, 2, 1])],
        ['ip', Buffer.from('20010db8000000000000000000000001', 'hex')],
      ),
      { ip: ['192.0.2.1', '2001:db8::1'] },
    ],
    [
      'an address of a wrong length is none',
      alternativeNames(['ip', Buffer.from([1, 2, 3])], ['dns', 'a']),
      { dns: ['a'] },
    ],
    [
      'a value that looks like another name',
      alternativeNames(
        ['dns', 'a, DNS:admin.example'],
        ['uri', 'x, URI:spiffe://td/admin'],
        ['email', 'a", email:"b@c'],
      ),
      { dns: ['a, DNS:admin.example'], uri: ['x, URI:spiffe://td/admin'], email: ['a", email:"b@c'] },
    ],
    [
      'quotes and backslashes',
      alternativeNames(['uri', '"'], ['uri', '\\'], ['uri', '\\"'], ['uri', '\\u002c'], ['uri', "it's a b"]),
      { uri: ['"', '\\', '\\"', '\\u002c', "it's a b"] },
    ],
    [
      'kinds that are not read do not lend names',
      alternativeNames(
        ['dir', directory],
        ['other', other],
        ['other', upn],
        ['id', Buffer.from('2a0304', 'hex')],
        ['uri', 'u'],
      ),
      { uri: ['u'] },
    ],
    ['empty values', alternativeNames(['dns', ''], ['uri', 'u']), { dns: [''], uri: ['u'] }],
    ['what is no list of names', Buffer.from('3003820561', 'hex'), {}],
  ]
  for (const [name, value, expected] of alternatives) {
    it(`alternative names: ${name}`, async () => {
      const { san, trusted } = await read('CN=ci', value)
      expect(san).to.deep.equal({ ...none, ...expected })
      expect(trusted).to.equal(true)
    })
  }

  it('of a second list of alternative names do not count', async () => {
    const { san } = await read('CN=ci', alternativeNames(['dns', 'one']), alternativeNames(['dns', 'two']))
    expect(san.dns).to.deep.equal(['one'])
  })

  const unprintable: [string, Subject, Buffer][] = [
    ['a NUL byte in the subject', [{ CN: [utf8('admin\0.example')] }], alternativeNames()],
    ['a line break in the subject', [{ CN: ['ci'] }, { OU: ['x\nCN=admin'] }], alternativeNames()],
    ['a NUL byte in an alternative name', 'CN=ci', alternativeNames(['dns', 'admin.example\0.evil'])],
    ['an escape character in an alternative name', 'CN=ci', alternativeNames(['uri', 'x\u001b[2J'])],
  ]
  for (const [name, subject, names] of unprintable) {
    it(`${name}: the certificate is not trusted`, async () => {
      const certificate = await read(subject, names)
      expect(certificate).to.include({ trusted: false, problem: 'a name in it holds control characters' })
    })
  }

  it('are never other than what was certified, whatever it is', async () => {
    const kind = fc.constantFrom('dns', 'uri', 'email')
    // Certificates hold ASCII there.
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((text) => `x${text}`)
    const text = fc.oneof(value, fc.constantFrom('", DNS:"x', ', DNS:x', '\\', '"', 'a, URI:"b"', "'"))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(kind, text), { maxLength: 5 }), value, async (names, cn) => {
        const { san, subject } = await read([{ CN: [utf8(cn)] }], alternativeNames(...names))
        const of = (wanted: string) => names.flatMap(([kind, text]) => (kind === wanted ? [text] : []))
        expect(san).to.deep.equal({ dns: of('dns'), uri: of('uri'), email: of('email'), ip: [] })
        expect(subject.CN).to.deep.equal([cn])
      }),
      runs(60),
    )
  })

  it('can be read whatever bytes stand in them', async () => {
    const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array))
    await fc.assert(
      fc.asyncProperty(bytes, bytes, fc.boolean(), async (inSubject, inNames, wrapped) => {
        const names = wrapped ? alternativeNames(['uri', inNames], ['dir', inNames]) : inNames
        const certificate = await read([{ CN: [utf8(inSubject)] }], names)
        expect(certificate.fingerprint).to.match(/^[0-9a-f]{64}$/)
      }),
      runs(60),
    )
  })

  it('stand beside serial, fingerprint and dates', async () => {
    const notAfter = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 60_000)
    const pair = await authority.issue('CN=ci', { notAfter })
    const shown = new X509Certificate(pair.certificate)
    const certificate = readCertificate(shown, 'it was revoked')
    expect(certificate).to.deep.include({
      notAfter,
      serial: shown.serialNumber,
      trusted: false,
      problem: 'it was revoked',
    })
    expect(certificate.fingerprint).to.equal(shown.fingerprint256.replaceAll(':', '').toLowerCase())
  })
})

describe('the client certificate of a connection', () => {
  let authority: Authority
  let now: number
  let agent: Agent
  let server: TestServer
  let asked: (ClientCertificate | undefined)[]

  before(async () => {
    authority = await newAuthority('clients')
    const tls = await newPair('P-256', { name: 'localhost' })
    const find = createClientCertificateOf({ now: () => now }, undefined, () => {
      throw new Error('only for what proxies say')
    })
    server = await serve((_, response) => response.end(), {
      ...{ cert: tls.certificate, key: tls.key, ca: authority.certificate },
      ...{ requestCert: true, rejectUnauthorized: false },
    })
    server.server.prependListener(
      'request',
      (request) => void asked.push(find(request) as ClientCertificate | undefined),
    )
  })
  beforeEach(() => {
    asked = []
    now = Date.now()
  })
  afterEach(() => agent.destroy())
  after(() => server.close())

  function ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      get(server.origin, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
  }

  function connectWith(pair?: TestPair): void {
    const shown = pair && { cert: pair.certificate, key: pair.key }
    agent = new Agent({ ...shown, rejectUnauthorized: false, keepAlive: true, maxSockets: 1 })
  }

  it('may expire while the connection is open', async () => {
    connectWith(await authority.issue('CN=ci'))
    await ask()
    const { notAfter } = asked[0]!
    now = notAfter.getTime()
    await ask()
    now = notAfter.getTime() + 1
    await ask()
    expect(asked.map((certificate) => certificate!.trusted)).to.deep.equal([true, true, false])
    expect(asked[2]!.problem).to.contain('has expired')
    expect(server.connections).to.equal(1)
  })

  it('is none when the client shows none', async () => {
    connectWith()
    await ask()
    expect(asked).to.deep.equal([undefined])
  })
})
