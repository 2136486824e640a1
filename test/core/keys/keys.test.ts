import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import type { RsaAlgorithm } from '../../../core/keys/algorithms.ts'
import { loadSigningKey, type SigningKeySource } from '../../../core/keys/keys.ts'
import { type KeyType, newKey, newPair } from '../../support/key-pairs.ts'

function load(given: Partial<SigningKeySource> & { key: string }) {
  return loadSigningKey({
    keyId: 'libtrust',
    x5c: false,
    source: 'token.keys[0]',
    renewal: 'renew it',
    ...given,
  })
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  )
}

const header = (encoded: string) => JSON.parse(Buffer.from(encoded, 'base64url').toString())
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const

describe('signing keys', () => {
  const algorithms: [KeyType, RsaAlgorithm | undefined, string][] = [
    ['RSA-2048', undefined, 'RS256'],
    ['RSA-2048', 'RS384', 'RS384'],
    ['RSA-2048', 'RS512', 'RS512'],
    ['RSA-2048', 'PS256', 'PS256'],
    ['P-256', undefined, 'ES256'],
    ['P-384', undefined, 'ES384'],
    ['P-521', undefined, 'ES512'],
    ['Ed25519', undefined, 'EdDSA'],
  ]
  for (const [type, algorithm, alg] of algorithms) {
    it(`${type}${algorithm ? `, told ${algorithm}` : ''}: signs with ${alg}`, async () => {
      const key = await load({ key: newKey(type), algorithm })
      expect(key.alg).to.equal(alg)
      expect(header(key.header)).to.deep.equal({ typ: 'JWT', alg, kid: key.kid })
      expect(key.warnings(Date.now())).to.deep.equal([])
    })
  }

  it('publishes nothing of the private key', async () => {
    for (const type of ['RSA-2048', 'P-256', 'Ed25519'] as const) {
      const { publicJwk } = await load({ key: newKey(type) })
      expect(publicJwk).not.to.have.any.keys('d', 'p', 'q', 'dp', 'dq', 'qi')
    }
  })

  describe('key id', () => {
    it('is what the configuration asks for', async () => {
      const key = newKey('P-256')
      expect((await load({ key, keyId: 'libtrust' })).kid).to.match(/^(\w{4}:){11}\w{4}$/)
      expect((await load({ key, keyId: 'thumbprint' })).kid).to.match(/^[\w-]{43}$/)
    })
  })

  describe('x5c', () => {
    it('holds the chain in the order of the file', async () => {
      const pair = await newPair('P-256')
      const above = await newPair('RSA-2048', { name: 'above' })
      const key = await load({ key: pair.key, certificate: pair.certificate + above.certificate, x5c: true })
      const chain = header(key.header).x5c.map(
        (der: string) => new X509Certificate(Buffer.from(der, 'base64')).subject,
      )
      expect(chain).to.deep.equal(['CN=test', 'CN=above'])
    })

    it('is left out when it is off, or there is no certificate', async () => {
      const pair = await newPair('P-256')
      expect(header((await load({ ...pair, x5c: false })).header)).not.to.have.property('x5c')
      expect(header((await load({ key: pair.key, x5c: true })).header)).not.to.have.property('x5c')
    })
  })

  describe('mistakes', () => {
    it('a certificate of another key is refused', async () => {
      const pair = await newPair('P-256')
      expect(await failure(load({ key: newKey('P-256'), certificate: pair.certificate }))).to.match(
        /^token\.keys\[0\]\.certificate: .* does not belong to the key; give .* made together$/,
      )
    })

    it('a chain in the wrong order is refused with the place of the right certificate', async () => {
      const pair = await newPair('P-256')
      const above = await newPair('P-256')
      expect(
        await failure(load({ key: pair.key, certificate: above.certificate + pair.certificate })),
      ).to.match(/number 2 in the file; put it first$/)
    })

    it('a swapped certificate and key are recognised', async () => {
      const { certificate, key } = await newPair('P-256')
      expect(await failure(load({ certificate: key, key: certificate }))).to.match(
        /^token\.keys\[0\]\.key: .*are certificate and key swapped\?$/,
      )
    })

    it('an RSA algorithm for another key is refused', async () => {
      expect(await failure(load({ key: newKey('P-256'), algorithm: 'RS256' }))).to.match(
        /^token\.keys\[0\]\.key: algorithm RS256 needs an RSA key, but this one signs with ES256/,
      )
    })

    const unusable: [string, () => string, RegExp][] = [
      [
        'secp256k1',
        () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export(pkcs8).toString(),
        /a key of type ec secp256k1 can't sign tokens; use RSA/,
      ],
      [
        'X25519',
        () => generateKeyPairSync('x25519').privateKey.export(pkcs8).toString(),
        /a key of type x25519 can't/,
      ],
      [
        'RSA-PSS',
        () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export(pkcs8).toString(),
        /a key of type rsa-pss can't/,
      ],
      [
        'RSA of 512 bits',
        () => generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export(pkcs8).toString(),
        /512 bits is too short/,
      ],
    ]
    for (const [type, key, message] of unusable) {
      it(`a key of type ${type} is refused with what to use`, async () => {
        expect(await failure(load({ key: key() }))).to.match(message)
      })
    }
  })

  describe('warnings', () => {
    it('an RSA key of 1024 bits is loaded with a warning', async () => {
      const warnings = (await load({ key: newKey('RSA-1024') })).warnings(Date.now())
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(
        /^token\.keys\[0\]\.key: an RSA key of 1024 bits can be broken; replace it/,
      )
    })

    it('an expired certificate is loaded with a warning that says when', async () => {
      const notAfter = new Date('2024-01-01T00:00:00Z')
      const pair = await newPair('P-256', { notBefore: new Date('2023-01-01T00:00:00Z'), notAfter })
      const key = await load({ ...pair, x5c: true })
      expect(key.notAfter).to.deep.equal(notAfter)
      expect(key.warnings(Date.now())).to.deep.equal([
        'token.keys[0].certificate: certificate 1 expired on 2024-01-01T00:00:00.000Z; registries refuse tokens that carry it: renew it',
      ])
    })

    it('a certificate that is not valid yet is loaded with a warning', async () => {
      const pair = await newPair('P-256')
      const warnings = (await load(pair)).warnings(Date.now() - 7_200_000)
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(/certificate 1 is not valid before .*check this machine's clock$/)
    })

    it('a certificate is warned of from 14 days before its end, and not before', async () => {
      const notAfter = new Date('2027-01-15T00:00:00Z')
      const key = await load({ ...(await newPair('P-256', { notAfter })), x5c: true })
      expect(key.warnings(Date.parse('2026-12-31T23:59:00Z'))).to.deep.equal([])
      expect(key.warnings(Date.parse('2027-01-01T00:00:00Z'))).to.deep.equal([
        'token.keys[0].certificate: certificate 1 expires on 2027-01-15T00:00:00.000Z; then registries refuse tokens that carry it: renew it',
      ])
    })
  })
})
