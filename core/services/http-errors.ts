// Why a request over HTTP failed, in words for the person who reads the log. Never a header, a body or a query.
import { networkReason } from '../kit/network-errors.ts'
import { undici } from '../kit/undici.ts'

/** What undici says of connections, in the system's codes. */
const SYSTEM_CODES: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
  ['UND_ERR_SOCKET', 'ECONNRESET'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET'],
])

const REASONS: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'the answer is larger than 1 MiB'],
  ['UND_ERR_HEADERS_OVERFLOW', "the answer's headers are too large"],
])

/** The URL stands before the words. */
const NAMES = { server: 'the server', plain: 'http://' }

/** The cause in words; the bare code for one that has none. */
export function whyNot(error: unknown): string {
  if (error instanceof undici().errors.HTTPParserError) return 'the answer is not HTTP'
  const code = codeOf(error)
  const byProxy = proxyReason(error)
  if (byProxy !== undefined) return byProxy
  const known = SYSTEM_CODES.get(code)
  return (
    REASONS.get(code) ??
    networkReason(known === undefined ? error : { code: known }, NAMES) ??
    (code === '' ? 'the request failed' : `the request failed (${code})`)
  )
}

/** What undici says of a proxy that refuses: the status stands in the sentence alone. */
function proxyReason(error: unknown): string | undefined {
  const { message = '' } = (error ?? {}) as { message?: string }
  const [, status] =
    /^Proxy response \((\d+)\)/.exec(message) ??
    /^Proxy Authentication Required \((407)\)/.exec(message) ??
    []
  if (status === undefined) return undefined
  if (status === '407') return PROXY_LOGIN
  if (status === '403') return 'it does not allow this server; see its rules, or name the server in NO_PROXY'
  return `it could not reach the server, and answered ${status}`
}

const PROXY_LOGIN =
  'it wants a user name and password; write them in HTTPS_PROXY and HTTP_PROXY: http://USER:PASSWORD@HOST:PORT'

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
