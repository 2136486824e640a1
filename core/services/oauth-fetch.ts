// The HTTP under openid-client: requests go over the kept connections, and an answer is looked at before the library gets
// it. Whatever is an outage or a fault of the set-up ends here, so that what the library refuses is a refusal.
import type { CustomFetch, CustomFetchOptions, ServerMetadata } from 'openid-client'
import { type HttpClient, type HttpResponse, OAuthRefused } from '../plugin.ts'
import { type ErrorBody, namedError, type Quote } from './oauth-errors.ts'

/** One call's requests. */
export interface Exchange {
  readonly fetch: CustomFetch
  /** Why a request failed: the library wraps what `fetch` throws. */
  readonly failure: Error | undefined
}

export interface ExchangeOptions {
  readonly http: HttpClient
  /** Undefined while they are being read. */
  readonly metadata: ServerMetadata | undefined
  /** Whether ID tokens can be checked: those of a provider without OpenID are dropped. */
  readonly openId: boolean
  readonly redirectUrl: string | undefined
  readonly quote: Quote
  readonly signal: AbortSignal
  /** Told the refresh token of the token endpoint's answer, before anything in that is checked. */
  readonly replaced?: ((refreshToken: string) => Promise<void>) | undefined
}

type Json = Record<string, unknown>

/** @example createExchange({ http, metadata, openId: true, redirectUrl, quote, signal }).fetch */
export function createExchange(options: ExchangeOptions): Exchange {
  let failure: Error | undefined
  return {
    get failure() {
      return failure
    },
    async fetch(url, request) {
      try {
        return await exchange(url, request, options)
      } catch (error) {
        failure = error as Error
        throw error
      }
    },
  }
}

async function exchange(
  url: string,
  request: CustomFetchOptions,
  options: ExchangeOptions,
): Promise<Response> {
  const { http, metadata, signal, quote } = options
  const { method, headers } = request
  const body = request.body instanceof URLSearchParams ? formOf(request.body, options.redirectUrl) : undefined
  const answer = await http.send({ method, url, headers, signal, ...(body !== undefined && { body }) })
  const { origin, pathname } = new URL(url)
  if (metadata === undefined) return whole(answer, `${origin}${pathname}`, 'correct `issuer`')
  if (method === 'POST') return await granted(answer, origin, options)
  if (url === hrefOf(metadata.jwks_uri)) return keys(answer, `${origin}${pathname}`)
  return userinfo(answer, `${origin}${pathname}`, quote)
}

/** With the registered URL letter by letter: the library sends a normal form of it. */
function formOf(form: URLSearchParams, redirectUrl: string | undefined): string {
  if (redirectUrl !== undefined && form.has('redirect_uri')) form.set('redirect_uri', redirectUrl)
  return form.toString()
}

/** The token endpoint's answer. An error in it counts whatever the status is: GitHub sends 200 with it. */
async function granted(
  answer: HttpResponse,
  origin: string,
  { openId, quote, replaced }: ExchangeOptions,
): Promise<Response> {
  assertInOrder(answer, origin)
  const body = objectOf(answer)
  if (body && isErrorBody(body)) throw namedError(origin, body, quote)
  if (answer.status !== 200 || !body || !isGrant(body)) {
    throw unexpected(answer, `${origin}: the token endpoint`)
  }
  if (typeof body.refresh_token === 'string') await replaced?.(body.refresh_token)
  if (!openId) delete body.id_token
  return json(body)
}

function isErrorBody(body: Json): body is Json & ErrorBody {
  return typeof body.error === 'string' && body.error !== ''
}

function isGrant({ access_token, token_type }: Json): boolean {
  return typeof access_token === 'string' && access_token !== '' && /^bearer$/i.test(String(token_type))
}

function keys(answer: HttpResponse, place: string): Response {
  const response = whole(answer, place, "see the provider's own log")
  const { keys: list } = objectOf(answer)!
  if (!Array.isArray(list) || !list.every(isObject)) throw unexpected(answer, place)
  return response
}

function userinfo(answer: HttpResponse, place: string, quote: Quote): Response {
  if (answer.status === 401) {
    const body = objectOf(answer)
    const said = body && isErrorBody(body) ? `: ${quote(body.error)}` : ''
    throw new OAuthRefused(`${place} refused the access token that it was just given${said}`)
  }
  if (answer.status === 200 && /^application\/jwt\b/i.test(answer.headers['content-type'] ?? '')) {
    return new Response(answer.body, { headers: { 'content-type': 'application/jwt' } })
  }
  return whole(answer, place, 'or do without: `userinfo: false`')
}

/** An answer that must be 200 with a JSON object. */
function whole(answer: HttpResponse, place: string, remedy: string): Response {
  const body = answer.status === 200 ? objectOf(answer) : undefined
  if (!body) {
    assertInOrder(answer, place)
    throw new Error(`${place} answered ${describe(answer)}; ${remedy}`)
  }
  return json(body)
}

function assertInOrder({ status }: HttpResponse, place: string): void {
  if (status === 429) {
    throw new Error(`${place} answered 429, too many requests; raise its limit, or \`revalidate_after\``)
  }
  if (status >= 500) {
    throw new Error(`${place} answered ${status}; it is out of order, see the provider's own log`)
  }
}

function unexpected(answer: HttpResponse, place: string): Error {
  return new Error(`${place} answered ${describe(answer)}; see the provider's own log`)
}

function describe(answer: HttpResponse): string {
  const { status } = answer
  if (status >= 300 && status < 400) return `${status}, a redirect, which is not followed`
  return status === 200 ? '200 with something else than was asked for' : `${status}`
}

function objectOf({ body }: HttpResponse): Json | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function json(body: Json): Response {
  return Response.json(body)
}

function hrefOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.href
}
