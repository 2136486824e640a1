// Why a server could not be reached or trusted, in words for the person who reads the log: one place for all that connect. Of an error
// only its code is read, so that nothing that was sent can be in the words.

/** What the words call things: names of options, as their reader knows them. */
export interface NetworkNames {
  /** @example 'the database' */
  readonly server: string
  /** What to correct when the server is not there; left out where its address stands before the words. @example 'host and port' */
  readonly address?: string
  /** Before `ca`, `certificate` and `key`; by default `tls`. */
  readonly tls?: string
  /** What to write where the server speaks no TLS. @example 'ldap://' */
  readonly plain: string
  /** What to do besides when the certificate is for another name. @example 'or set tls.verify: ca' */
  readonly anyName?: string
}

type Words = (names: NetworkNames) => string

const REFUSED: Words = ({ server, address }) =>
  `connection refused${remedy(address && `start ${server}, or correct ${address}`)}`
const NOT_FOUND: Words = ({ address }) => `name not found${remedy(address && `correct ${address}`)}`
const NOT_FOUND_NOW: Words = () => 'the name could not be looked up just now; see the name server'
const UNREACHABLE =
  (what: string): Words =>
  ({ address }) =>
    `${what} unreachable${remedy(address && `correct ${address}, or see the network`)}`
const NO_CONNECTION: Words = () => 'no connection in time; see the network and the firewall'
const CLOSED: Words = ({ server }) =>
  `the connection was closed before the answer was complete; see the log of ${server}`
const SELF_SIGNED: Words = (names) =>
  `the server's certificate is self-signed, and so of an unknown authority; name it in ${option(names, 'ca')}`
const UNKNOWN_AUTHORITY: Words = (names) =>
  `the server's certificate is of an unknown authority; name the authority's certificate in ${option(names, 'ca')}`
const EXPIRED: Words = () => "the server's certificate has expired; renew it"
const NOT_YET_VALID: Words = () => "the server's certificate is not valid yet; compare the clocks"
const OTHER_NAME: Words = ({ address = 'the address', anyName }) =>
  `the server's certificate is for another name; write that in ${address}${anyName === undefined ? '' : `, ${anyName}`}`
const NO_TLS: Words = ({ plain }) => `the server does not speak TLS here; write ${plain}, or mend the port`
const WANTS_CERTIFICATE: Words = (names) =>
  `the server wants a client certificate; name one in ${option(names, 'certificate')} and ${option(names, 'key')}`
const REFUSES_CERTIFICATE: Words = (names) =>
  `the server does not trust the client certificate; name another one in ${option(names, 'certificate')} and ${option(names, 'key')}`
const OTHER_VERSION: Words = ({ server }) =>
  `the server speaks another version of TLS; allow TLS 1.2 or 1.3 in ${server}`

/** By the codes of the system, of OpenSSL's verification and of its alerts, as Node writes them. */
const FAULTS: ReadonlyMap<unknown, Words> = new Map([
  ['ECONNREFUSED', REFUSED],
  ['ENOTFOUND', NOT_FOUND],
  ['EAI_AGAIN', NOT_FOUND_NOW],
  ['EHOSTUNREACH', UNREACHABLE('host')],
  ['ENETUNREACH', UNREACHABLE('network')],
  ['ETIMEDOUT', NO_CONNECTION],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', SELF_SIGNED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['CERT_UNTRUSTED', UNKNOWN_AUTHORITY],
  ['CERT_HAS_EXPIRED', EXPIRED],
  ['CERT_NOT_YET_VALID', NOT_YET_VALID],
  ['ERR_TLS_CERT_ALTNAME_INVALID', OTHER_NAME],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', WANTS_CERTIFICATE],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', REFUSES_CERTIFICATE],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', REFUSES_CERTIFICATE],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', REFUSES_CERTIFICATE],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', OTHER_VERSION],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', OTHER_VERSION],
])

/** As deep as an error is looked into: a library wraps what another one threw. */
const DEEPEST = 5

/**
 * Why there is no connection, and the remedy.
 *
 * @returns undefined for an error of another kind
 * @example
 * networkReason(error, { server: 'the database', address: 'host and port', plain: 'tls: false' })
 * // 'connection refused; start the database, or correct host and port'
 */
export function networkReason(error: unknown, names: NetworkNames): string | undefined {
  let at = error
  for (let depth = 0; depth < DEEPEST && typeof at === 'object' && at !== null; depth++) {
    const { code, errors, cause } = at as { code?: unknown; errors?: unknown; cause?: unknown }
    const words = FAULTS.get(code)
    if (words) return words(names)
    // A name with several addresses fails with one error for each: the first one's counts.
    at = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return undefined
}

function remedy(text: string | undefined): string {
  return text === undefined ? '' : `; ${text}`
}

function option({ tls = 'tls' }: NetworkNames, name: string): string {
  return `${tls}.${name}`
}
