// What the API of a provider answers about the person whose access token was sent.
import type { HttpResponse } from '../contract/http.ts'
import { OAuthRefused } from '../contract/oauth.ts'

/** An answer that is one: 2xx, or a 4xx whose meaning is the plugin's. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** Parsed JSON. */
  readonly body: unknown
}

/**
 * Reads an answer in JSON.
 *
 * @param url what was asked, for the messages: only its origin is shown
 * @param option the option that holds the API's address
 * @throws OAuthRefused for 401: the token is good no more
 * @throws Error naming the host and the remedy for what is no answer: 3xx, 5xx, too many requests, no JSON
 */
export function readApi({ status, headers, body }: HttpResponse, url: string, option: string): ApiAnswer {
  const { origin } = new URL(url)
  if (status === 401) throw new OAuthRefused(`${origin}: the access was revoked, or has ended`)
  if (status === 429 || (status === 403 && isLimited(headers))) {
    throw new Error(`${origin}: answered ${status}, too many requests${when(headers)}`)
  }
  if (status >= 500) throw new Error(`${origin}: answered ${status}`)
  if (status >= 300 && status < 400) {
    throw new Error(`${origin}: answered ${status}, a redirect; correct \`${option}\``)
  }
  try {
    return { status, headers, body: JSON.parse(body) as unknown }
  } catch {
    throw new Error(
      `${origin}: answered ${status} with a body that is not JSON; see that \`${option}\` is the API's address`,
    )
  }
}

function isLimited(headers: HttpResponse['headers']): boolean {
  return headers['retry-after'] !== undefined || remaining(headers) === '0'
}

function remaining(headers: HttpResponse['headers']): string | undefined {
  return headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining']
}

/** When it may be asked again, as far as the headers say: seconds to wait, or seconds since the epoch. */
function when(headers: HttpResponse['headers']): string {
  const wait = Number(headers['retry-after'])
  if (wait > 0) return `; it may be asked again in ${wait} s`
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'])
  return reset > 0 && reset < 1e11
    ? `; it may be asked again at ${new Date(reset * 1_000).toISOString()}`
    : ''
}
