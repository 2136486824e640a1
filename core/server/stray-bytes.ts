// Another protocol than the one that is spoken on a port, told by its first bytes: whoever speaks it is told what to change.

/** What came, and what to do about it. */
export interface Stray {
  /** For the log. */
  readonly cause: string
  /** For the log and for the client. */
  readonly remedy: string
}

const TLS_HANDSHAKE = 0x16
/** @see https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt sections 2.1 and 2.2 */
const PROXY_HEADERS = ['PROXY ', '\r\n\r\n\0\r\nQUIT\n']
/** @see RFC 9113, section 3.4 */
const HTTP2_PREFACE = 'PRI * HTTP/2.0'

const HTTP: Stray = {
  cause: 'HTTP on the HTTPS port',
  remedy:
    "Client sent an HTTP request to an HTTPS server. Write https:// in the registry's realm, and let a load balancer or proxy in front of Dockwarden speak HTTPS to it; or leave server.tls out, where that one has the certificate",
}
const TLS: Stray = {
  cause: 'TLS on the HTTP port',
  remedy:
    "Client sent a TLS handshake to an HTTP server. Set server.tls, or write http:// in the registry's realm, and let a load balancer or proxy in front of Dockwarden speak HTTP to it",
}
const PROXY: Stray = {
  cause: 'the PROXY protocol',
  remedy:
    'Client sent a header of the PROXY protocol. Set server.proxy_protocol; or turn that off at the load balancer for this port, and let it send X-Forwarded-For (server.client_ip)',
}
const HTTP2: Stray = {
  cause: 'HTTP/2 without TLS',
  remedy:
    'Client sent HTTP/2, and Dockwarden speaks HTTP/1.1. Let the proxy in front of it speak HTTP/1.1 to it',
}

/** What came where a TLS handshake should begin; undefined for what OpenSSL is to judge. */
export function insteadOfTls(bytes: Uint8Array): Stray | undefined {
  if (isProxyHeader(bytes)) return PROXY
  return /^[A-Z]/i.test(textOf(bytes)) ? HTTP : undefined
}

/** What came where an HTTP request should begin; undefined when it is nothing that we know. */
export function insteadOfHttp(bytes: Uint8Array): Stray | undefined {
  if (bytes[0] === TLS_HANDSHAKE) return TLS
  if (isProxyHeader(bytes)) return PROXY
  return textOf(bytes).startsWith(HTTP2_PREFACE) ? HTTP2 : undefined
}

function isProxyHeader(bytes: Uint8Array): boolean {
  const text = textOf(bytes)
  return PROXY_HEADERS.some((header) => text.startsWith(header))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, HTTP2_PREFACE.length)).toString('latin1')
}
