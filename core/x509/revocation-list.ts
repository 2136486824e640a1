// A certificate revocation list (RFC 5280, section 5): whose it is, how long it is good, and whether it is complete. What it revokes is for
// OpenSSL to say.
//
// Read here rather than by a library: lists of large authorities have hundreds of thousands of entries.
import { constants, type KeyObject, verify, type X509Certificate } from 'node:crypto'
import { type Element, elements, isTime, only, TAG, timeOf } from './der.ts'
import { canonicalName } from './distinguished-name.ts'

export interface RevocationList {
  /** When the next one is due; undefined when it does not say. */
  readonly nextUpdate: Date | undefined
  /** Whether the authority's name is that of the list's issuer. */
  isNamedAfter(authority: X509Certificate): boolean
  /** Whether the authority issued it: by name, and its key made the signature. */
  isOf(authority: X509Certificate): boolean
}

/**
 * Reads a list that OpenSSL can read.
 *
 * @param pem one block of PEM text
 * @throws Error when it is none, or covers only a part of what the authority issued
 */
export function readRevocationList(pem: string): RevocationList {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
  const [signed, algorithm, signature] = elements(only(der, TAG.sequence).content)
  if (!signed || !algorithm || !signature) throw new Error('it is damaged')
  const { issuer, times, extensions } = fieldsOf(signed)
  refusePartial(extensions)
  const name = canonicalName(issuer.raw)
  const isNamedAfter = (authority: X509Certificate) => canonicalName(subjectOf(authority)) === name
  const verdicts = new WeakMap<X509Certificate, boolean>()
  return {
    nextUpdate: times[1] && timeOf(times[1]),
    isNamedAfter,
    isOf(authority) {
      const verdict =
        verdicts.get(authority) ??
        (isNamedAfter(authority) && isSignedBy(authority.publicKey, signed, algorithm, signature))
      verdicts.set(authority, verdict)
      return verdict
    },
  }
}

interface Fields {
  readonly issuer: Element
  /** thisUpdate and, perhaps, nextUpdate. */
  readonly times: readonly Element[]
  readonly extensions: Iterable<Element>
}

/** TBSCertList: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, crlExtensions; some may be left out. */
function fieldsOf(signed: Element): Fields {
  const all = [...elements(signed.content)]
  const [, issuer, ...rest] = all[0]?.tag === TAG.integer ? all.slice(1) : all
  const times = rest.filter(isTime)
  const extensions = rest.find(({ tag }) => tag === TAG.explicit(0))
  if (!issuer || times.length === 0) throw new Error('it is damaged')
  return {
    issuer,
    times,
    extensions: extensions ? elements(only(extensions.content, TAG.sequence).content) : [],
  }
}

const DELTA_CRL_INDICATOR = '551d1b'
const ISSUING_DISTRIBUTION_POINT = '551d1c'

/** A list that leaves something out says so in a critical extension; whoever does not know one must not use the list. */
function refusePartial(extensions: Iterable<Element>): void {
  for (const { content } of extensions) {
    const [id, critical] = elements(content)
    const name = id?.content.toString('hex')
    if (name === DELTA_CRL_INDICATOR) {
      throw new Error('it holds only what changed since another one (a delta list); take the complete list')
    }
    if (name === ISSUING_DISTRIBUTION_POINT) {
      throw new Error(
        'it covers only a part of the certificates (it has an issuing distribution point); take the complete list',
      )
    }
    if (critical?.tag === TAG.boolean && critical.content[0] !== 0) {
      throw new Error('it has a critical extension that is not known here; take the complete list')
    }
  }
}

/** TBSCertificate: version (left out in the oldest), serialNumber, signature, issuer, validity, subject, and more. */
function subjectOf({ raw }: X509Certificate): Buffer {
  const [signed] = elements(only(raw, TAG.sequence).content)
  const all = [...elements(signed!.content)]
  return all[all[0]!.tag === TAG.explicit(0) ? 5 : 4]!.raw
}

/** The hashes of signatures with RSA and ECDSA, by the algorithm's identifier. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010105', 'sha1'], // sha1WithRSAEncryption
  ['2a864886f70d01010e', 'sha224'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'], // ecdsa-with-SHA1
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
])
const RSASSA_PSS = '2a864886f70d01010a'
/** What RSASSA-PSS may hash with (RFC 4055), as it says in its parameters. */
const PSS_HASHES: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040204', 'sha224'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
])

function isSignedBy(key: KeyObject, signed: Element, algorithm: Element, signature: Element): boolean {
  const [id, parameters] = elements(algorithm.content)
  const name = id?.content.toString('hex') ?? ''
  // The first byte of a bit string counts the bits that its last byte has too many: none.
  const value = signature.content.subarray(1)
  try {
    if (name === RSASSA_PSS) {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(pssHash(parameters), signed.raw, { key, padding }, value)
    }
    // Without a hash: the kinds of keys that bring their own, such as Ed25519.
    return verify(HASHES.get(name), signed.raw, key, value)
  } catch {
    // A key of another kind than the signature.
    return false
  }
}

/** RSASSA-PSS-params: `[0] hashAlgorithm` first; left out, it is SHA-1. */
function pssHash(parameters: Element | undefined): string | undefined {
  const [first] = parameters ? elements(parameters.content) : []
  if (first?.tag !== TAG.explicit(0)) return 'sha1'
  const [id] = elements(only(first.content, TAG.sequence).content)
  return PSS_HASHES.get(id?.content.toString('hex') ?? '')
}
