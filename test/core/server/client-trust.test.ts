import 'reflect-metadata'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extension } from '@peculiar/x509'
import { expect } from 'chai'
import { examine, type Findings } from '../../../core/cli/check.ts'
import { type Authority, der, newAuthority } from '../../support/client-certificates.ts'
import { newPair } from '../../support/key-pairs.ts'

const DAY = 86_400_000
const DELTA = new Extension('2.5.29.27', true, der(0x02, Buffer.from([1])))
/** Limits a list to user certificates. */
const PART = new Extension('2.5.29.28', true, der(0x30, der(0x81, Buffer.from([255]))))
const UNKNOWN = new Extension('1.2.3.4', true, der(0x04, 'x'))

describe('the files for client certificates', () => {
  let folder: string
  let root: Authority
  let between: Authority
  before(async () => {
    root = await newAuthority('root')
    between = await root.authority('between')
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-trust-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** What check says of a configuration with these files; a text that is undefined: no such file. */
  function checked(ca: string | undefined, crl?: string, server: object = {}): Promise<Findings> {
    const file = join(folder, 'dockwarden.yml')
    const config = {
      server: {
        listen: '127.0.0.1:0',
        tls: 'auto',
        client_ca: 'ca.pem',
        ...(crl !== undefined && { client_crl: 'crl.pem' }),
        ...server,
      },
      authenticators: [{ plugin: 'mtls' }],
      authorizers: [],
    }
    writeFileSync(file, JSON.stringify(config, null, 1))
    if (ca !== undefined) writeFileSync(join(folder, 'ca.pem'), ca)
    if (crl !== undefined) writeFileSync(join(folder, 'crl.pem'), crl)
    return examine(file)
  }

  const sentences = (found: Findings['problems']) => found.map(({ path, message }) => `${path}: ${message}`)

  it('are fine: a root with an authority below it, and the lists of both', async () => {
    const lists = (await root.list([between])) + (await between.list([]))
    const { problems, warnings } = await checked(root.certificate + between.certificate, lists)
    expect(sentences([...problems, ...warnings])).to.deep.equal([])
  })

  const faults: [string, () => Promise<Findings>, RegExp][] = [
    [
      'a file that is not there',
      () => checked(undefined),
      /^server\.client_ca: cannot read \S+ca\.pem: there is no such file$/,
    ],
    ['no PEM', () => checked('hello'), /^server\.client_ca: there is no certificate: it is not PEM text/],
    [
      'a key',
      async () => checked((await newPair('P-256')).key),
      /^server\.client_ca: there is no certificate: it holds PRIVATE KEY/,
    ],
    [
      'a damaged certificate',
      () => checked(root.certificate.replace(/\n.{20}/, '\n')),
      /^server\.client_ca: certificate 1 is damaged/,
    ],
    [
      'a certificate of a client',
      async () => checked(root.certificate + (await root.issue('CN=ci')).certificate),
      /^server\.client_ca: certificate 2 \(CN=ci\) is no authority/,
    ],
    [
      'an authority without its root',
      () => checked(between.certificate),
      /^server\.client_ca: certificate 1 \(CN=between\) was issued by .* up to the root$/,
    ],
    [
      'no revocation list',
      () => checked(root.certificate, root.certificate),
      /^server\.client_crl: there is no revocation list: it holds CERTIFICATE/,
    ],
    [
      'a damaged revocation list',
      async () => checked(root.certificate, (await root.list([])).replace(/\n.{20}/, '\n')),
      /^server\.client_crl: list 1 is damaged/,
    ],
    [
      'a revocation list that another authority signed in the name of this one',
      async () => checked(root.certificate, await (await newAuthority('root')).list([])),
      /^server\.client_crl: list 1 is in the name of CN=root, but not signed with the key of that authority/,
    ],
    [
      'a list of what changed only',
      async () => checked(root.certificate, await root.list([], { extensions: [DELTA] })),
      /^server\.client_crl: list 1 can't be used: it holds only what changed .*take the complete list$/,
    ],
    [
      'a list of a part only',
      async () => checked(root.certificate, await root.list([], { extensions: [PART] })),
      /^server\.client_crl: list 1 can't be used: it covers only a part .*take the complete list$/,
    ],
    [
      'a list with a critical extension that nobody knows',
      async () => checked(root.certificate, await root.list([], { extensions: [UNKNOWN] })),
      /^server\.client_crl: list 1 can't be used: it has a critical extension/,
    ],
    [
      'an authority whose name, but not whose key, is that of the one above',
      async () => checked((await (await newAuthority('root')).authority('x')).certificate + root.certificate),
      /^server\.client_ca: certificate 1 \(CN=x\) was issued by .* not in the file/,
    ],
    [
      'an authority without a revocation list',
      async () => checked(root.certificate + between.certificate, await root.list([])),
      /^server\.client_crl: there is no revocation list of CN=between, /,
    ],
    [
      'no TLS',
      () => checked(root.certificate, undefined, { tls: undefined }),
      /^server\.client_ca: needs tls, or client_certificate behind a proxy/,
    ],
    [
      'a list without authorities',
      async () => checked(root.certificate, await root.list([]), { client_ca: undefined }),
      /^server\.client_crl: needs client_ca/,
    ],
  ]
  for (const [name, finding, message] of faults) {
    it(`check refuses ${name}`, async () => {
      const { problems } = await finding()
      const found = sentences(problems)
      expect(found).to.have.length(1)
      expect(found[0]).to.match(message)
    })
  }

  it('are fine without TLS behind a proxy, which needs them', async () => {
    const proxied = {
      tls: undefined,
      client_certificate: { header: 'Client-Cert', trusted_proxies: ['127.0.0.1'] },
    }
    expect(sentences((await checked(root.certificate, undefined, proxied)).problems)).to.deep.equal([])
    const without = await checked(root.certificate, undefined, { ...proxied, client_ca: undefined })
    expect(sentences(without.problems)).to.deep.equal([
      'server.client_certificate: needs client_ca: what a proxy passes on is verified here, too',
    ])
  })

  it('check reports the faults of both files at once', async () => {
    expect((await checked('hello', 'hello')).problems.map(({ path }) => path)).to.deep.equal([
      'server.client_ca',
      'server.client_crl',
    ])
  })

  it('check warns of an authority that has expired, and of one that will soon', async () => {
    const old = await newAuthority('old', { notAfter: new Date(Date.now() - DAY) })
    const soon = await newAuthority('soon', { notAfter: new Date(Date.now() + DAY) })
    const { problems, warnings } = await checked(root.certificate + old.certificate + soon.certificate)
    expect(problems).to.deep.equal([])
    const told = warnings.map(({ path, message }) => `${path}: ${message.replace(/\d{4}-\S+Z/, 'THEN')}`)
    expect(told).to.deep.equal([
      'server.client_ca: certificate 2 (CN=old) expired on THEN; its client certificates are refused: renew the file; it is read again when it changes',
      'server.client_ca: certificate 3 (CN=soon) expires on THEN; then its client certificates are refused: renew the file; it is read again when it changes',
    ])
  })

  it('check warns of a revocation list that has expired', async () => {
    const list = await root.list([], { nextUpdate: new Date(Date.now() - DAY) })
    const { problems, warnings } = await checked(root.certificate, list)
    expect(problems).to.deep.equal([])
    expect(warnings).to.have.length(1)
    expect(`${warnings[0]!.path}: ${warnings[0]!.message}`).to.match(
      /^server\.client_crl: the list of CN=root expired on \S+Z; its client certificates are refused/,
    )
  })
})
