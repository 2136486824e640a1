// Keys and certificates that change while the server runs, and how verifiers learn of it.
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance, type TestServerOptions } from '../support/server.ts'

const JWKS = '/.well-known/jwks.json'
const DAY = 86_400_000

function start(
  server: object,
  token: object,
  options: Partial<TestServerOptions> = {},
): Promise<TestInstance> {
  const authenticators = [{ plugin: 'static', options: { users: { '': {} } } }]
  return startTestServer({
    config: { server, token, authenticators, authorizers: [] },
    watchInterval: 10,
    ...options,
  })
}

function logged(server: TestInstance, pattern: RegExp) {
  return server.lines().filter(({ msg }) => pattern.test(msg))
}

describe('a renewed TLS certificate', () => {
  let first: TestPair
  let second: TestPair
  let server: TestInstance

  before(async () => {
    first = await newPair('RSA-2048', { name: 'localhost' })
    second = await newPair('P-256', { name: 'localhost' })
  })
  afterEach(() => server.stop())

  async function startWith(pair: TestPair, settings: object = {}): Promise<void> {
    const tls = { certificate: 'tls.crt', key: 'tls.key', ...settings }
    const files = { 'tls.crt': pair.certificate, 'tls.key': pair.key }
    server = await start({ tls }, {}, { files, ca: pair.certificate })
  }

  function write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(server.folder, name), text)
  }

  /** The certificate that a new connection gets. */
  function served(): Promise<X509Certificate> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, rejectUnauthorized: false }
      const socket = connect(options, () => {
        resolve(socket.getPeerX509Certificate()!)
        socket.destroy()
      })
      socket.on('error', reject)
    })
  }

  async function becomes(pair: TestPair): Promise<void> {
    const wanted = new X509Certificate(pair.certificate).fingerprint256
    while ((await served()).fingerprint256 !== wanted) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it('is served to new connections, while those that are open go on', async () => {
    await startWith(first)
    expect((await server.send({ path: '/healthz' })).status).to.equal(200)
    write({ 'tls.crt': second.certificate, 'tls.key': second.key })
    await becomes(second)
    // Over the connection of before: the client would not trust the new certificate.
    expect((await server.send({ path: '/healthz' })).status).to.equal(200)
    const [line] = logged(server, /^TLS certificate read again/)
    expect(line).to.include({
      level: 'info',
      notAfter: new X509Certificate(second.certificate).validToDate.toISOString(),
    })
  })

  it('is not served before its key is there, also when the two are of different types', async () => {
    await startWith(first)
    write({ 'tls.crt': second.certificate })
    await eventually(() => logged(server, /^the TLS certificate could not be read again/).length > 0)
    await becomes(first)
    write({ 'tls.key': second.key })
    await becomes(second)
    const warnings = logged(server, /could not be read again/)
    expect(warnings.map(({ msg }) => msg)).to.deep.equal([
      `the TLS certificate could not be read again, and those in use stay: TLS: the certificate does not belong to the key; name the two that were made together (certificate ${join(server.folder, 'tls.crt')}, key ${join(server.folder, 'tls.key')})`,
    ])
  })

  it('is seen through the links of a mounted secret, which change at once', async () => {
    await startWith(first)
    const at = (name: string) => join(server.folder, name)
    for (const [version, pair] of [
      ['v1', first],
      ['v2', second],
    ] as const) {
      mkdirSync(at(version))
      write({ [`${version}/tls.crt`]: pair.certificate, [`${version}/tls.key`]: pair.key })
    }
    symlinkSync('v1', at('current'))
    for (const name of ['tls.crt', 'tls.key']) {
      symlinkSync(join('current', name), at(`${name}.link`))
      renameSync(at(`${name}.link`), at(name))
    }
    await becomes(first)
    symlinkSync('v2', at('next'))
    renameSync(at('next'), at('current'))
    await becomes(second)
  })

  it('keeps the other settings', async () => {
    await startWith(first, { min_version: 'TLSv1.3' })
    write({ 'tls.crt': second.certificate, 'tls.key': second.key })
    await becomes(second)
    const old = new Promise((resolve) => {
      const options = {
        host: '127.0.0.1',
        port: server.port,
        path: '/',
        maxVersion: 'TLSv1.2',
        rejectUnauthorized: false,
      }
      get({ ...options, maxVersion: 'TLSv1.2' }, resolve).on('error', resolve)
    })
    expect(await old).to.be.instanceOf(Error)
  })

  it('that ends soon is warned of at once', async () => {
    await startWith(first)
    const soon = await newPair('P-256', { notAfter: new Date(Date.now() + 3 * DAY) })
    write({ 'tls.crt': soon.certificate, 'tls.key': soon.key })
    await eventually(
      () => logged(server, /^server\.tls\.certificate: certificate 1 expires on .*renew/).length > 0,
    )
  })

  it('of our own making is made anew when its files are removed', async () => {
    server = await start({ tls: 'auto' }, {})
    const before = await served()
    for (const name of ['tls.pem', 'tls.crt']) rmSync(join(server.folder, 'var', name))
    await eventually(() => logged(server, /^TLS certificate read again/).length > 0)
    expect((await served()).fingerprint256).not.to.equal(before.fingerprint256)
  })
})

