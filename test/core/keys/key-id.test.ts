import { createHash, createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { libtrustKeyId, thumbprint } from '../../../core/keys/key-id.ts'

// The public keys of RFC 7638, 3.1 and RFC 7515, A.3; the fingerprints are what libtrust itself (Go) gives for them.
const KNOWN = [
  {
    jwk: {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
    },
    libtrust: 'VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5',
    thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  },
  {
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    libtrust: 'FPI3:WDCE:VCL4:GCT2:UCMR:ZXRY:3ADC:7ZCB:3ZIN:UD2G:QJJU:J5QC',
    thumbprint: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  },
]

/** Base 32 of RFC 4648, bit by bit. */
function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five, 2)))
}

function newPublicKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
}

describe('key ids', () => {
  for (const known of KNOWN) {
    const key = createPublicKey({ key: known.jwk, format: 'jwk' })
    it(`${known.jwk.kty}: the fingerprint is libtrust's`, () => {
      expect(libtrustKeyId(key)).to.equal(known.libtrust)
    })
    it(`${known.jwk.kty}: the thumbprint is that of RFC 7638`, async () => {
      expect(await thumbprint(key)).to.equal(known.thumbprint)
    })
  }

  it('a fingerprint is base32 of the hashed public key in groups of four, for any key', () => {
    fc.assert(
      fc.property(fc.constant(null).map(newPublicKey), (key) => {
        const der = key.export({ type: 'spki', format: 'der' })
        const text = base32(createHash('sha256').update(der).digest().subarray(0, 30))
        const id = libtrustKeyId(key)
        expect(id.replaceAll(':', '')).to.equal(text)
        expect(id).to.match(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/)
      }),
    )
  })

  it('a point that was stored compressed has the fingerprint of the full one, as in Go', () => {
    const key = newPublicKey()
    const der = key.export({ type: 'spki', format: 'der' })
    const compressed = ECDH.convertKey(
      der.subarray(-65),
      'prime256v1',
      undefined,
      undefined,
      'compressed',
    ) as Buffer
    const prefix = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
    const same = createPublicKey({ key: Buffer.concat([prefix, compressed]), format: 'der', type: 'spki' })
    expect(same.export({ type: 'spki', format: 'der' })).to.have.length(prefix.length + compressed.length)
    expect(libtrustKeyId(same)).to.equal(libtrustKeyId(key))
  })
})
