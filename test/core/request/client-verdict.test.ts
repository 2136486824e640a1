// OpenSSL's verdict on a client certificate without a handshake of the client. That it is that of the handshake: test/http.
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { readCertificate } from '../../../core/request/client-certificate.ts'
import { type ClientVerdict, createClientVerdict } from '../../../core/request/client-verdict.ts'
import { type Authority, alternativeNames, newAuthority } from '../../support/client-certificates.ts'
import type { TestPair } from '../../support/key-pairs.ts'
import { oddCertificate } from '../../support/odd-certificates.ts'
import { eventually } from '../../support/server.ts'

describe('the verdict on a client certificate without its key', () => {
  let root: Authority
  let verdict: ClientVerdict
  beforeEach(async () => {
    root = await newAuthority('clients')
    verdict = createClientVerdict({ ca: [root.certificate] })
  })

  const on = ({ certificate }: TestPair) => verdict(new X509Certificate(certificate))

  it('is no problem, for one that is as it should be', async () => {
    expect(await on(await root.issue('CN=ci', { usage: 'client' }))).to.equal(undefined)
  })

  it('is why not, for others', async () => {
    const stranger = await newAuthority('clients')
    expect(await on(await stranger.issue('CN=ci'))).to.contain('does not lead to an authority')
    expect(await on(await root.issue('CN=ci', { usage: 'server' }))).to.contain('not for clients')
    expect(await on(await root.issue('CN=ci', { notAfter: new Date(0) }))).to.contain('has expired')
    const weak = oddCertificate('ci', { issuer: root, key: ec('P-256'), hash: 'sha1' })
    expect(await on(weak)).to.contain('too weak')
  })

  it('counts the revocation lists', async () => {
    const [good, bad] = [await root.issue('CN=good'), await root.issue('CN=bad')]
    verdict = createClientVerdict({ ca: [root.certificate], crl: [await root.list([bad])] })
    expect([await on(good), await on(bad)]).to.deep.equal([
      undefined,
      'it, or an authority above it, has been revoked',
    ])
  })

  it('changes when an authority ends, however often it is asked for', async () => {
    const soon = await newAuthority('clients', { notAfter: new Date(Date.now() + 3_000) })
    verdict = createClientVerdict({ ca: [soon.certificate] }, { max: 10, ttl: 500 })
    const pair = await soon.issue('CN=ci')
    expect(await on(pair)).to.equal(undefined)
    await eventually(async () => (await on(pair))?.includes('has expired') ?? false)
  })

  for (const length of [10_000, 16_384, 40_000]) {
    it(`comes for large certificates, too: ${length} bytes of names`, async () => {
      const names = [alternativeNames(['dns', 'x'.repeat(length)])]
      expect(await on(await root.issue('CN=ci', { names }))).to.equal(undefined)
      expect(await on(await (await newAuthority('other')).issue('CN=ci', { names }))).to.be.a('string')
    })
  }

  it('is that on its own certificate when many come at once', async () => {
    const stranger = await newAuthority('clients')
    const pairs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? stranger : root).issue(`CN=${index}`)),
    )
    const twice = [...pairs, ...pairs]
    const verdicts = await Promise.all(twice.map(on))
    expect(verdicts.map((problem) => problem === undefined)).to.deep.equal(
      twice.map((_, index) => index % 2 === 0),
    )
  })

  for (const curve of ['secp256k1', 'brainpoolP256r1', 'P-224']) {
    it(`does not let a certificate in, nor end the process, whose key is on ${curve}`, async () => {
      const { certificate } = oddCertificate('ci', { issuer: root, key: ec(curve) })
      const shown = new X509Certificate(certificate)
      const read = readCertificate(shown, await verdict(shown))
      expect(read).to.deep.include({ trusted: false, subject: {}, serial: shown.serialNumber })
      expect(read.problem).to.contain('clients can not use its key')
    })
  }

  function ec(namedCurve: string): KeyObject {
    return generateKeyPairSync('ec', { namedCurve }).privateKey
  }
})
