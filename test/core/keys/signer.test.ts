import { expect } from 'chai'
import fc from 'fast-check'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { RsaAlgorithm } from '../../../core/keys/algorithms.ts'
import { jwks } from '../../../core/keys/jwks.ts'
import { loadSigningKey, type SigningKey } from '../../../core/keys/keys.ts'
import { createSigner, type Signer } from '../../../core/keys/signer.ts'
import { type KeyType, newKey } from '../../support/key-pairs.ts'
import { runs } from '../../support/properties.ts'

function load(key: string, algorithm?: RsaAlgorithm) {
  return loadSigningKey({
    key,
    algorithm,
    keyId: 'thumbprint',
    x5c: false,
    source: 'test',
    renewal: 'renew it',
  })
}

const opened: Signer[] = []

function open(key: SigningKey): Signer {
  const signer = createSigner(key)
  opened.push(signer)
  return signer
}

/** Signers have threads, and some tests need hundreds of them. */
const close = () => Promise.all(opened.splice(0).map((signer) => signer.close()))

const keySet = (keys: Parameters<typeof jwks>[0]) => createLocalJWKSet(jwks(keys) as JSONWebKeySet)

// What JSON can hold: fast-check's -0 reads back as 0.
const claims = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
  .map((value): Record<string, unknown> => JSON.parse(JSON.stringify(value)))
  // Those with a meaning of their own to a verifier.
  .filter((value) => !['exp', 'nbf', 'iat'].some((name) => name in value))

const CASES: [KeyType, RsaAlgorithm?][] = [
  ['RSA-2048', 'RS256'],
  ['RSA-2048', 'RS384'],
  ['RSA-2048', 'RS512'],
  ['RSA-2048', 'PS256'],
  ['P-256'],
  ['P-384'],
  ['P-521'],
  ['Ed25519'],
]

describe('signer', () => {
  afterEach(close)

  for (const [type, algorithm] of CASES) {
    it(`${type}${algorithm ? ` with ${algorithm}` : ''}: any claims verify against the published key set and come out as they went in`, async () => {
      const key = await load(newKey(type), algorithm)
      const signer = open(key)
      const published = keySet([key])
      await fc.assert(
        fc.asyncProperty(claims, async (given) => {
          const { payload, protectedHeader } = await jwtVerify(await signer.sign(given), published)
          expect(payload).to.deep.equal(given)
          expect(protectedHeader).to.deep.equal({ typ: 'JWT', alg: key.alg, kid: key.kid })
        }),
        runs(30),
      )
    })
  }

  for (const type of ['P-256', 'P-384', 'P-521', 'Ed25519'] as const) {
    it(`${type}: works with any key`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.constant(type).map(newKey), async (pem) => {
          const key = await load(pem)
          const { payload } = await jwtVerify(await open(key).sign({ sub: 'alice' }), keySet([key]))
          expect(payload).to.deep.equal({ sub: 'alice' })
          await close()
        }),
        runs(20),
      )
    })
  }

  it('of several published keys, the token names the one that signed it', async () => {
    const keys = await Promise.all([load(newKey('P-256')), load(newKey('P-256')), load(newKey('Ed25519'))])
    for (const key of keys) {
      const { protectedHeader } = await jwtVerify(await open(key).sign({}), keySet(keys))
      expect(protectedHeader.kid).to.equal(key.kid)
    }
  })

  it('a token does not verify with another key under the same id', async () => {
    const [ours, other] = await Promise.all([load(newKey('P-256')), load(newKey('P-256'))])
    const forged = await open({ ...other, header: ours.header }).sign({ sub: 'mallory' })
    const outcome = await jwtVerify(forged, keySet([ours])).catch((error) => error.code)
    expect(outcome).to.equal('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
  })

  it('only those hold up nobody that take microseconds', async () => {
    const quick: boolean[] = []
    for (const [type, algorithm] of CASES) quick.push(open(await load(newKey(type), algorithm)).isQuick)
    expect(quick).to.deep.equal([false, false, false, false, true, false, false, true])
  })

  for (const type of ['P-256', 'RSA-2048'] as const)
    it(`${type}: a hundred signatures at once do not mix`, async () => {
      const key = await load(newKey(type))
      const signer = open(key)
      const accounts = Array.from({ length: 100 }, (_, index) => `account-${index}`)
      const tokens = await Promise.all(accounts.map((sub) => signer.sign({ sub })))
      const verified = await Promise.all(tokens.map((token) => jwtVerify(token, keySet([key]))))
      expect(verified.map(({ payload }) => payload.sub)).to.deep.equal(accounts)
    })
})

describe('key set', () => {
  it('holds each key with its id, algorithm and use, and nothing private', async () => {
    const key = await load(newKey('P-256'))
    expect(jwks([key])).to.deep.equal({
      keys: [{ ...key.publicJwk, kid: key.kid, alg: 'ES256', use: 'sig' }],
    })
    expect(jwks([key]).keys[0]).to.have.all.keys('kty', 'crv', 'x', 'y', 'kid', 'alg', 'use')
  })
})
