import 'reflect-metadata'
import { createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { X509CrlGenerator, X509Certificate as X509Names } from '@peculiar/x509'
import { expect } from 'chai'
import { readRevocationList } from '../../../core/x509/revocation-list.ts'
import { der, newAuthority, pem } from '../../support/client-certificates.ts'
import { type KeyType, newPair, type TestPair } from '../../support/key-pairs.ts'

type SigningAlgorithm = Parameters<KeyObject['toCryptoKey']>[0] & { readonly name: string }

const RSA = { name: 'RSASSA-PKCS1-v1_5' }

/** A list in the authority's name. */
async function listOf({ certificate }: TestPair, key: string, algorithm: SigningAlgorithm): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: new X509Names(certificate).subjectName,
    signingAlgorithm: algorithm,
    signingKey: createPrivateKey(key).toCryptoKey(algorithm, true, ['sign']),
  })
  return list.toString('pem')
}

/** A list of these serial numbers, each as its bytes: what makes the others takes long for many, and knows none below zero. */
function listOfSerials({ certificate, key }: TestPair, serials: readonly string[]): string {
  const issuer = Buffer.from(new X509Names(certificate).subjectName.toArrayBuffer())
  const algorithm = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const time = der(0x17, '300102030405Z')
  const entries = serials.map((serial) =>
    der(0x30, Buffer.concat([der(0x02, Buffer.from(serial, 'hex')), time])),
  )
  const version = der(0x02, Buffer.from([1]))
  const signed = der(
    0x30,
    Buffer.concat([version, algorithm, issuer, time, time, der(0x30, Buffer.concat(entries))]),
  )
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', signed, key)]))
  return pem('X509 CRL', der(0x30, Buffer.concat([signed, algorithm, signature])))
}

describe('a revocation list', () => {
  it('may have very many entries', async () => {
    const authority = await newAuthority('clients')
    const serials = Array.from({ length: 20_000 }, (_, index) => `0${(0x0100000000 + index).toString(16)}`)
    const list = readRevocationList(listOfSerials(authority, serials))
    expect(list.isOf(new X509Certificate(authority.certificate))).to.equal(true)
  })

  it('says until when it is good', async () => {
    const authority = await newAuthority('clients')
    const dates = {
      thisUpdate: new Date('2030-01-02T03:04:05Z'),
      nextUpdate: new Date('2060-01-02T03:04:05Z'),
    }
    expect(readRevocationList(await authority.list([], dates)).nextUpdate).to.deep.equal(dates.nextUpdate)
  })

  const kinds: [string, KeyType, SigningAlgorithm & { readonly saltLength?: number }][] = [
    ['RSA with SHA-256', 'RSA-2048', { ...RSA, hash: 'SHA-256' }],
    ['RSA with SHA-512', 'RSA-2048', { ...RSA, hash: 'SHA-512' }],
    ['RSA-PSS', 'RSA-2048', { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 }],
    ['P-384', 'P-384', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }],
    ['Ed25519', 'Ed25519', { name: 'Ed25519' }],
  ]
  for (const [name, type, algorithm] of kinds) {
    it(`of an authority with ${name} is known by its signature`, async () => {
      const [authority, other] = [await newPair(type), await newPair(type)]
      for (const [key, expected] of [
        [authority.key, true],
        [other.key, false],
      ] as const) {
        const list = readRevocationList(await listOf(authority, key, algorithm))
        const certificate = new X509Certificate(authority.certificate)
        expect(list.isNamedAfter(certificate)).to.equal(true)
        expect(list.isOf(certificate)).to.equal(expected)
      }
    })
  }

  it('is that of an authority whose name it spells in another way', async () => {
    const authority = await newPair('P-256', { name: 'Example clients' })
    const list = readRevocationList(
      await listOf(await newPair('P-256', { name: 'EXAMPLE  Clients' }), authority.key, {
        ...{ name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
      }),
    )
    expect(list.isOf(new X509Certificate(authority.certificate))).to.equal(true)
  })

  it('is not that of an authority with the same key under another name, or with another kind of key', async () => {
    const authority = await newPair('P-256', { name: 'one' })
    const list = readRevocationList(
      await listOf(await newPair('P-256', { name: 'other' }), authority.key, {
        ...{ name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
      }),
    )
    expect(list.isOf(new X509Certificate(authority.certificate))).to.equal(false)
    const rsa = new X509Certificate((await newPair('RSA-2048', { name: 'other' })).certificate)
    expect([list.isNamedAfter(rsa), list.isOf(rsa)]).to.deep.equal([true, false])
  })
})
