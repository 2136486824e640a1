import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { HttpClient, HttpClientOptions } from '../../../core/plugin.ts'
import { createFiles } from '../../../core/services/files.ts'
import { createHttpClients } from '../../../core/services/http-client.ts'
import { WorkPlaces } from '../../../core/work/places.ts'
import { serve, type TestServer } from '../../support/http-server.ts'
import { newPair, type TestPair } from '../../support/key-pairs.ts'

describe('TLS of the HTTP client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'http-tls-'))
  const open: { close(): Promise<void> }[] = []
  let ours: TestPair
  let client: TestPair

  before(async () => {
    ours = await newPair('P-256', { name: 'localhost' })
    client = await newPair('P-256', { name: 'client' })
    file('ours.pem', ours.certificate)
    file('client.pem', client.certificate)
    file('client.key', client.key)
    file('empty.pem', '')
    file('damaged.pem', '-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n')
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function file(name: string, text: string): void {
    writeFileSync(join(folder, name), text)
  }

  function httpClient(tls?: HttpClientOptions['tls']): HttpClient {
    const made = createHttpClients(createFiles(folder), new WorkPlaces()).open({
      retries: 0,
      connections: 4,
      ...(tls && { tls }),
    })
    open.unshift(made)
    return made
  }

  async function server(pair: TestPair, more: object = {}): Promise<TestServer> {
    const made = await serve((_, response) => response.end('ok'), {
      cert: pair.certificate,
      key: pair.key,
      ...more,
    })
    open.push(made)
    return made
  }

  const send = (made: HttpClient, { origin }: TestServer) =>
    made.send({ method: 'GET', url: origin, headers: {}, signal: AbortSignal.timeout(10_000) })

  async function failure(sent: Promise<unknown>): Promise<string> {
    return sent.then(
      () => expect.fail('the request did not fail'),
      (error: Error) => error.message,
    )
  }

  it('refuses a server of an unknown authority and names the remedy', async () => {
    expect(await failure(send(httpClient(), await server(ours)))).to.match(
      /^https:\/\/localhost:\d+: .*unknown authority; .*tls\.ca$/,
    )
  })

  it('accepts it with tls.ca, over one kept connection', async () => {
    const peer = await server(ours)
    const made = httpClient({ ca: 'ours.pem' })
    for (let i = 0; i < 3; i++) {
      expect((await send(made, peer)).body).to.equal('ok')
      await setImmediate() // undici leaves a connection alone for one turn after its answer
    }
    expect(peer.connections).to.equal(1)
  })

  it('says so when the certificate has expired', async () => {
    const expired = await newPair('P-256', {
      name: 'localhost',
      notBefore: new Date(Date.now() - 7_200_000),
      notAfter: new Date(Date.now() - 3_600_000),
    })
    file('expired.pem', expired.certificate)
    expect(await failure(send(httpClient({ ca: 'expired.pem' }), await server(expired)))).to.contain(
      'has expired',
    )
  })

  it('says so when the certificate is for another name', async () => {
    const other = await newPair('P-256', { name: 'other.example.com' })
    file('other.pem', other.certificate)
    expect(await failure(send(httpClient({ ca: 'other.pem' }), await server(other)))).to.contain(
      'another name',
    )
  })

  it('says so when the server speaks plain HTTP', async () => {
    const plain = await serve((_, response) => response.end())
    open.push(plain)
    const address = { ...plain, origin: plain.origin.replace('http:', 'https:') }
    expect(await failure(send(httpClient(), address))).to.contain('does not speak TLS')
  })

  it('shows its certificate to a server that asks for one', async () => {
    const peer = await server(ours, { requestCert: true, rejectUnauthorized: true, ca: client.certificate })
    const made = httpClient({ ca: 'ours.pem', certificate: 'client.pem', key: 'client.key' })
    expect((await send(made, peer)).body).to.equal('ok')
    expect(await failure(send(httpClient({ ca: 'ours.pem' }), peer))).to.contain(peer.origin)
  })

  const refused: [string, HttpClientOptions['tls'], RegExp][] = [
    ['a missing file', { ca: 'none.pem' }, /none\.pem: there is no such file/],
    ['a file without a certificate', { ca: 'empty.pem' }, /empty\.pem holds no PEM certificate/],
    ['a damaged certificate', { ca: 'damaged.pem' }, /tls\.ca: .*damaged\.pem is damaged: certificate 1/],
    [
      'a key of another certificate',
      { certificate: 'ours.pem', key: 'client.key' },
      /tls\.key: .*client\.key is not the private key of .*ours\.pem/,
    ],
    ['a certificate without its key', { certificate: 'ours.pem' }, /belong together/],
  ]
  for (const [what, tls, message] of refused) {
    it(`refuses ${what} when it is opened`, () => {
      expect(() => httpClient(tls)).to.throw(message)
    })
  }
})
