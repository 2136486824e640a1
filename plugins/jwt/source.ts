// Where an issuer's keys come from: a file, a URL, or a URL that the issuer names (OpenID Connect Discovery 1.0).
import { type Files, type HttpClient, type HttpResponse, untilAborted } from '../../core/plugin.ts'
import { type KeySet, parseKeySet } from './key-set.ts'

export interface KeySource {
  /** @throws Error naming the place and the remedy */
  read(signal: AbortSignal): Promise<KeySet>
}

/** @param path absolute */
export function fileSource(path: string, files: Files): KeySource {
  return { read: async (signal) => await parseKeySet(await load(path, files, signal), path) }
}

/** The file system may hang. */
function load(path: string, files: Files, signal: AbortSignal): Promise<string> {
  return untilAborted(files.load(path), signal, `${path}: the file system does not answer`)
}

/** What is asked, and how. */
export interface RemoteOptions {
  readonly issuer: string
  /** Undefined: the issuer says it itself. */
  readonly jwksUrl: string | undefined
  /** A file with a bearer token to show. */
  readonly tokenFile: string | undefined
}

/** Headers of requests say nothing about the token that is to be checked: nothing in it chooses what is asked. */
export function remoteSource(
  { issuer, jwksUrl, tokenFile }: RemoteOptions,
  client: HttpClient,
  files: Files,
): KeySource {
  /** As the issuer named it, while there are keys. */
  let discovered: string | undefined

  async function get(url: string, signal: AbortSignal): Promise<HttpResponse> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (tokenFile !== undefined)
      headers.authorization = `Bearer ${(await load(tokenFile, files, signal)).trim()}`
    return await client.send({ method: 'GET', url, headers, signal })
  }

  return {
    async read(signal) {
      const url = jwksUrl ?? discovered ?? (await discover(issuer, (address) => get(address, signal)))
      try {
        const set = await parseKeySet(bodyOf(await get(url, signal), url), placeOf(url))
        discovered = url
        return set
      } catch (error) {
        discovered = undefined
        throw error
      }
    },
  }
}

/**
 * Asks an issuer where its keys are.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
async function discover(issuer: string, get: (url: string) => Promise<HttpResponse>): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const fault = (what: string) => new Error(`${placeOf(url)}: ${what}; name the keys in jwks_url`)
  const body = bodyOf(await get(url), url)
  let found: { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null
  try {
    found = JSON.parse(body)
  } catch {
    throw fault('what came is no JSON')
  }
  if (found?.issuer !== issuer) throw fault('what came is about another issuer')
  const { jwks_uri } = found
  const target = typeof jwks_uri === 'string' ? URL.parse(jwks_uri) : null
  const allowed = new URL(issuer).protocol === 'http:' ? ['http:', 'https:'] : ['https:']
  if (!target || !allowed.includes(target.protocol)) throw fault('what came names no https jwks_uri')
  return target.href
}

function bodyOf({ status, body }: HttpResponse, url: string): string {
  if (status === 200) return body
  const why =
    status >= 300 && status < 400
      ? `answered ${status}, a redirect; write the final address in jwks_url`
      : status === 401 || status === 403
        ? `answered ${status}; it wants a bearer token: jwks_url and token_file`
        : `answered ${status}`
  throw new Error(`${placeOf(url)}: ${why}`)
}

/** What errors show of a URL: no query, which can hold a secret. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
