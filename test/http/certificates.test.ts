// Several certificates: which one a client gets, how they are renewed, and what is said of those that nobody gets.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { createTlsCertificate } from '../../core/x509/certificates.ts'
import { type Authority, newAuthority } from '../support/client-certificates.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { scripted } from '../support/plugins/index.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const NAMES = {
  first: ['auth.example.com', 'localhost'],
  other: ['other.example.com', '*.wild.example.com', '127.0.0.1'],
  wild: ['*.example.com', 'exact.wild.example.com'],
} as const
type Which = keyof typeof NAMES

describe('several certificates', () => {
  const pairs = new Map<string, TestPair>()
  before(async () => {
    for (const [which, names] of Object.entries(NAMES))
      pairs.set(which, await createTlsCertificate(names, Date.now()))
  })

  const files = () =>
    Object.fromEntries(
      [...pairs].flatMap(([name, { certificate, key }]) => [
        [`${name}.crt`, certificate],
        [`${name}.key`, key],
      ]),
    )
  const named = (...names: string[]) =>
    names.map((name) => ({ certificate: `${name}.crt`, key: `${name}.key` }))

  function start(
    server: object,
    more: object = {},
    added: Record<string, string> = {},
  ): Promise<TestInstance> {
    const authenticators = [scripted.authenticator('yes', { answer: { outcome: 'accept' } })]
    return startTestServer({
      config: { server: { listen: '127.0.0.1:0', ...server }, authenticators, authorizers: [] },
      files: { ...files(), ...added },
      ...more,
    })
  }

  /** The certificate that a client gets. */
  async function given(port: number, servername: string | undefined, more: object = {}): Promise<string> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(servername !== undefined && { servername }),
      ...more,
    })
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    const certificate = socket.getPeerX509Certificate()!.toString()
    socket.destroy()
    return [...pairs].find(([, pair]) => pair.certificate === certificate)?.[0] ?? certificate
  }

  const clients: [string | undefined, Which][] = [
    ['auth.example.com', 'first'],
    ['AUTH.example.COM', 'first'],
    ['other.example.com', 'other'],
    ['any.example.com', 'wild'],
    ['a.wild.example.com', 'other'],
    ['exact.wild.example.com', 'wild'],
    ['a.b.wild.example.com', 'first'],
    ['example.com', 'first'],
    ['unknown.test', 'first'],
    ['*.example.com', 'wild'],
    [undefined, 'first'],
  ]
  it('go by the name that a client asks for: itself before a wildcard, otherwise the first', async () => {
    await using server = await start({ tls: { certificates: named('first', 'other', 'wild') } })
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'])
      for (const [name, which] of clients)
        expect(await given(server.port, name, { maxVersion }), `${name}`).to.equal(which)
  })

  it('may be one, as certificate and key', async () => {
    for (const tls of [named('other')[0], { certificates: named('other') }]) {
      await using server = await start({ tls })
      for (const [name] of clients) expect(await given(server.port, name)).to.equal('other')
    }
  })

  it('may be of one address alone', async () => {
    const listen = ['127.0.0.1:0', { address: '127.0.0.1:0', tls: { certificates: named('other', 'wild') } }]
    await using server = await start({ listen, tls: named('first')[0] })
    const [common, own] = server.server.listener.ports
    expect(await given(common!, 'other.example.com')).to.equal('first')
    expect(await given(own!, 'any.example.com')).to.equal('wild')
  })

  it('have one min_version', async () => {
    await using server = await start({
      tls: { certificates: named('first', 'other'), min_version: 'TLSv1.3' },
    })
    for (const name of ['auth.example.com', 'other.example.com']) {
      expect(await given(server.port, name)).to.be.oneOf(['first', 'other'])
      const old = given(server.port, name, { maxVersion: 'TLSv1.2' })
      expect(await old.catch(({ code }: NodeJS.ErrnoException) => code)).to.match(/PROTOCOL_VERSION/)
    }
  })

  it('are each read again when their files change', async () => {
    await using server = await start(
      { tls: { certificates: named('first', 'other') } },
      { watchInterval: 10 },
    )
    expect(await given(server.port, 'any.example.com')).to.equal('first')
    const { certificate, key } = pairs.get('wild')!
    writeFileSync(join(server.folder, 'other.key'), key)
    writeFileSync(join(server.folder, 'other.crt'), certificate)
    await eventually(async () => (await given(server.port, 'any.example.com')) === 'wild')
    expect(await given(server.port, 'auth.example.com')).to.equal('first')
    // A pair that is damaged changes nothing.
    writeFileSync(join(server.folder, 'first.crt'), 'damaged')
    await eventually(() =>
      server.lines().some(({ level, msg }) => level === 'warn' && /TLS certificate/.test(msg)),
    )
    expect(await given(server.port, 'auth.example.com')).to.equal('first')
    expect(await given(server.port, 'any.example.com')).to.equal('wild')
  })

  it('ask for client certificates alike', async () => {
    const root: Authority = await newAuthority('clients')
    const ci = await root.issue('CN=ci', { usage: 'client' })
    const server = await startTestServer({
      config: {
        server: {
          listen: '127.0.0.1:0',
          tls: { certificates: named('first', 'other') },
          client_ca: 'ca.crt',
        },
        authenticators: [{ plugin: 'mtls', options: { account: 'certificate.subject.CN[0]' } }],
        authorizers: [],
      },
      files: { ...files(), 'ca.crt': root.certificate },
    }).catch((error: Error) => error)
    if (server instanceof Error) throw server
    for (const servername of ['auth.example.com', 'other.example.com']) {
      const socket = connect({
        port: server.port,
        host: '127.0.0.1',
        servername,
        rejectUnauthorized: false,
        cert: ci.certificate,
        key: ci.key,
      })
      socket.write('GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
      const text = (await socket.setEncoding('latin1').toArray()).join('')
      expect(text).to.match(/^HTTP\/1\.1 200 /)
    }
    expect(server.audits().map(({ account }) => account)).to.deep.equal(['ci', 'ci'])
    await server.stop()
  })

  it('that no client is given are warned of, and so is an address whose name none has', async () => {
    const nameless = await createTlsCertificate(['192.0.2.1'], Date.now())
    const expired = await newPair('P-256', {
      name: 'old.example.com',
      notAfter: new Date(Date.now() - 1_000),
    })
    const more = {
      'nameless.crt': nameless.certificate,
      'nameless.key': nameless.key,
      'expired.crt': expired.certificate,
      'expired.key': expired.key,
    }
    await using server = await start(
      { tls: { certificates: named('first', 'other', 'first', 'nameless', 'expired') } },
      {},
      more,
    )
    const warnings = server.server.services.warnings.map(({ path, message }) => `${path}: ${message}`)
    expect(warnings, warnings.join('\n')).to.have.length(3)
    expect(warnings[0]).to.match(/^server\.tls\.certificates\[4\]\.certificate: .*expired on/)
    expect(warnings[1]).to.match(
      /^server\.tls\.certificates\[2\]\.certificate: no client is given it, since one before it has the same names \(auth\.example\.com, localhost\)/,
    )
    expect(warnings[2]).to.match(/^server\.tls\.certificates\[3\]\.certificate: has no host name/)
  })

  const wrong: [string, object, string][] = [
    ['an empty list', { certificates: [] }, 'server.tls.certificates: must name a certificate and its key'],
    [
      'half a pair',
      { certificates: [{ certificate: 'first.crt' }] },
      'server.tls.certificates[0].key: is missing',
    ],
    [
      'both forms',
      { certificate: 'first.crt', key: 'first.key', certificates: named('other') },
      'server.tls.certificates: stands beside certificate and key',
    ],
    [
      'neither',
      { min_version: 'TLSv1.2' },
      'server.tls: must be auto, or a map of certificate and key, or of acme',
    ],
    [
      'a file that is not there',
      { certificates: [...named('first'), ...named('none')] },
      'server.tls.certificates[1].certificate: ',
    ],
    [
      'keys that are swapped',
      { certificates: [...named('first'), { certificate: 'other.crt', key: 'wild.key' }] },
      'server.tls.certificates[1]: TLS: the certificate does not belong to the key',
    ],
    [
      'an unknown key',
      { certificates: [{ certificate: 'first.crt', key: 'first.key', name: 'a' }] },
      'server.tls.certificates[0].name: unknown key',
    ],
  ]
  for (const [name, tls, message] of wrong) {
    it(`are checked, each at its place: ${name}`, async () => {
      const started = start({ tls }).then(
        async (server) => {
          await server.stop()
          return 'started'
        },
        (error: Error) => error.message,
      )
      expect(await started).to.include(message)
    })
  }
})
