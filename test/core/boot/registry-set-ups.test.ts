// What `key export` says of registries, against what was measured with Distribution v2.8.2 and v3.0.0.
import { expect } from 'chai'
import { registrySetUps } from '../../../core/boot/registry-set-ups.ts'
import { loadSigningKey } from '../../../core/token/keys.ts'
import { type KeyType, newPair } from '../../support/key-pairs.ts'

type Form = 'libtrust' | 'thumbprint'

async function setUpsOf(
  type: KeyType,
  token: { x5c: boolean; key_id: Form },
  { underCa = false, certificate = true, format = 'bundle' as 'bundle' | 'jwks' } = {},
) {
  const pair = await newPair(type)
  const key = await loadSigningKey({
    key: pair.key,
    ...(certificate && { certificate: pair.certificate }),
    keyId: token.key_id,
    x5c: token.x5c,
    source: 'test',
    renewal: 'renew it',
  })
  return registrySetUps(format, key, token, underCa)
}

/** The versions of Distribution that accept the tokens of a configuration. */
async function accepting(...given: Parameters<typeof setUpsOf>): Promise<string> {
  const fitting = (await setUpsOf(...given)).filter(({ fits }) => fits)
  return fitting.flatMap(({ name }) => /^Distribution (v\d)/.exec(name)?.[1] ?? []).join(' and ') || 'neither'
}

describe('registry set-ups', () => {
  const measured: [KeyType, string, string, string][] = [
    // key, kid=libtrust, kid=RFC 7638, x5c with any kid
    ['RSA-2048', 'v2', 'v3', 'v2 and v3'],
    ['P-256', 'v2', 'neither', 'v2 and v3'],
    ['P-384', 'v2', 'neither', 'v2 and v3'],
    ['Ed25519', 'neither', 'neither', 'v3'],
  ]
  for (const [type, libtrust, thumbprint, x5c] of measured) {
    it(`${type}, its own certificate in the bundle: ${libtrust}, ${thumbprint}, ${x5c}`, async () => {
      expect(await accepting(type, { x5c: false, key_id: 'libtrust' }), 'libtrust').to.equal(libtrust)
      expect(await accepting(type, { x5c: false, key_id: 'thumbprint' }), 'thumbprint').to.equal(thumbprint)
      expect(await accepting(type, { x5c: true, key_id: 'libtrust' }), 'x5c').to.equal(x5c)
      expect(await accepting(type, { x5c: true, key_id: 'thumbprint' }), 'x5c').to.equal(x5c)
    })
  }

  it('with a CA in the bundle, no key id finds the key: only x5c leads to it', async () => {
    for (const form of ['libtrust', 'thumbprint'] as const) {
      expect(await accepting('P-256', { x5c: false, key_id: form }, { underCa: true })).to.equal('neither')
      expect(await accepting('P-256', { x5c: true, key_id: form }, { underCa: true })).to.equal('v2 and v3')
    }
  })

  it('a registry with jwks alone takes tokens without x5c only', async () => {
    const format = 'jwks'
    expect(await accepting('P-256', { x5c: true, key_id: 'thumbprint' }, { format })).to.equal('neither')
    expect(await accepting('P-256', { x5c: false, key_id: 'thumbprint' }, { format })).to.equal('v3')
  })

  it('x5c counts only for a key that has a certificate', async () => {
    const given = { format: 'jwks', certificate: false } as const
    expect(await accepting('P-256', { x5c: true, key_id: 'thumbprint' }, given)).to.equal('v3')
  })

  const advice: [KeyType, boolean, string, string][] = [
    ['RSA-2048', false, 'v2', 'x5c: true, or x5c: false with key_id: libtrust'],
    ['RSA-2048', false, 'v3', 'x5c: true, or x5c: false with key_id: thumbprint'],
    ['RSA-2048', true, 'v2', 'x5c: true'],
    ['RSA-2048', true, 'v3', 'x5c: true'],
    ['P-256', false, 'v3', 'x5c: true'],
    ['Ed25519', false, 'v2', 'an RSA or EC key: it does not start with this bundle'],
  ]
  for (const [type, underCa, version, needs] of advice) {
    it(`${type}${underCa ? ' under a CA' : ''}, ${version}: what it needs is ${needs}`, async () => {
      const setUps = await setUpsOf(type, { x5c: false, key_id: 'thumbprint' }, { underCa })
      expect(setUps.find(({ name }) => name.startsWith(`Distribution ${version}`))!.needs).to.equal(needs)
    })
  }

  it('following the advice makes it fit', async () => {
    for (const type of ['RSA-2048', 'P-256', 'Ed25519'] as const) {
      for (const underCa of [false, true]) {
        const before = await setUpsOf(type, { x5c: false, key_id: 'libtrust' }, { underCa })
        for (const { name, fits, needs } of before) {
          if (fits || !needs.startsWith('x5c: true')) continue
          const after = await setUpsOf(type, { x5c: true, key_id: 'libtrust' }, { underCa })
          expect(after.find((one) => one.name === name)!.fits, `${type} ${name}`).to.equal(true)
        }
      }
    }
  })
})
