// Why a client certificate is not trusted, in words for the log.

export const EXPIRED = 'it, or an authority above it, has expired'
const NOT_YET_VALID = 'it, or an authority above it, is not valid yet'
const REVOKED = 'it, or an authority above it, has been revoked'
const LIST_EXPIRED = 'the revocation list of its authority has expired; renew server.client_crl'
const LIST_NOT_YET_VALID = "the revocation list of its authority is not valid yet; check this machine's clock"
export const WRONG_KEY =
  'clients can not use its key here; let it be RSA, P-256, P-384, P-521, Ed25519 or Ed448'
export const UNREADABLE = 'OpenSSL can not read it'
const UNKNOWN = 'it does not lead to an authority in server.client_ca'
const NO_LIST = `${UNKNOWN} that has a list in server.client_crl`

const WRONG_PURPOSE =
  'it is not for clients (an extended key usage must hold clientAuth, a key usage digitalSignature)'
/** Node has no names for these. */
const UNSPECIFIED =
  'it, or an authority above it, is refused by OpenSSL: a key or a signature that is too weak (RSA below 2048 bits, SHA-1), a critical extension that is not known, or a limit of an authority'

/** What OpenSSL calls the reasons that can be said better. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', EXPIRED],
  ['CERT_NOT_YET_VALID', NOT_YET_VALID],
  ['CERT_REVOKED', REVOKED],
  ['CERT_SIGNATURE_FAILURE', `${UNKNOWN}; one of the same name did not sign it`],
  ['CRL_HAS_EXPIRED', LIST_EXPIRED],
  ['CRL_NOT_YET_VALID', LIST_NOT_YET_VALID],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN],
  ['INVALID_PURPOSE', WRONG_PURPOSE],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN],
  ['UNSPECIFIED', UNSPECIFIED],
  ['UNABLE_TO_GET_CRL', NO_LIST],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', `${UNKNOWN}; the client may have to send those between, too`],
])

/** @param code what OpenSSL says of a chain, such as CERT_HAS_EXPIRED */
export function problemInWords(code: string): string {
  return WORDS.get(code) ?? `it could not be verified: ${code.toLowerCase().replaceAll('_', ' ')}`
}
