// A request's line and headers, before anything in them counts: what two programs on the way could read differently is refused.
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { malformed, type RequestError } from './errors.ts'
import { holdsOwnToken } from './shown.ts'

/** Headers that count, and of which Node would take the first one in silence. */
const SINGLE_HEADERS = ['Host', 'Authorization', 'Content-Type']
const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*$/i
const MAX_PORT = 65_535

/**
 * @throws RequestError 400 for a header that stands there twice, a Host that is missing or none, and a URL with a token, a user
 *   name or a fragment in it. The message has nothing of the URL.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function assertHead(request: IncomingMessage): void {
  assertHeaders(request)
  assertTarget(request.url!)
}

/** The same of the headers alone. @throws RequestError 400 */
export function assertHeaders({ rawHeaders, headers: { host }, httpVersion }: IncomingMessage): void {
  for (const name of SINGLE_HEADERS)
    if (isRepeated(name, rawHeaders)) throw malformed(`the ${name} header stands there more than once`)
  if (host === undefined && httpVersion === '1.1') throw malformed('an HTTP/1.1 request needs a Host header')
  if (host !== undefined) assertHost(host)
}

/** @param lines names and values in turn, as they came */
function isRepeated(name: string, lines: readonly string[]): boolean {
  let found = 0
  for (let at = 0; at < lines.length; at += 2) {
    const line = lines[at]!
    if (line.length === name.length && (line === name || line.toLowerCase() === name.toLowerCase()))
      found += 1
  }
  return found > 1
}

/** Nearly all requests name the same host: it is looked at once. */
let lastHost = ''

function assertHost(host: string): void {
  if (host === lastHost) return
  if (!isAuthority(host)) throw malformed('the Host header names no host')
  lastHost = host
}

/** The same of the URL alone. @throws RequestError 400 */
export function assertTarget(url: string): void {
  if (url.includes('#')) throw malformed('a fragment (#) has no place in a request')
  if (holdsOwnToken(unescaped(url))) throw inUrl('a token of this server')
  const authority = authorityInUrl(url)
  if (authority === undefined) return
  if (authority.includes('@')) throw inUrl('a user name or password')
  if (authority === '' || !isAuthority(authority)) throw malformed('the URL names no host')
}

/** 400: what shows who somebody is stands in the URL. @param what never the client's own text */
export function inUrl(what: string): RequestError {
  return malformed(`${what} must not stand in the URL, which others log; send it in a form`)
}

/**
 * The authority (host name, and port) that a request is for: the URL's when that has one, else the header's.
 *
 * @returns an empty text when the client names none
 */
export function authorityOf({ url, headers }: IncomingMessage): string {
  return authorityInUrl(url!) ?? headers.host ?? ''
}

/** The authority in a URL with scheme and host, which proxies are sent; undefined for a path alone. */
function authorityInUrl(url: string): string | undefined {
  if (url.startsWith('/') || url === '*') return undefined
  const authority = /^https?:\/\/([^/?]*)/i.exec(url)?.[1]
  if (authority === undefined) throw malformed('the URL is no path, and no http or https URL')
  return authority
}

/** Whether a text is a host and perhaps a port (RFC 3986, 3.2.2); an empty one is. */
function isAuthority(text: string): boolean {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(text) ?? [undefined, ' ']
  if (Number(port) > MAX_PORT) return false
  return host.startsWith('[') ? isIPv6(host.slice(1, -1)) : NAME.test(host)
}

/** What is badly encoded is looked at as it is. */
function unescaped(url: string): string {
  if (!url.includes('%')) return url
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}
