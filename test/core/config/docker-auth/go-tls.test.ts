import { createSecureContext } from 'node:tls'
import { expect } from 'chai'
import {
  CURVE_NAMES,
  SUITE_NAMES,
  tlsCipherSuite,
  tlsCurve,
  tlsVersion,
  VERSION_NAMES,
} from '../../../../core/config/docker-auth/go-tls.ts'

describe("Go's TLS names", () => {
  const versions: [string, string | undefined][] = [
    ['SSL30', 'TLSv1'],
    ['TLS10', 'TLSv1'],
    ['TLS11', 'TLSv1.1'],
    ['TLS12', 'TLSv1.2'],
    ['TLS13', 'TLSv1.3'],
    ['0x0303', 'TLSv1.2'],
    ['0X304', 'TLSv1.3'],
    ['771', 'TLSv1.2'],
    ['01403', 'TLSv1.2'],
    ['0o1403', 'TLSv1.2'],
    ['0b1100000100', 'TLSv1.3'],
    // A minimum below all that there is.
    ['0303', 'TLSv1'],
    ['0', 'TLSv1'],
    ['TLSv1.2', undefined],
    ['tls12', undefined],
    ['1.2', undefined],
    ['-771', undefined],
    ['0x0305', undefined],
    ['', undefined],
  ]
  for (const [text, expected] of versions) {
    it(`reads the version ${JSON.stringify(text)} as ${expected}`, () => {
      expect(tlsVersion(text)).to.equal(expected)
    })
  }

  const curves: [string, string | null | undefined][] = [
    ['P256', 'prime256v1'],
    ['P384', 'secp384r1'],
    ['P521', 'secp521r1'],
    ['X25519', 'X25519'],
    ['23', 'prime256v1'],
    ['0x18', 'secp384r1'],
    ['25', 'secp521r1'],
    ['29', 'X25519'],
    ['P-256', undefined],
    ['4588', null],
    ['65537', undefined],
  ]
  for (const [text, expected] of curves) {
    it(`reads the curve ${JSON.stringify(text)} as ${expected}`, () => {
      expect(tlsCurve(text)).to.equal(expected)
    })
  }

  const suites: [string, ReturnType<typeof tlsCipherSuite>][] = [
    ['TLS_RSA_WITH_AES_128_CBC_SHA', { openssl: 'AES128-SHA' }],
    ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', { openssl: 'ECDHE-RSA-AES256-GCM-SHA384' }],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', { openssl: 'ECDHE-RSA-CHACHA20-POLY1305' }],
    ['0xc014', { openssl: 'ECDHE-RSA-AES256-SHA' }],
    ['49162', { openssl: 'ECDHE-ECDSA-AES256-SHA' }],
    ['TLS_AES_128_GCM_SHA256', { tls13: true }],
    ['0x1303', { tls13: true }],
    ['TLS_RSA_WITH_RC4_128_SHA', {}],
    ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', {}],
    ['0xffff', {}],
    ['0x10000', undefined],
    ['ECDHE-RSA-AES256-SHA', undefined],
    ['constructor', undefined],
  ]
  for (const [text, expected] of suites) {
    it(`reads the cipher suite ${JSON.stringify(text)} as ${JSON.stringify(expected)}`, () => {
      expect(tlsCipherSuite(text)).to.deep.equal(expected)
    })
  }

  it('become names that OpenSSL takes', () => {
    for (const name of SUITE_NAMES) {
      const ciphers = tlsCipherSuite(name)?.openssl
      if (ciphers) expect(() => createSecureContext({ ciphers }), name).not.to.throw()
    }
    for (const name of CURVE_NAMES) {
      expect(() => createSecureContext({ ecdhCurve: tlsCurve(name)! }), name).not.to.throw()
    }
    for (const name of VERSION_NAMES) {
      const minVersion = tlsVersion(name) as 'TLSv1'
      expect(() => createSecureContext({ minVersion }), name).not.to.throw()
    }
  })
})
