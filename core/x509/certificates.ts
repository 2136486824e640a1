// The keys and certificates that a first start makes: signing CA, signing leaf, TLS certificate. All are P-256.
//
// The TLS certificate is not under the signing CA: a registry accepts any token whose certificate chain ends there, so a
// TLS key under it, which lies on more machines, could sign tokens.
//
// Importing this module costs a tenth of a second: do it only when something is to be made.
import 'reflect-metadata' // @peculiar/x509 needs it to be there first
import { createPrivateKey, KeyObject, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key (PKCS#8), both PEM text. */
export interface PemPair {
  readonly certificate: string
  readonly key: string
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }

const HOUR = 3_600_000
const DAY = 24 * HOUR
const YEAR = 365 * DAY
// Registries' clocks may be behind ours.
const BACKDATED = HOUR
// Nothing renews these by itself, and a registry reads its bundle only at start: they must not end unnoticed in the
// service's lifetime. A leaf that must go sooner is replaced, which the registry doesn't notice.
const CA_LIFETIME = 20 * YEAR
const LEAF_LIFETIME = 10 * YEAR
// The longest that macOS and iOS accept of a TLS certificate, whoever issued it: https://support.apple.com/en-us/103769
const TLS_LIFETIME = 825 * DAY

/**
 * Makes the CA whose certificate a registry gets as its bundle. It issues leaves, no further CAs.
 *
 * @param now milliseconds since the epoch
 */
export async function createSigningCa(now: number): Promise<PemPair> {
  const keys = await generateKeys()
  return issue({
    subject: 'CN=Dockwarden signing CA',
    validity: validity(now, CA_LIFETIME),
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
}

/**
 * Makes a key that signs tokens, certified by the CA. It never outlives the CA.
 *
 * @param ca what `createSigningCa` made
 * @param now milliseconds since the epoch
 */
export async function issueSigningLeaf(ca: PemPair, now: number): Promise<PemPair> {
  const certificate = new X509Certificate(ca.certificate)
  return issue({
    subject: 'CN=Dockwarden signing key',
    validity: validity(now, LEAF_LIFETIME, certificate.notAfter),
    keys: await generateKeys(),
    issuer: { certificate, key: createPrivateKey(ca.key).toCryptoKey(P256, false, ['sign']) },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    ],
  })
}

/**
 * Makes a self-signed TLS server certificate.
 *
 * @param names host names and IP addresses under which clients reach the server; the first becomes the subject's name
 * @param now milliseconds since the epoch
 * @throws Error when no name is given
 * @example await createTlsCertificate(['localhost', '127.0.0.1', '::1'], Date.now())
 */
export async function createTlsCertificate(names: readonly string[], now: number): Promise<PemPair> {
  const [first] = names
  if (first === undefined) throw new Error('a TLS certificate needs at least one host name or IP address')
  return issue({
    subject: [{ CN: [first] }],
    validity: validity(now, TLS_LIFETIME),
    keys: await generateKeys(),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      ),
    ],
  })
}

interface Order {
  /** A distinguished name, as text or in parts (whose values need no quoting). */
  readonly subject: string | { CN: string[] }[]
  readonly validity: { readonly notBefore: Date; readonly notAfter: Date }
  readonly keys: webcrypto.CryptoKeyPair
  /** Left out: the certificate signs itself. */
  readonly issuer?: { readonly certificate: X509Certificate; readonly key: CryptoKey }
  readonly extensions: readonly Extension[]
}

/** Issues a certificate with a random serial number and the ids of both keys. */
async function issue({ subject, validity, keys, issuer, extensions }: Order): Promise<PemPair> {
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subjectName ?? subject,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: issuer?.key ?? keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer?.certificate.publicKey ?? keys.publicKey),
    ],
  })
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, true, ['sign', 'verify'])
}

function validity(now: number, lifetime: number, latest?: Date): Order['validity'] {
  const notBefore = now - BACKDATED
  return {
    notBefore: new Date(notBefore),
    notAfter: new Date(Math.min(notBefore + lifetime, latest?.getTime() ?? Number.POSITIVE_INFINITY)),
  }
}