describe('signing keys that change', () => {
  let server: TestInstance
  afterEach(() => server.stop())

  async function kid(): Promise<string> {
    const { status, json } = await server.send({ path: '/auth', query: { service: 'registry' } })
    expect(status).to.equal(200)
    const [header] = json.token.split('.')
    return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
  }

  async function published(): Promise<string[]> {
    return (await server.send({ path: JWKS })).json.keys.map((key: { kid: string }) => key.kid)
  }

  async function rotate(wait: string): Promise<string> {
    const out: string[] = []
    const output = { stdout: { write: (text: string) => out.push(text) }, stderr: { write() {} } }
    const file = join(server.folder, 'dockwarden.yml')
    expect(await runCommandLine(['key', 'rotate', '--wait', wait, '--config', file], output)).to.equal(0)
    return out.join('').trim()
  }

  it('are published before they sign', async () => {
    server = await start({}, {})
    const old = await kid()
    const next = await rotate('1h')
    await eventually(() => logged(server, /^signing keys read again/).length > 0)
    expect(await published()).to.have.members([old, next])
    expect(await kid()).to.equal(old)
  })

  it('stay published when they sign no more, for the tokens that they signed', async () => {
    server = await start({}, {})
    const old = await kid()
    const next = await rotate('0')
    await eventually(() => logged(server, /^signing keys read again/).length > 0)
    expect(await kid()).to.equal(next)
    expect(await published()).to.have.members([old, next])
    expect(logged(server, /^another key signs/).map((line) => line.kid)).to.deep.equal([next])
  })

  it('of the configuration are read again; a damaged one does not count', async () => {
    const [first, second] = [await newPair('P-256'), await newPair('P-384')]
    const files = { 'a.crt': first.certificate, 'a.key': first.key }
    server = await start({}, { keys: [{ certificate: 'a.crt', key: 'a.key' }] }, { files })
    const old = await kid()
    writeFileSync(join(server.folder, 'a.key'), second.key.slice(0, 100))
    await eventually(() => logged(server, /^the signing keys could not be read again/).length > 0)
    expect(await kid()).to.equal(old)
    writeFileSync(join(server.folder, 'a.key'), second.key)
    writeFileSync(join(server.folder, 'a.crt'), second.certificate)
    await eventually(() => logged(server, /^signing keys read again/).length > 0)
    expect(await kid()).not.to.equal(old)
    expect(server.logged)
      .to.match(/token\.keys\[0\]\.key: /)
      .and.not.to.contain(second.key.slice(40, 90))
  })

  it('stay in use when the state directory is emptied: a new CA would be one that no registry knows', async () => {
    server = await start({}, {})
    const old = await kid()
    const folder = join(server.folder, 'var')
    const removed = readdirSync(folder).filter((name) => name.startsWith('signing'))
    for (const name of removed) rmSync(join(folder, name))
    await eventually(
      () => logged(server, /^the signing keys could not be read again.*put the files back/).length > 0,
    )
    expect(await kid()).to.equal(old)
    expect(readdirSync(folder).filter((name) => name.startsWith('signing'))).to.deep.equal([])
  })
})

describe('the key set', () => {
  let server: TestInstance
  before(async () => {
    server = await start({}, {})
  })
  after(() => server.stop())

  it('may be kept for five minutes, and is named by its content', async () => {
    const { status, headers, json } = await server.send({ path: JWKS })
    expect(status).to.equal(200)
    expect(headers).to.include({ 'cache-control': 'public, max-age=300' })
    expect(headers['content-type']).to.match(/^application\/json/)
    expect(headers.etag).to.match(/^"[\w-]+"$/)
    expect(json.keys).to.have.length(1)
    expect((await server.send({ path: JWKS })).headers.etag).to.equal(headers.etag)
  })

  it('is not sent again to who has it', async () => {
    const { etag } = (await server.send({ path: JWKS })).headers as { etag: string }
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const { status, text, headers } = await server.send({ path: JWKS, headers: { 'if-none-match': given } })
      expect({ status, text, etag: headers.etag }, given).to.deep.equal({ status: 304, text: '', etag })
      expect(headers['cache-control']).to.equal('public, max-age=300')
    }
    const other = await server.send({ path: JWKS, headers: { 'if-none-match': '"other"' } })
    expect(other.status).to.equal(200)
  })
})
