// What `key export` says of registries, against what was measured with Distribution v2.8.2 and v3.0.0.
import { expect } from 'chai'
import { loadSigningKey } from '../../../core/keys/keys.ts'
import { registryNote, registrySetUps } from '../../../core/server/registry-set-ups.ts'
import { type KeyType, newPair } from '../../support/key-pairs.ts'

type Form = 'libtrust' | 'thumbprint'

async function keyOf(type: KeyType, token: { x5c: boolean; key_id: Form }, certificate = true) {
  const pair = await newPair(type)
  return await loadSigningKey({
    key: pair.key,
    ...(certificate && { certificate: pair.certificate }),
    keyId: token.key_id,
    x5c: token.x5c,
    source: 'test',
    renewal: 'renew it',
  })
}

async function setUpsOf(
  type: KeyType,
  token: { x5c: boolean; key_id: Form },
  { underCa = false, certificate = true, format = 'bundle' as 'bundle' | 'jwks' } = {},
) {
  const key = await keyOf(type, token, certificate)
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

describe('the note on registries', () => {
  const table: [KeyType, x5c: boolean, Form, underCa: boolean, note: string | undefined][] = [
    [
      'RSA-2048',
      false,
      'libtrust',
      false,
      'Distribution 3 refuses these tokens; token.x5c: true is good for 2 and 3',
    ],
    ['RSA-2048', false, 'thumbprint', false, undefined],
    ['RSA-2048', true, 'libtrust', false, undefined],
    [
      'RSA-2048',
      false,
      'thumbprint',
      true,
      'Distribution 2 and 3 refuse these tokens; token.x5c: true is good for 2 and 3',
    ],
    [
      'P-256',
      false,
      'libtrust',
      false,
      'Distribution 3 refuses these tokens; token.x5c: true is good for 2 and 3',
    ],
    [
      'P-256',
      false,
      'thumbprint',
      false,
      'Distribution 2 and 3 refuse these tokens; token.x5c: true is good for 2 and 3',
    ],
    ['P-256', true, 'thumbprint', true, undefined],
    [
      'Ed25519',
      false,
      'libtrust',
      false,
      'Distribution 2 and 3 refuse these tokens; token.x5c: true is good for 3',
    ],
    ['Ed25519', true, 'libtrust', false, undefined],
  ]
  for (const [type, x5c, form, underCa, expected] of table) {
    const words = `${type}, ${x5c ? 'x5c' : 'no x5c'}, ${form}${underCa ? ', under a CA' : ''}`
    it(`${words}: ${expected ?? 'none'}`, async () => {
      const token = { x5c, key_id: form }
      expect(registryNote(await keyOf(type, token), token, underCa)?.split(' (')[0]).to.equal(expected)
    })
  }

  it('is none for a key without a certificate, which stands in no bundle', async () => {
    const token = { x5c: false, key_id: 'libtrust' } as const
    expect(registryNote(await keyOf('RSA-2048', token, false), token, false)).to.equal(undefined)
  })
})
