// Why a request over HTTP failed, in words for the person who reads the log. Never a header, a body or a query.
import { errors } from 'undici'

const UNKNOWN_AUTHORITY =
  "the server's certificate is of an unknown authority; name the authority's certificate in tls.ca"
const CLOSED = 'the connection was closed before the answer was complete'
const TOO_LONG = 'no connection in time'

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ENOTFOUND', 'name not found'],
  ['EAI_AGAIN', 'the name could not be looked up just now'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ETIMEDOUT', TOO_LONG],
  ['UND_ERR_CONNECT_TIMEOUT', TOO_LONG],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  ['UND_ERR_SOCKET', CLOSED],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', CLOSED],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'the answer is larger than 1 MiB'],
  ['UND_ERR_HEADERS_OVERFLOW', "the answer's headers are too large"],
  ['CERT_HAS_EXPIRED', "the server's certificate has expired"],
  ['CERT_NOT_YET_VALID', "the server's certificate is not valid yet; compare the clocks"],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "the server's certificate is for another name"],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS; write http:// or mend the port'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the server does not speak TLS; write http:// or mend the port'],
])

/** The cause in words; the bare code for one that has none. */
export function whyNot(error: unknown): string {
  if (error instanceof errors.HTTPParserError) return 'the answer is not HTTP'
  const code = codeOf(error)
  return REASONS.get(code) ?? (code === '' ? 'the request failed' : `the request failed (${code})`)
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
