import 'reflect-metadata'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as Parsed,
} from '@peculiar/x509'
import { expect } from 'chai'
import {
  createSigningCa,
  createTlsCertificate,
  issueSigningLeaf,
  type PemPair,
} from '../../../core/x509/certificates.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const YEAR = 365 * 86_400_000

const read = ({ certificate }: PemPair) => new X509Certificate(certificate)

function constraints({ certificate }: PemPair) {
  const parsed = new Parsed(certificate)
  const basic = parsed.getExtension(BasicConstraintsExtension)!
  return {
    ca: basic.ca,
    pathLength: basic.pathLength,
    critical: basic.critical,
    usages: parsed.getExtension(KeyUsagesExtension)!.usages,
    extended: parsed.getExtension(ExtendedKeyUsageExtension)?.usages,
  }
}

describe('certificates of a first start', () => {
  let ca: PemPair
  before(async () => {
    ca = await createSigningCa(NOW)
  })

  it('each certificate belongs to its key, a P-256 one', async () => {
    for (const pair of [
      ca,
      await issueSigningLeaf(ca, NOW),
      await createTlsCertificate(['localhost'], NOW),
    ]) {
      const key = createPrivateKey(pair.key)
      expect(key.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1')
      expect(read(pair).checkPrivateKey(key)).to.equal(true)
    }
  })

  it('each is valid from an hour ago', async () => {
    for (const pair of [
      ca,
      await issueSigningLeaf(ca, NOW),
      await createTlsCertificate(['localhost'], NOW),
    ]) {
      expect(read(pair).validFromDate.getTime()).to.equal(NOW - 3_600_000)
    }
  })

  it('each has its own serial number and key', async () => {
    const leaves = await Promise.all([issueSigningLeaf(ca, NOW), issueSigningLeaf(ca, NOW)])
    expect(new Set([ca, ...leaves].map((pair) => read(pair).serialNumber))).to.have.property('size', 3)
    expect(new Set([ca, ...leaves].map(({ key }) => key))).to.have.property('size', 3)
  })

  describe('signing CA', () => {
    it('certifies leaves and no further CA', () => {
      expect(constraints(ca)).to.deep.equal({
        ca: true,
        pathLength: 0,
        critical: true,
        usages: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
        extended: undefined,
      })
    })

    it('lasts more than ten years', () => {
      expect(read(ca).validToDate.getTime() - NOW).to.be.greaterThan(10 * YEAR)
    })
  })

  describe('signing leaf', () => {
    it('is issued by the CA and may only sign', async () => {
      const leaf = await issueSigningLeaf(ca, NOW)
      expect(read(leaf).checkIssued(read(ca))).to.equal(true)
      expect(read(leaf).verify(read(ca).publicKey)).to.equal(true)
      expect(constraints(leaf)).to.deep.include({
        ca: false,
        critical: true,
        usages: KeyUsageFlags.digitalSignature,
      })
    })

    it('never outlives the CA', async () => {
      const end = read(ca).validToDate
      expect(read(await issueSigningLeaf(ca, end.getTime() - YEAR)).validToDate).to.deep.equal(end)
    })
  })

  describe('TLS certificate', () => {
    const names = ['localhost', 'auth.example.com', '127.0.0.1', '::1']

    it('is its own authority: a token key can never be had from a TLS key', async () => {
      const tls = await createTlsCertificate(names, NOW)
      expect(read(tls).verify(read(ca).publicKey)).to.equal(false)
      expect(read(tls).verify(read(tls).publicKey)).to.equal(true)
      expect(constraints(tls)).to.deep.include({ ca: false, extended: ['1.3.6.1.5.5.7.3.1'] })
    })

    it('is for each of the names and no other', async () => {
      const tls = read(await createTlsCertificate(names, NOW))
      expect(tls.checkHost('localhost')).to.equal('localhost')
      expect(tls.checkHost('auth.example.com')).to.equal('auth.example.com')
      expect(tls.checkIP('127.0.0.1')).to.equal('127.0.0.1')
      expect(tls.checkIP('::1')).to.equal('::1')
      expect(tls.checkHost('example.com')).to.equal(undefined)
      expect(tls.checkIP('127.0.0.2')).to.equal(undefined)
    })

    it('takes a name with characters that a distinguished name would quote', async () => {
      expect(read(await createTlsCertificate(['a,CN=b'], NOW)).toLegacyObject().subject.CN).to.equal('a,CN=b')
    })

    it('lasts no longer than Apple systems accept', async () => {
      const { validFromDate, validToDate } = read(await createTlsCertificate(names, NOW))
      expect(validToDate.getTime() - validFromDate.getTime()).to.be.at.most(825 * 86_400_000)
    })

    it('needs a name', async () => {
      const message = await createTlsCertificate([], NOW).catch((error: Error) => error.message)
      expect(message).to.equal('a TLS certificate needs at least one host name or IP address')
    })

    it('serves TLS to a client that trusts it, and to no other', async () => {
      const { certificate, key } = await createTlsCertificate(['localhost'], Date.now())
      const server = createServer({ cert: certificate, key }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const handshake = async (ca?: string) => {
        const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
        const outcome = await once(socket, 'secureConnect').then(
          () => 'trusted',
          (error) => error.code,
        )
        socket.destroy()
        return outcome
      }
      try {
        expect(await handshake(certificate)).to.equal('trusted')
        expect(await handshake()).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT')
      } finally {
        server.close()
        await once(server, 'close')
      }
    })
  })
})
