// What can go wrong with a server, in words for the person who reads the log. Never a password.
import type { ResultCodeError } from 'ldapts'

/** The server could not be asked: not reached, not trusted, silent. The next server may be. */
export class ServerFailure extends Error {}

/** The server's answer is no: a result code other than success. */
export class LdapRefusal extends Error {
  /** @see https://www.rfc-editor.org/rfc/rfc4511#appendix-A */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }

  /** busy, unavailable, other: it is the server that can't, whatever is asked. */
  get unable(): boolean {
    return this.code === 51 || this.code === 52 || this.code === 80
  }
}

const MAX_SAID = 200

export function refusalOf({ code, name, message }: ResultCodeError): LdapRefusal {
  const said = message
    .replace(/ Code: 0x[0-9a-f]+$/, '')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
  const what = name.replace(/Error$/, '')
  return new LdapRefusal(code, `LDAP result ${code} (${what}${said ? `: ${said.slice(0, MAX_SAID)}` : ''})`)
}

const UNKNOWN_AUTHORITY =
  "the server's certificate is of an unknown authority; name the authority's certificate in tls.ca"
const CLOSED = 'the connection was closed before an answer came'

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused; start the server, or correct its address'],
  ['ENOTFOUND', 'name not found; correct the host'],
  ['EAI_AGAIN', 'the name could not be looked up just now'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ETIMEDOUT', 'no connection in time'],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  ['CERT_HAS_EXPIRED', "the server's certificate has expired"],
  ['CERT_NOT_YET_VALID', "the server's certificate is not valid yet; compare the clocks"],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "the server's certificate is for another name; write the name that it is for",
  ],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS here; write ldap:// or mend the port'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the server does not speak TLS here; write ldap:// or mend the port'],
])

/** The cause in words; the bare code for one that has none. */
export function callFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time'
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown[] }
  // Several addresses of one name were tried: the first one's reason.
  if (typeof code !== 'string' && errors?.length) return callFailure(errors[0], signal)
  if (typeof code !== 'string') return CLOSED
  return REASONS.get(code) ?? `the connection failed (${code})`
}
