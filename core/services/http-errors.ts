// Why a request over HTTP failed, in words for the person who reads the log. Never a header, a body or a query.
import { errors } from 'undici'
import { networkReason } from '../kit/network-errors.ts'

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
  if (error instanceof errors.HTTPParserError) return 'the answer is not HTTP'
  const code = codeOf(error)
  const known = SYSTEM_CODES.get(code)
  return (
    REASONS.get(code) ??
    networkReason(known === undefined ? error : { code: known }, NAMES) ??
    (code === '' ? 'the request failed' : `the request failed (${code})`)
  )
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
