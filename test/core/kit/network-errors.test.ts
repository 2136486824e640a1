import { createServer as createTcp } from 'node:net'
import { connect, createServer as createTls, type TlsOptions } from 'node:tls'
import { expect } from 'chai'
import { type NetworkNames, networkReason } from '../../../core/kit/network-errors.ts'
import { newPair, type TestPair } from '../../support/key-pairs.ts'

const NAMES: NetworkNames = { server: 'the database', address: 'host', plain: 'tls: false' }
const coded = (code: string, more: object = {}) => Object.assign(new Error('s3cret'), { code, ...more })

describe('why there is no connection', () => {
  const CASES: [what: string, error: unknown, words: string | undefined][] = [
    ['refused', coded('ECONNREFUSED'), 'connection refused; start the database, or correct host'],
    ['no such name', coded('ENOTFOUND'), 'name not found; correct host'],
    ['unreachable', coded('EHOSTUNREACH'), 'host unreachable; correct host, or see the network'],
    [
      'wrapped by a library',
      new Error('s3cret', { cause: new Error('s3cret', { cause: coded('ENOTFOUND') }) }),
      'name not found; correct host',
    ],
    [
      'a name with two addresses',
      new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')], ''),
      'network unreachable; correct host, or see the network',
    ],
    [
      'a client certificate that the server does not trust',
      coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
      'the server does not trust the client certificate; name another one in tls.certificate and tls.key',
    ],
    ['an error of another kind', coded('EBADF'), undefined],
    ['an error without a code', new Error('s3cret'), undefined],
    ['no error', undefined, undefined],
    ['a text', 'ECONNREFUSED', undefined],
  ]
  for (const [what, error, words] of CASES) {
    it(`says of ${what}: ${words ?? 'nothing'}`, () => expect(networkReason(error, NAMES)).to.equal(words))
  }

  it('ends with an error that is its own cause', () => {
    const error = new Error('s3cret')
    error.cause = error
    expect(networkReason(error, NAMES)).to.equal(undefined)
  })

  it('names no address where it stands before the words', () => {
    const names = { server: 'the server', plain: 'http://' }
    expect(networkReason(coded('ECONNREFUSED'), names)).to.equal('connection refused')
    expect(networkReason(coded('ENOTFOUND'), names)).to.equal('name not found')
  })

  it('names the options as their reader knows them', () => {
    const names = { ...NAMES, tls: 'server.store.redis.tls', anyName: 'or set tls.verify: ca' }
    expect(networkReason(coded('CERT_UNTRUSTED'), names)).to.match(
      /name .* in server\.store\.redis\.tls\.ca$/,
    )
    expect(networkReason(coded('ERR_TLS_CERT_ALTNAME_INVALID'), names)).to.match(
      /write that in host, or set tls\.verify: ca$/,
    )
  })

  describe('over TLS', () => {
    let pair: TestPair
    let client: TestPair
    before(async () => {
      pair = await newPair('P-256', { name: 'localhost' })
      client = await newPair('P-256', { name: 'client' })
    })

    /** What a client's socket fails with, at the handshake or when it reads. */
    async function failureOf(server: ReturnType<typeof createTcp>, options: object): Promise<unknown> {
      server.on('tlsClientError', () => {})
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
      try {
        return await new Promise((resolve) => {
          socket.on('error', resolve)
          socket.on('data', () => resolve(undefined))
          socket.on('close', () => resolve(undefined))
        })
      } finally {
        socket.destroy()
        server.close()
      }
    }
    const secure = (options: TlsOptions) =>
      createTls(options, (socket) => socket.on('error', () => {}).write('x'))

    const FAULTS: [
      what: string,
      server: () => ReturnType<typeof createTcp>,
      options: () => object,
      words: RegExp,
    ][] = [
      [
        'a certificate that nobody vouches for',
        () => secure({ cert: pair.certificate, key: pair.key }),
        () => ({}),
        /is self-signed, and so of an unknown authority; name it in tls\.ca$/,
      ],
      [
        'a certificate for another name',
        () => secure({ cert: pair.certificate, key: pair.key }),
        () => ({ ca: pair.certificate, servername: 'other.example.com' }),
        /is for another name; write that in host$/,
      ],
      [
        'a server without TLS',
        () => createTcp((socket) => socket.on('error', () => {}).end('hello, this is no handshake')),
        () => ({}),
        /does not speak TLS here; write tls: false, or mend the port$/,
      ],
      [
        'a server that wants a client certificate',
        () => secure({ cert: pair.certificate, key: pair.key, requestCert: true, ca: client.certificate }),
        () => ({ ca: pair.certificate }),
        /wants a client certificate; name one in tls\.certificate and tls\.key$/,
      ],
      [
        'a server of another version of TLS',
        () => secure({ cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.3' }),
        () => ({ ca: pair.certificate, maxVersion: 'TLSv1.2' }),
        /speaks another version of TLS; allow TLS 1\.2 or 1\.3 in the database$/,
      ],
    ]
    for (const [what, server, options, words] of FAULTS) {
      it(`knows ${what}`, async () => {
        const error = await failureOf(server(), options())
        expect(networkReason(error, NAMES), String(error)).to.match(words)
      })
    }
  })
})
