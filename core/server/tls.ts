// TLS settings for node:https, checked before anything listens.
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type TlsOptions } from 'node:tls'
import type { TlsSuites } from '../config/native/tls-schema.ts'
import { readPrivateKey } from '../x509/pem.ts'
import type { PemTexts, ServedTls } from './certificate-choice.ts'

/** A certificate that is served. */
export interface ServerTls {
  readonly options: ServedTls
  /** The certificate's file, when the server made it: clients must trust it. */
  readonly madePath?: string
  /** The end of the certificate's validity; of several, the first. */
  readonly notAfter: Date
  /** What an operator should know at a time, in milliseconds since the epoch. */
  warnings(now: number): string[]
  /** What can hardly be meant so, whatever the time. */
  readonly doubts?: readonly string[]
}

/** TLS 1.3 suites can't be chosen: Node takes them from the same list, and without them would switch TLS 1.3 off. */
const TLS13_SUITES = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']
/**
 * The suites of TLS 1.2 in Mozilla's intermediate configuration: forward secrecy and authenticated encryption only.
 *
 * @see https://wiki.mozilla.org/Security/Server_Side_TLS
 */
const INTERMEDIATE = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-CHACHA20-POLY1305',
]
const OUTDATED: ReadonlySet<string | undefined> = new Set(['TLSv1', 'TLSv1.1'])

/**
 * The options for a certificate and a key, both PEM texts.
 *
 * @param files where the two come from, for messages
 * @throws Error that names what OpenSSL does not take
 */
export function tlsOptions(
  cert: string,
  key: string,
  settings: TlsSuites = {},
  files = '',
): TlsOptions & PemTexts {
  const { min_version: minVersion, cipher_suites: suites, curves } = settings
  // OpenSSL has no good words for these, and Node takes an empty file for no file.
  for (const [name, text] of Object.entries({ certificate: cert, key })) {
    if (!text.includes('-----BEGIN '))
      throw new Error(`TLS: the ${name} file is not PEM; write one with a line -----BEGIN ...-----${files}`)
  }
  // OpenSSL 3 allows TLS 1.0 and 1.1 at its lowest security level only; they have none of the intermediate suites.
  const ciphers = OUTDATED.has(minVersion)
    ? [...TLS13_SUITES, ...(suites ?? ['DEFAULT']), '@SECLEVEL=0']
    : [...TLS13_SUITES, ...(suites ?? INTERMEDIATE)]
  const options: TlsOptions & PemTexts = {
    cert,
    key,
    minVersion: minVersion ?? 'TLSv1.2',
    ciphers: ciphers.join(':'),
    honorCipherOrder: true,
    // Without it, no suite that begins with DHE is ever chosen.
    dhparam: 'auto',
    ...(curves && { ecdhCurve: curves.join(':') }),
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new Error(`TLS: ${explain(error as Error, files)}`)
  }
  // OpenSSL compares the two only when they are of one type: an RSA certificate with an EC key would fail at each handshake.
  if (!new X509Certificate(cert).checkPrivateKey(readPrivateKey(key, 'TLS')))
    throw new Error(`TLS: ${MISMATCH}${files}`)
  return options
}

const MISMATCH = 'the certificate does not belong to the key; name the two that were made together'

const WORDS: readonly (readonly [found: RegExp, words: string])[] = [
  [/key values mismatch/, MISMATCH],
  [
    /bad decrypt|bad password|interrupted or cancelled/i,
    'the key is encrypted; store it without a passphrase',
  ],
  [
    /(ee|ca) key too small/,
    "a certificate's key is too small to be safe; make one of at least 2048 bits (RSA), or on the curve P-256",
  ],
  [/md too weak/, 'a certificate is signed with a hash that is not safe; let it be issued anew with SHA-256'],
  [
    /no start line|PEM|wrong tag|DECODER|asn1/i,
    'the certificate or key file holds something else, or is damaged; are the two swapped?',
  ],
]

function explain({ message }: Error, files: string): string {
  if (message.includes('no cipher match'))
    return 'none of cipher_suites is known to OpenSSL here; openssl ciphers -v lists the names'
  if (message.includes('ECDH curve'))
    return 'OpenSSL does not know one of curves; write X25519, prime256v1, secp384r1, ...'
  const words = WORDS.find(([found]) => found.test(message))?.[1]
  return `${words ?? `OpenSSL does not take the files: ${message}`}${files}`
}
