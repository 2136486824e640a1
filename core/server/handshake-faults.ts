// Why a TLS handshake failed, in words: OpenSSL's codes say little to who runs a registry.

const DISTRUST =
  'the client does not trust the certificate: let it trust its authority, and name the intermediate certificates too in server.tls.certificate'
const NO_CERTIFICATE = 'the client has to show a certificate of an authority in server.client_ca'

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE)$/, DISTRUST],
  [/ALERT_CERTIFICATE_(EXPIRED|REVOKED)$/, 'the client says that our certificate has ended: renew it'],
  [
    /^(UNSUPPORTED_PROTOCOL|TLSV1_ALERT_PROTOCOL_VERSION)$/,
    'the client is too old for server.tls.min_version',
  ],
  [
    /^(NO_SHARED_CIPHER|.*ALERT_HANDSHAKE_FAILURE|NO_SHARED_GROUP|NO_SUITABLE_.*)$/,
    'client and server have no cipher suite, curve or signature in common: look at server.tls.cipher_suites and curves',
  ],
  [/^PEER_DID_NOT_RETURN_A_CERTIFICATE$/, NO_CERTIFICATE],
  [/^CERTIFICATE_VERIFY_FAILED$/, NO_CERTIFICATE],
  [/^(WRONG_VERSION_NUMBER|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE)$/, 'what came is no TLS'],
]

const OF_TLS = /^(?:ERR_SSL_|ERR_TLS_)(.*)$|^EPROTO$/

/** What is said of a handshake that failed; undefined for an error of another kind. */
export function handshakeFault(code: string): { cause: string; hint?: string } | undefined {
  const found = OF_TLS.exec(code)
  if (!found) return undefined
  const [, reason = ''] = found
  const hint = HINTS.find(([pattern]) => pattern.test(reason))?.[1]
  return { cause: `TLS handshake: ${code}`, ...(hint !== undefined && { hint }) }
}
