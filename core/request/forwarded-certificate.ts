// The client certificate in a header, from a proxy that ends TLS before us.
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createIsFromProxy } from './client-address.ts'

/** `server.client_certificate`. */
export interface ForwardedSettings {
  readonly header: string
  readonly trusted_proxies: readonly string[]
}

/** What a trusted proxy says: no certificate, one, or something that is none. */
type Forwarded = X509Certificate | 'none' | 'unreadable'

/**
 * Makes the way to what a proxy passes on.
 *
 * @returns gives undefined for a request that does not come from one of them: its header is anybody's invention
 */
export function createForwarded(
  settings: ForwardedSettings,
): (request: IncomingMessage) => Forwarded | undefined {
  const header = settings.header.toLowerCase()
  const isFromProxy = createIsFromProxy(settings.trusted_proxies)
  return (request) => {
    if (!isFromProxy(request)) return undefined
    const value = request.headers[header]
    return value === undefined || value === '' ? 'none' : read(String(value))
  }
}

/**
 * RFC 9440 has DER in base64 between colons; nginx's `$ssl_client_escaped_cert` is PEM with percent-encoding.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9440
 * @see https://nginx.org/en/docs/http/ngx_http_ssl_module.html#var_ssl_client_escaped_cert
 */
function read(value: string): Forwarded {
  try {
    const base64 = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value)?.[1]
    if (base64 !== undefined) return new X509Certificate(Buffer.from(base64, 'base64'))
    const pem = decodeURIComponent(value)
    return /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*$/.test(pem)
      ? new X509Certificate(pem)
      : 'unreadable'
  } catch {
    return 'unreadable'
  }
}
