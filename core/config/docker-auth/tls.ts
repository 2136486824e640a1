// docker_auth's `tls_*` settings of the server: min_version, curves and cipher_suites of the native `tls`.
import { suggest } from '../../plugin.ts'
import { type Draft, draftList } from './draft.ts'
import { CURVE_NAMES, SUITE_NAMES, tlsCipherSuite, tlsCurve, tlsVersion, VERSION_NAMES } from './go-tls.ts'
import type { Given, Section } from './section.ts'

/** The keys that this file reads. */
export const TLS_KEYS = ['tls_min_version', 'tls_curve_preferences', 'tls_cipher_suites'] as const

/** Puts the settings into the native `tls`. */
export function translateTlsSettings(server: Section, tls: Draft): void {
  tls.take('min_version', minVersion(server))
  tls.take('curves', curves(server))
  const suites = cipherSuites(server)
  if (!suites) return
  const { value, entry } = suites
  if (value.length > 0) {
    tls.put('cipher_suites', draftList(server.yaml, entry.value, value), entry)
    return
  }
  server.warn(
    'tls_cipher_suites',
    'names no suite of TLS 1.2 that can be chosen, so that only TLS 1.3 is left; write tls_min_version: TLS13 instead',
  )
  tls.put('min_version', 'TLSv1.3', entry)
}

function minVersion(server: Section): Given<string> | undefined {
  const given = server.text('tls_min_version')
  if (!given || given.value === '') return undefined
  const value = tlsVersion(given.value)
  if (value === undefined) {
    server.refuse('tls_min_version', `is no TLS version; ${suggest(given.value, VERSION_NAMES)}`)
    return undefined
  }
  if (value === 'TLSv1' || value === 'TLSv1.1') {
    server.warn(
      'tls_min_version',
      `is ${value}, which can be broken (RFC 8996); write TLS12 unless old clients need it`,
    )
  }
  return { value, entry: given.entry }
}

function curves(server: Section): Given<unknown> | undefined {
  const given = server.texts('tls_curve_preferences')
  // As in Go, an empty list is none.
  if (!given || given.value.length === 0) return undefined
  const found: Given<string>[] = []
  for (const { value: text, entry } of given.value) {
    const value = tlsCurve(text)
    if (value === undefined) server.refuseAt(entry.value, `is no curve; ${suggest(text, CURVE_NAMES)}`)
    else if (value === null)
      server.warnAt(entry.value, 'is no curve that is known here; it is left out, remove it')
    else found.push({ value, entry })
  }
  if (found.length === 0) {
    if (given.value.every(({ value }) => tlsCurve(value) === null))
      server.refuse('tls_curve_preferences', 'names no curve that is known here; remove the key')
    return undefined
  }
  return { value: draftList(server.yaml, given.entry.value, found), entry: given.entry }
}

/** @returns the suites of TLS 1.2 under OpenSSL's names; undefined when all are wanted, or what is given is wrong */
function cipherSuites(server: Section): Given<readonly Given<string>[]> | undefined {
  const given = server.texts('tls_cipher_suites')
  if (!given) return undefined
  if (['TLS13', '0x0304'].includes(server.text('tls_min_version')?.value ?? '')) {
    server.refuse(
      'tls_cipher_suites',
      "TLS 1.3's cipher suites are not configurable; remove the key, or lower tls_min_version",
    )
    return undefined
  }
  if (given.value.length === 0) return undefined
  const value: Given<string>[] = []
  let wrong = false
  for (const { value: text, entry } of given.value) {
    const suite = tlsCipherSuite(text)
    if (suite === undefined) {
      wrong = true
      server.refuseAt(entry.value, `is no cipher suite; ${suggest(text, SUITE_NAMES)}`)
    } else if (suite.openssl === undefined) {
      const why = suite.tls13 ? "TLS 1.3's cipher suites are always on" : 'OpenSSL has no such cipher suite'
      server.warnAt(entry.value, `${why}; it is left out here, remove it`)
    } else {
      value.push({ value: suite.openssl, entry })
    }
  }
  return wrong ? undefined : { value, entry: given.entry }
}
