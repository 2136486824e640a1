// Which of our tokens Distribution v2 accepts, asked of the registry itself.
import { once } from 'node:events'
import { get } from 'node:https'
import { expect } from 'chai'
import { loadSigningKey, type SigningKey, type SigningKeySource } from '../../core/keys/keys.ts'
import { createSigner } from '../../core/keys/signer.ts'
import { createClaims, type TokenFacts } from '../../core/token/claims.ts'
import {
  createSigningCa,
  createTlsCertificate,
  issueSigningLeaf,
  type PemPair,
} from '../../core/x509/certificates.ts'
import { needs } from '../support/debian.ts'
import { type KeyType, newPair } from '../support/key-pairs.ts'
import { type Registry, startRegistry } from '../support/registry.ts'

const realm = 'http://127.0.0.1:5001/auth'
const service = 'registry'
const issuer = 'Auth Service'

function load(pair: PemPair, given: Partial<SigningKeySource> = {}) {
  return loadSigningKey({
    ...pair,
    keyId: 'libtrust',
    x5c: false,
    source: 'test',
    renewal: 'renew it',
    ...given,
  })
}

function token(key: SigningKey, given: Partial<TokenFacts> = {}) {
  const facts = {
    issuer,
    account: 'alice',
    service,
    access: [],
    now: Date.now(),
    lifetime: 900_000,
    ...given,
  }
  return createSigner(key).sign(createClaims(facts))
}

describe('tokens at a Distribution v2 registry', () => {
  needs('docker-registry')

  let registry: Registry
  let ca: PemPair
  const pairs = new Map<KeyType, PemPair>()

  before(async () => {
    ca = await createSigningCa(Date.now())
    for (const type of ['RSA-2048', 'P-256', 'P-384', 'P-521'] as const) pairs.set(type, await newPair(type))
    const trusted = [ca, ...pairs.values()].map(({ certificate }) => certificate)
    registry = await startRegistry({ realm, service, issuer, rootcertbundle: trusted.join('') })
  })
  after(() => registry?.stop())

  async function ask(bearer: string, path = '/v2/'): Promise<number> {
    const response = await fetch(registry.url + path, { headers: { authorization: `Bearer ${bearer}` } })
    await response.body?.cancel()
    return response.status
  }

  const accepted: [KeyType, Partial<SigningKeySource>][] = [
    ['RSA-2048', { keyId: 'libtrust', x5c: false }],
    ['RSA-2048', { keyId: 'libtrust', x5c: false, algorithm: 'RS384' }],
    ['RSA-2048', { keyId: 'libtrust', x5c: false, algorithm: 'RS512' }],
    ['RSA-2048', { keyId: 'libtrust', x5c: true }],
    ['RSA-2048', { keyId: 'thumbprint', x5c: true }],
    ['P-256', { keyId: 'libtrust', x5c: false }],
    ['P-256', { keyId: 'thumbprint', x5c: true }],
    ['P-384', { keyId: 'libtrust', x5c: false }],
    ['P-384', { keyId: 'libtrust', x5c: true }],
    ['P-521', { keyId: 'libtrust', x5c: false }],
    ['P-521', { keyId: 'libtrust', x5c: true }],
  ]
  for (const [type, given] of accepted) {
    it(`accepts ${type} with ${JSON.stringify(given)}`, async () => {
      expect(await ask(await token(await load(pairs.get(type)!, given)))).to.equal(200)
    })
  }

  it('accepts any leaf under a CA that it trusts, so that a new one needs no change there', async () => {
    for (const leaf of [await issueSigningLeaf(ca, Date.now()), await issueSigningLeaf(ca, Date.now())]) {
      expect(await ask(await token(await load(leaf, { x5c: true })))).to.equal(200)
    }
  })

  it('gives what the token grants and nothing else', async () => {
    const key = await load(await issueSigningLeaf(ca, Date.now()), { x5c: true })
    const access = [{ type: 'registry', name: 'catalog', actions: ['*'] }]
    expect(await ask(await token(key, { access }), '/v2/_catalog')).to.equal(200)
    expect(await ask(await token(key), '/v2/_catalog')).to.equal(401)
    expect(await ask(await token(key, { access }), '/v2/a/tags/list')).to.equal(401)
  })

  describe('refuses', () => {
    const refused: [why: string, bearer: () => Promise<string>][] = [
      [
        'a thumbprint without x5c',
        async () => token(await load(pairs.get('P-256')!, { keyId: 'thumbprint' })),
      ],
      [
        'a leaf of the CA without x5c',
        async () => token(await load(await issueSigningLeaf(ca, Date.now()), { x5c: false })),
      ],
      ['an unknown key', async () => token(await load(await newPair('P-256')))],
      [
        'an unknown key with its certificate',
        async () => token(await load(await newPair('P-256'), { x5c: true })),
      ],
      [
        'an unknown key under the id of a known one',
        async () => {
          const known = await load(pairs.get('P-256')!)
          return token({ ...(await load(await newPair('P-256'))), header: known.header })
        },
      ],
      [
        'a leaf of another CA with the same name',
        async () => {
          const other = await createSigningCa(Date.now())
          return token(await load(await issueSigningLeaf(other, Date.now()), { x5c: true }))
        },
      ],
      [
        'a TLS key with its certificate',
        async () => token(await load(await createTlsCertificate(['localhost'], Date.now()), { x5c: true })),
      ],
      ['another issuer', async () => token(await load(pairs.get('P-256')!), { issuer: 'Other' })],
      ['another service', async () => token(await load(pairs.get('P-256')!), { service: 'other' })],
      [
        'a token of yesterday',
        async () => token(await load(pairs.get('P-256')!), { now: Date.now() - 86_400_000 }),
      ],
    ]
    for (const [why, bearer] of refused) {
      it(why, async () => {
        expect(await ask(await bearer())).to.equal(401)
      })
    }
  })
})

describe('a registry with our TLS certificate', () => {
  needs('docker-registry')

  it('serves clients that trust the certificate', async () => {
    const tls = await createTlsCertificate(['127.0.0.1'], Date.now())
    const rootcertbundle = (await createSigningCa(Date.now())).certificate
    const registry = await startRegistry({ realm, service, issuer, rootcertbundle, tls })
    try {
      const [response] = await once(
        get(`${registry.url}/v2/`, { ca: tls.certificate, agent: false }),
        'response',
      )
      response.resume()
      expect(response.statusCode).to.equal(401)
      expect(response.headers['www-authenticate']).to.equal(`Bearer realm="${realm}",service="${service}"`)
    } finally {
      await registry.stop()
    }
  })
})
