// TLS: tokens over https, the least version, and what is said about a certificate and key that can not be used.
import { type ConnectionOptions, connect, getCiphers, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { ConfigError } from '../../core/yaml/problems.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { scripted } from '../support/plugins/index.ts'
import { exchange } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })
const alice = ['alice', 'canary of the wrapped'] as const

describe('TLS', () => {
  let pair: TestPair
  let other: TestPair
  let rsa: TestPair
  let small: TestPair

  before(async () => {
    pair = await newPair('P-256', { name: 'localhost' })
    other = await newPair('P-256')
    rsa = await newPair('RSA-2048')
    small = await newPair('RSA-1024')
  })

  function start(settings: object = {}, { certificate, key } = pair): Promise<TestInstance> {
    const tls = { certificate: 'tls.crt', key: 'tls.key', ...settings }
    return startTestServer({
      config: { server: { listen: '127.0.0.1:0', tls }, authenticators: [accept], authorizers: [] },
      files: { 'tls.crt': certificate, 'tls.key': key },
      ca: certificate,
    })
  }

  type Version = 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

  /** The protocol version that a client of these versions gets, or the error that it gets. */
  function handshake(server: TestInstance, minVersion: Version, maxVersion: Version): Promise<string> {
    return connected(server, { minVersion, maxVersion }, (socket) => socket.getProtocol()!)
  }

  /** The suite of TLS 1.2 and before that a client of these suites gets, or the error that it gets. */
  function suite(server: TestInstance, ciphers: string, maxVersion: Version = 'TLSv1.2'): Promise<string> {
    const options = { ciphers: `${ciphers}:@SECLEVEL=0`, minVersion: 'TLSv1.1' as const, maxVersion }
    return connected(server, options, (socket) => socket.getCipher().name)
  }

  function connected(
    server: TestInstance,
    given: ConnectionOptions,
    read: (socket: TLSSocket) => string,
  ): Promise<string> {
    const options: ConnectionOptions = {
      host: '127.0.0.1',
      port: server.port,
      rejectUnauthorized: false,
      ciphers: 'DEFAULT@SECLEVEL=0',
      ...given,
    }
    return new Promise((resolve) => {
      const socket = connect(options, () => {
        resolve(read(socket))
        socket.destroy()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  }

  it('carries the same tokens', async () => {
    await using server = await start()
    expect(server.server.listener.address).to.equal(`https://127.0.0.1:${server.port}`)
    expect((await server.token({ user: alice })).claims!.sub).to.equal('alice')
  })

  it('begins at version 1.2, and goes up to 1.3', async () => {
    await using server = await start()
    expect(await handshake(server, 'TLSv1.1', 'TLSv1.1')).to.match(/PROTOCOL_VERSION|ECONNRESET/)
    expect(await handshake(server, 'TLSv1.2', 'TLSv1.2')).to.equal('TLSv1.2')
    expect(await handshake(server, 'TLSv1.2', 'TLSv1.3')).to.equal('TLSv1.3')
  })

  it('refuses clients below min_version', async () => {
    await using server = await start({ min_version: 'TLSv1.3' })
    expect(await handshake(server, 'TLSv1.2', 'TLSv1.2')).to.match(/PROTOCOL_VERSION|ECONNRESET/)
    expect(await handshake(server, 'TLSv1.2', 'TLSv1.3')).to.equal('TLSv1.3')
  })

  const REFUSED = /HANDSHAKE_FAILURE|ECONNRESET/
  /** Mozilla's intermediate list (https://ssl-config.mozilla.org), by the kind of key. */
  const ECDSA = [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ]
  const RSA = [
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'DHE-RSA-AES128-GCM-SHA256',
    'DHE-RSA-AES256-GCM-SHA384',
    'DHE-RSA-CHACHA20-POLY1305',
  ]
  /** Whatever else this OpenSSL can, but for what needs a shared secret. */
  const othersOf = (known: readonly string[]) =>
    getCiphers()
      .map((name) => name.toUpperCase())
      .filter((name) => !/^TLS_|PSK|SRP/.test(name) && !known.includes(name))

  for (const [kind, certificate, suites] of [
    ['an EC', () => pair, ECDSA],
    ['an RSA', () => rsa, RSA],
  ] as const) {
    it(`has the suites of Mozilla's intermediate list for ${kind} key, and no other of TLS 1.2`, async () => {
      await using server = await start({}, certificate())
      for (const name of suites) expect(await suite(server, name)).to.equal(name)
      for (const name of othersOf(suites)) expect(await suite(server, name), name).to.match(REFUSED)
      expect(await suite(server, 'DEFAULT', 'TLSv1.3')).to.match(/^TLS_/)
    })
  }

  it('has the same suites with a certificate of its own making', async () => {
    await using server = await startTestServer({
      config: { server: { listen: '127.0.0.1:0', tls: 'auto' }, authenticators: [accept], authorizers: [] },
    })
    expect(await suite(server, 'DEFAULT')).to.equal(ECDSA[0])
    expect(await suite(server, 'ECDHE-ECDSA-AES128-SHA')).to.match(REFUSED)
  })

  it('has the suites of cipher_suites in their order, and no other of TLS 1.2', async () => {
    const names = ['ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256']
    await using server = await start({ cipher_suites: names }, rsa)
    expect(await suite(server, names.toReversed().join(':'))).to.equal(names[0])
    expect(await suite(server, names[1]!)).to.equal(names[1])
    expect(await suite(server, RSA[0]!)).to.match(REFUSED)
    expect(await suite(server, 'DEFAULT', 'TLSv1.3')).to.match(/^TLS_/)
  })

  it('has suites that TLS 1.1 knows when min_version allows that', async () => {
    await using server = await start({ min_version: 'TLSv1.1' }, rsa)
    expect(await suite(server, 'ECDHE-RSA-AES128-SHA', 'TLSv1.1')).to.equal('ECDHE-RSA-AES128-SHA')
    expect(await suite(server, 'DEFAULT')).to.equal('ECDHE-RSA-AES256-GCM-SHA384')
  })

  it('survives clients that speak plain HTTP', async () => {
    await using server = await start()
    const [answer] = await exchange(server.port, 'GET /auth HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(answer!.status).to.equal(400)
    expect((await server.token({ user: alice })).status).to.equal(200)
  })

  describe('does not start', () => {
    const cases: [string, () => Promise<TestInstance>, string][] = [
      [
        'with the key of another certificate',
        () => start({}, { ...pair, key: other.key }),
        'TLS: the certificate does not belong to the key',
      ],
      [
        'with a key of another type than its certificate',
        () => start({}, { ...pair, key: rsa.key }),
        'TLS: the certificate does not belong to the key',
      ],
      [
        'with a damaged key',
        () => start({}, { ...pair, key: `${pair.key.slice(0, 80)}\n-----END PRIVATE KEY-----\n` }),
        'TLS: the certificate or key file holds something else, or is damaged',
      ],
      [
        'with a certificate that is no PEM',
        () => start({}, { ...pair, certificate: 'hello' }),
        'TLS: the certificate file is not PEM',
      ],
      [
        'with an empty certificate',
        () => start({}, { ...pair, certificate: '' }),
        'TLS: the certificate file is not PEM',
      ],
      [
        'with a key that is no PEM',
        () => start({}, { ...pair, key: 'hello' }),
        'TLS: the key file is not PEM',
      ],
      [
        'with files the wrong way round',
        () => start({}, { certificate: pair.key, key: pair.certificate }),
        'are the two swapped?',
      ],
      [
        'with a key that is too small',
        () => start({}, small),
        "a certificate's key is too small to be safe; make one of at least 2048 bits (RSA), or on the curve P-256 (certificate /",
      ],
      [
        'with the key of another certificate, and names both files',
        () => start({}, { ...pair, key: other.key }),
        'tls.crt, key ',
      ],
      ['without its certificate', () => start({ certificate: 'none.crt' }), 'none.crt'],
      [
        'with cipher suites that nobody knows',
        () => start({ cipher_suites: ['NONE'] }),
        'none of cipher_suites is known',
      ],
    ]
    for (const [name, starting, message] of cases) {
      it(name, async () => {
        const error = await starting().then(
          (server) => server.stop(),
          (reason) => reason,
        )
        expect(error).to.be.instanceOf(ConfigError)
        expect(error.message).to.match(/dockwarden\.yml:\d+:\d+: server\.tls(\.certificate)?: /)
        expect(error.message).to.contain(message)
      })
    }
  })
})
