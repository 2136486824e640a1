// The TLS names and numbers of Go's crypto/tls, as docker_auth's configuration uses them, in OpenSSL's words.
// Source: https://pkg.go.dev/crypto/tls#pkg-constants and https://www.iana.org/assignments/tls-parameters

/** A cipher suite. Without an OpenSSL name it can't be chosen here. */
export interface GoCipherSuite {
  readonly openssl?: string
  /** TLS 1.3's suites are always on. */
  readonly tls13?: true
}

const VERSIONS: readonly (readonly [name: string, id: number, openssl: string])[] = [
  // SSL 3.0 is gone from Go too, where it now means: the oldest that there is.
  ['SSL30', 0x0300, 'TLSv1'],
  ['TLS10', 0x0301, 'TLSv1'],
  ['TLS11', 0x0302, 'TLSv1.1'],
  ['TLS12', 0x0303, 'TLSv1.2'],
  ['TLS13', 0x0304, 'TLSv1.3'],
]

const CURVES: readonly (readonly [name: string, id: number, openssl: string])[] = [
  ['P256', 23, 'prime256v1'],
  ['P384', 24, 'secp384r1'],
  ['P521', 25, 'secp521r1'],
  ['X25519', 29, 'X25519'],
]

const TLS13 = { tls13: true } as const
const GONE = {} as const

const SUITES: readonly (readonly [name: string, id: number, suite: string | GoCipherSuite])[] = [
  ['TLS_RSA_WITH_RC4_128_SHA', 0x0005, GONE],
  ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 0x000a, GONE],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 0x002f, 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 0x0035, 'AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 0x003c, 'AES128-SHA256'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 0x009c, 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 0x009d, 'AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', 0xc007, GONE],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 0xc009, 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 0xc00a, 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 0xc011, GONE],
  ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 0xc012, GONE],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 0xc013, 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 0xc014, 'ECDHE-RSA-AES256-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 0xc023, 'ECDHE-ECDSA-AES128-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 0xc027, 'ECDHE-RSA-AES128-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 0xc02f, 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b, 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 0xc030, 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 0xcca8, 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305', 0xcca9, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_AES_128_GCM_SHA256', 0x1301, TLS13],
  ['TLS_AES_256_GCM_SHA384', 0x1302, TLS13],
  ['TLS_CHACHA20_POLY1305_SHA256', 0x1303, TLS13],
  // A signal between client and server, no suite.
  ['TLS_FALLBACK_SCSV', 0x5600, GONE],
]

export const VERSION_NAMES: readonly string[] = VERSIONS.map(([name]) => name)
export const CURVE_NAMES: readonly string[] = CURVES.map(([name]) => name)
export const SUITE_NAMES: readonly string[] = SUITES.map(([name]) => name)

/**
 * @returns Node's name of the oldest TLS version that a minimum allows; undefined when it allows none
 * @example tlsVersion('0x0303') // 'TLSv1.2'
 */
export function tlsVersion(text: string): string | undefined {
  const id = uint16(text)
  return VERSIONS.find(([name, known]) => name === text || (id !== undefined && known >= id))?.[2]
}

/**
 * @returns OpenSSL's name of a key exchange group; null for a number that is none here, which Go passes over; undefined for what
 *   docker_auth does not start with
 * @example tlsCurve('P256') // 'prime256v1'
 */
export function tlsCurve(text: string): string | null | undefined {
  return find(CURVES, text) ?? (uint16(text) === undefined ? undefined : null)
}

/**
 * @returns undefined for what docker_auth does not start with; a number that Go has no suite for is one that can't be chosen
 * @example tlsCipherSuite('0xc014') // { openssl: 'ECDHE-RSA-AES256-SHA' }
 */
export function tlsCipherSuite(text: string): GoCipherSuite | undefined {
  const found = find(SUITES, text)
  if (typeof found === 'string') return { openssl: found }
  return found ?? (uint16(text) === undefined ? undefined : GONE)
}

function find<T>(table: readonly (readonly [string, number, T])[], text: string): T | undefined {
  const id = uint16(text)
  return table.find(([name, known]) => name === text || known === id)?.[2]
}

/** A number as Go writes it: decimal, 0x, 0b, 0o, or octal after a plain 0. */
function uint16(text: string): number | undefined {
  if (!/^(0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i.test(text)) return undefined
  const number = Number(text.replace(/^0(?=\d)/, '0o'))
  return number <= 0xffff ? number : undefined
}
