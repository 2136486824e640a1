// Client certificates in the header of a proxy that ends TLS: read from proxies only, and verified once more.
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authority, alternativeNames, newAuthority } from '../support/client-certificates.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const DAY = 86_400_000
const HEADER = 'client-cert'

/** As RFC 9440 has it. */
const rfc9440 = ({ certificate }: TestPair) => `:${new X509Certificate(certificate).raw.toString('base64')}:`
/** As nginx escapes it: everything but letters, digits and a few marks. */
const nginx = ({ certificate }: TestPair) =>
  encodeURIComponent(certificate).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)

describe('client certificates from a proxy', () => {
  let root: Authority
  let between: Authority
  let ci: TestPair
  let server: TestInstance

  before(async () => {
    root = await newAuthority('clients')
    between = await root.authority('between')
    ci = await root.issue('CN=ci', { usage: 'client' })
  })
  afterEach(() => server.stop())

  async function start(
    given: { proxies?: string[]; server?: object; files?: Record<string, string> } = {},
  ): Promise<void> {
    server = await startTestServer({
      config: {
        server: {
          listen: '127.0.0.1:0',
          client_ca: 'clients.pem',
          client_certificate: { header: 'Client-Cert', trusted_proxies: given.proxies ?? ['127.0.0.0/8'] },
          ...given.server,
        },
        authenticators: [{ plugin: 'mtls' }, { plugin: 'static', options: { users: { '': {} } } }],
        authorizers: [],
      },
      files: { 'clients.pem': root.certificate + between.certificate, ...given.files },
      watchInterval: 10,
    })
  }

  /** The status, and the account that came of it. */
  async function ask(value?: string | string[]): Promise<[number, string?]> {
    const headers: Record<string, string | string[]> = value === undefined ? {} : { [HEADER]: value }
    const { status, claims } = await server.token({ query: { service: 'registry' }, headers })
    return claims ? [status, claims.sub] : [status]
  }

  const reason = () => server.lines().findLast(({ msg }) => msg === 'credentials rejected')!.reason

  it('stand for an account, in either form', async () => {
    await start()
    for (const form of [rfc9440, nginx]) expect(await ask(form(ci))).to.deep.equal([200, 'ci'])
    const below = await between.issue('CN=deep', { names: [alternativeNames(['dns', 'x'])] })
    expect(await ask(rfc9440(below))).to.deep.equal([200, 'deep'])
  })

  it('are not there when the header is absent or empty', async () => {
    await start()
    for (const value of [undefined, '']) expect(await ask(value)).to.deep.equal([200, ''])
  })

  it('do not count from anybody else', async () => {
    await start({ proxies: ['10.0.0.0/8', '::1'] })
    expect(await ask(rfc9440(ci))).to.deep.equal([200, ''])
  })

  const cases: [string, () => Promise<TestPair>, RegExp][] = [
    [
      'of another authority of the same name',
      async () => (await newAuthority('clients')).issue('CN=ci'),
      /does not lead to an authority/,
    ],
    ['self-signed', () => newPair('P-256', { name: 'ci' }), /does not lead to an authority/],
    [
      'with another kind of key, under the name of the authority',
      () => newPair('RSA-2048', { name: 'clients' }),
      /does not lead to an authority/,
    ],
    ['expired', () => root.issue('CN=ci', { notAfter: new Date(Date.now() - DAY) }), /has expired/],
    ['not valid yet', () => root.issue('CN=ci', { notBefore: new Date(Date.now() + DAY) }), /not valid yet/],
    ['for servers', () => root.issue('CN=ci', { usage: 'server' }), /not for clients/],
    [
      'below an authority that is not named',
      async () => (await root.authority('x')).issue('CN=ci'),
      /does not lead to an authority/,
    ],
  ]
  for (const [name, make, expected] of cases) {
    it(`are refused although the proxy let them through: ${name}`, async () => {
      await start()
      expect(await ask(rfc9440(await make()))).to.deep.equal([401])
      expect(reason()).to.match(expected)
    })
  }

  it('are refused when nobody can read them, and never taken for anonymous', async () => {
    await start()
    const whole = rfc9440(ci)
    for (const value of [
      'x',
      whole.slice(1),
      whole.slice(0, 40),
      ':AAAA:',
      '%',
      nginx(ci).slice(0, 80),
      `${nginx(ci)}${nginx(ci)}`,
      [whole, whole],
    ]) {
      expect(await ask(value), String(value)).to.deep.equal([401])
      expect(reason()).to.contain(
        'the header Client-Cert holds no certificate in a known form; check the proxy',
      )
    }
  })

  it('are refused when they, or an authority above them, have been revoked, from then on', async () => {
    const lists = async (...revoked: TestPair[]) => (await root.list(revoked)) + (await between.list([]))
    await start({ server: { client_crl: 'clients.crl' }, files: { 'clients.crl': await lists() } })
    const below = await between.issue('CN=deep')
    expect(await ask(rfc9440(ci))).to.deep.equal([200, 'ci'])
    expect(await ask(rfc9440(below))).to.deep.equal([200, 'deep'])
    writeFileSync(join(server.folder, 'clients.crl'), await lists(ci, between))
    await eventually(() => server.lines().some(({ msg }) => /^authorities of client cert/.test(msg)))
    for (const pair of [ci, below]) {
      expect(await ask(rfc9440(pair))).to.deep.equal([401])
      expect(reason()).to.contain('has been revoked')
    }
    expect(await ask(rfc9440(await root.issue('CN=ann')))).to.deep.equal([200, 'ann'])
  })

  it('are refused while the revocation list is not valid yet', async () => {
    const early = { thisUpdate: new Date(Date.now() + DAY), nextUpdate: new Date(Date.now() + 2 * DAY) }
    const lists = (await root.list([], early)) + (await between.list([]))
    await start({ server: { client_crl: 'clients.crl' }, files: { 'clients.crl': lists } })
    expect(await ask(rfc9440(ci))).to.deep.equal([401])
    expect(reason()).to.contain('the revocation list of its authority is not valid yet')
  })

  it('are not judged by a list that their authority did not sign', async () => {
    const lists = (await root.list([ci])) + (await between.list([]))
    await start({ server: { client_crl: 'clients.crl' }, files: { 'clients.crl': lists } })
    const forged = (await (await newAuthority('clients')).list([])) + (await between.list([]))
    writeFileSync(join(server.folder, 'clients.crl'), forged)
    await eventually(() => server.lines().some(({ msg }) => /not signed with the key of that/.test(msg)))
    expect(await ask(rfc9440(ci))).to.deep.equal([401])
    expect(reason()).to.contain('has been revoked')
  })

  it('are good as long as one certificate of their authority is, after it was renewed', async () => {
    const old = await newAuthority('clients', { notAfter: new Date(Date.now() - DAY) })
    const pair = await old.issue('CN=ci')
    const { certificate } = await old.renewed()
    for (const order of [
      [old.certificate, certificate],
      [certificate, old.certificate],
    ]) {
      const files = { 'clients.pem': order.join(''), 'clients.crl': await old.list([]) }
      await start({ server: { client_crl: 'clients.crl' }, files })
      expect(await ask(rfc9440(pair))).to.deep.equal([200, 'ci'])
      await server.stop()
    }
    await start({ files: { 'clients.pem': old.certificate } })
    expect(await ask(rfc9440(pair))).to.deep.equal([401])
    expect(reason()).to.contain('has expired')
  })

  it('are refused while the revocation list has expired', async () => {
    const old = { nextUpdate: new Date(Date.now() - DAY) }
    const lists = (await root.list([], old)) + (await between.list([]))
    await start({ server: { client_crl: 'clients.crl' }, files: { 'clients.crl': lists } })
    expect(await ask(rfc9440(ci))).to.deep.equal([401])
    expect(reason()).to.contain('the revocation list of its authority has expired')
  })
})
