// A signing key as the configuration names it: private key, certificate chain, key id and the JOSE header of its tokens.
import { createPublicKey, type KeyObject, type webcrypto, type X509Certificate } from 'node:crypto'
import { expiryWarning } from '../x509/expiry.ts'
import { readCertificates, readPrivateKey } from '../x509/pem.ts'
import { algorithmFor, type RsaAlgorithm, type SignatureAlgorithm } from './algorithms.ts'
import { libtrustKeyId, thumbprint } from './key-id.ts'

/** How a registry finds the key: Distribution v2's fingerprint, or the RFC 7638 thumbprint (v3, JWKS). */
export type KeyIdForm = 'libtrust' | 'thumbprint'

/** What `loadSigningKey` makes a key of. */
export interface SigningKeySource {
  /** PEM text: the key's certificate first, then those above it. */
  readonly certificate?: string
  /** PEM text: PKCS#8, PKCS#1 or SEC1, not encrypted. */
  readonly key: string
  /** For RSA keys only; the default is RS256. */
  readonly algorithm?: RsaAlgorithm
  readonly keyId: KeyIdForm
  /** Whether tokens carry the certificate chain. Without a certificate they can't, and don't. */
  readonly x5c: boolean
  /** Where the key stands in the configuration, for messages. */
  readonly source: string
  /** What to do when the certificate ends. */
  readonly renewal: string
}

/** A key that signs tokens, ready for use. */
export interface SigningKey {
  readonly alg: SignatureAlgorithm
  readonly kid: string
  /** The public key alone: no `kid`, no `alg`. */
  readonly publicJwk: webcrypto.JsonWebKey
  /** The first part of every token signed with this key: the JOSE header in base64url. */
  readonly header: string
  readonly privateKey: KeyObject
  /** DER in base64 (not base64url: RFC 7515, 4.1.6), the key's own certificate first; empty for a bare key. */
  readonly certificateChain: readonly string[]
  /** The end of the certificate's validity. */
  readonly notAfter: Date | undefined
  /** What an operator should know at a time, in milliseconds since the epoch; each names its place. */
  warnings(now: number): string[]
}

const RECOMMENDED_RSA_BITS = 2048

/**
 * Loads a signing key.
 *
 * @throws Error naming the place and the remedy: no or a damaged key or certificate, an encrypted key, a key type that
 *   can't sign tokens, an algorithm that doesn't fit the key, a certificate of another key
 * @example
 * const key = await loadSigningKey({
 *   certificate, key: pem, keyId: 'libtrust', x5c: true, source: 'token.keys[0]', renewal: 'renew it',
 * })
 */
export async function loadSigningKey(given: SigningKeySource): Promise<SigningKey> {
  const { source } = given
  const privateKey = readPrivateKey(given.key, `${source}.key`)
  const publicKey = createPublicKey(privateKey)
  const alg = algorithmAt(`${source}.key`, privateKey, given.algorithm)
  const chain =
    given.certificate === undefined ? [] : readCertificates(given.certificate, `${source}.certificate`)
  assertSameKey(chain, privateKey, source)

  const kid = await keyIdOf(publicKey, given.keyId)
  const certificateChain = chain.map((certificate) => certificate.raw.toString('base64'))
  return {
    alg,
    kid,
    publicJwk: publicKey.export({ format: 'jwk' }),
    header: headerOf({ alg, kid, certificateChain }, given.x5c),
    privateKey,
    certificateChain,
    notAfter: chain[0]?.validToDate,
    warnings: (now) => [...weakness(privateKey, source), ...validity(chain, given, now)],
  }
}

/**
 * The same key, shown to registries in another way.
 *
 * @param x5c whether tokens carry the certificate chain, if there is one
 */
export async function inForm(
  key: SigningKey,
  { keyId, x5c }: Pick<SigningKeySource, 'keyId' | 'x5c'>,
): Promise<SigningKey> {
  const { alg, certificateChain, privateKey } = key
  const kid = await keyIdOf(createPublicKey(privateKey), keyId)
  return { ...key, kid, header: headerOf({ alg, kid, certificateChain }, x5c) }
}

function keyIdOf(publicKey: KeyObject, form: KeyIdForm): string | Promise<string> {
  return form === 'libtrust' ? libtrustKeyId(publicKey) : thumbprint(publicKey)
}

function headerOf(
  { alg, kid, certificateChain }: Pick<SigningKey, 'alg' | 'kid' | 'certificateChain'>,
  x5c: boolean,
): string {
  return encodeHeader({
    typ: 'JWT',
    alg,
    kid,
    ...(x5c && certificateChain.length > 0 && { x5c: certificateChain }),
  })
}

function algorithmAt(source: string, key: KeyObject, wanted: RsaAlgorithm | undefined): SignatureAlgorithm {
  try {
    return algorithmFor(key, wanted)
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`)
  }
}

function assertSameKey(chain: readonly X509Certificate[], key: KeyObject, source: string): void {
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key))
  if (chain.length === 0 || place === 0) return
  const remedy =
    place > 0
      ? `the key's own certificate is number ${place + 1} in the file; put it first`
      : 'give the certificate and the key that were made together'
  throw new Error(`${source}.certificate: the first certificate does not belong to the key; ${remedy}`)
}

function encodeHeader(header: object): string {
  return Buffer.from(JSON.stringify(header)).toString('base64url')
}

function* weakness(key: KeyObject, source: string): Iterable<string> {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < RECOMMENDED_RSA_BITS) {
    yield `${source}.key: an RSA key of ${bits} bits can be broken; replace it by one of at least ${RECOMMENDED_RSA_BITS} bits`
  }
}

function validity(chain: readonly X509Certificate[], given: SigningKeySource, now: number): string[] {
  const { source, renewal: remedy } = given
  const harm = given.x5c ? 'registries refuse tokens that carry it' : 'registries may refuse it'
  return chain.flatMap((certificate, index) => {
    const which = `${source}.certificate: certificate ${index + 1}`
    return expiryWarning(certificate, { which, harm, remedy }, now) ?? []
  })
}
