// Asks a web server one thing, on a connection of its own, and says what the answer and the connection were like.
import type { X509Certificate } from 'node:crypto'
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { getCACertificates, type TLSSocket } from 'node:tls'

/** The certificate that a server has shown. */
export interface Peer {
  readonly certificate: X509Certificate
  /** Node's or OpenSSL's code for why it is not trusted; undefined when it is. */
  readonly fault: string | undefined
}

/** What a server has answered. */
export interface Answer {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As much of it as is looked at. */
  readonly text: string
  /** Undefined for a text that is no JSON. */
  readonly json: unknown
  readonly peer: Peer | undefined
  /** How far the server's clock is ahead of ours, in milliseconds, to the second; undefined when it does not tell. */
  readonly skew: number | undefined
  /** Milliseconds. */
  readonly took: number
}

/** There was none. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** Node's code, such as ECONNREFUSED. */
  readonly code: string

  constructor(url: URL, cause: unknown) {
    const code = codeOf(cause)
    super(`no answer from ${url.origin}: ${code}`, { cause })
    this.code = code
  }
}

/** How a server is asked. */
export interface Question {
  readonly headers?: Readonly<Record<string, string>>
  /** Nothing is sent to a server whose certificate is not trusted. */
  readonly strict?: boolean
}

/** Asks one thing. @throws NoAnswer */
export type Ask = (url: URL, question?: Question) => Promise<Answer>

const PATIENCE_MS = 10_000
const MAX_TEXT = 256 * 1024

/**
 * @param more PEM texts of authorities that are trusted besides the system's
 * @param now milliseconds since the epoch
 * @example const { status } = await createAsk([], Date.now)(new URL('https://registry.example.com/v2/'))
 */
export function createAsk(more: readonly string[], now: () => number): Ask {
  const ca = [...authoritiesOfSystem(), ...more]
  return (url, { headers = {}, strict = false } = {}) =>
    new Promise((resolve, reject) => {
      const [began, asked] = [performance.now(), now()]
      const fail = (error: unknown) => reject(new NoAnswer(url, error))
      const options: RequestOptions = {
        agent: false,
        headers: { 'user-agent': 'dockwarden-doctor', accept: 'application/json, */*;q=0.1', ...headers },
        signal: AbortSignal.timeout(PATIENCE_MS),
        // Looked at by itself, so that one connection gives the fault and the answer.
        ...(url.protocol === 'https:' && { ca, rejectUnauthorized: strict }),
      }
      const take = async (response: IncomingMessage) => {
        try {
          const text = await textOf(response)
          resolve({
            url,
            status: response.statusCode!,
            headers: response.headers,
            text,
            json: parsed(text),
            peer: peerOf(response.socket),
            // As if the answer had been made half-way.
            skew: skewOf(response.headers.date, (asked + now()) / 2),
            took: performance.now() - began,
          })
        } catch (error) {
          fail(error)
        }
      }
      const send = url.protocol === 'https:' ? requestHttps : requestHttp
      try {
        send(url, options, (response) => void take(response))
          .on('error', fail)
          .end()
      } catch (error) {
        // What a stranger gave as a token may be no header.
        fail(error)
      }
    })
}

/** As programs in Go, which clients are, see it: the system's, not those that Node brings; those only where there are no others. */
function authoritiesOfSystem(): string[] {
  const system = getCACertificates('system')
  return [...(system.length > 0 ? system : getCACertificates('bundled')), ...getCACertificates('extra')]
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_TEXT) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function peerOf(socket: IncomingMessage['socket']): Peer | undefined {
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()
  if (!certificate) return undefined
  const { authorized, authorizationError } = socket as TLSSocket
  return { certificate, fault: authorized ? undefined : String(authorizationError) }
}

function skewOf(date: string | undefined, now: number): number | undefined {
  const theirs = Date.parse(date ?? '')
  return Number.isNaN(theirs) ? undefined : Math.round((theirs - now) / 1000) * 1000
}

/** Of a name with several addresses, the first one's counts. */
function codeOf(error: unknown): string {
  const { code, name, errors } = (error ?? {}) as { code?: unknown; name?: string; errors?: unknown[] }
  if (name === 'AbortError' || name === 'TimeoutError') return 'ETIMEDOUT'
  if (typeof code === 'string') return code
  return errors?.[0] === undefined ? String(name) : codeOf(errors[0])
}
