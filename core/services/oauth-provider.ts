// A provider's endpoints: discovered at the first use and kept, or as configured; and the checks of its address.
import type { ClientAuth, ClientMetadata, Configuration, CustomFetch, ServerMetadata } from 'openid-client'
import { isLoopback, isPrivate } from '../kit/addresses.ts'
import { type HttpClient, type Kept, keep, type Log, type OAuthOptions, type Secret } from '../plugin.ts'
import { type Quote, quoteFor } from './oauth-errors.ts'
import { createExchange } from './oauth-fetch.ts'
import { openid } from './openid.ts'

const REDISCOVER_EVERY_MS = 3_600_000
const READY_TIMEOUT_MS = 5_000
/** GitHub answers nobody without one. */
export const USER_AGENT = 'Dockwarden'
/** How far the provider's clock may be off. */
const CLOCK_TOLERANCE_S = 10

export interface Provider {
  /** How messages call it. */
  readonly origin: string
  readonly openId: boolean
  /** @throws Error while they can't be read */
  metadata(signal: AbortSignal): Promise<ServerMetadata>
  /** For one call, so that its signal ends its requests, and no other's. */
  configuration(metadata: ServerMetadata, fetch: CustomFetch): Promise<Configuration>
  /** Rejects until the provider has answered once. */
  ready(): Promise<void>
  close(): Promise<void>
}

/**
 * Touches no network.
 *
 * @throws Error when an address of the provider is none that secrets may be sent to
 */
export function openProvider(options: OAuthOptions, http: HttpClient, log: Log): Provider {
  const { provider } = options
  if (!('issuer' in provider)) return openEndpoints(provider, options, http)
  return openIssuer(provider.issuer, options, http, log)
}

function openEndpoints(
  { authorizationEndpoint, tokenEndpoint }: { authorizationEndpoint: string; tokenEndpoint: string },
  options: OAuthOptions,
  http: HttpClient,
): Provider {
  const { origin, protocol } = safeUrl(tokenEndpoint, 'the token endpoint')
  safeUrl(authorizationEndpoint, 'the authorization endpoint')
  const metadata: ServerMetadata = {
    issuer: origin,
    authorization_endpoint: authorizationEndpoint,
    token_endpoint: tokenEndpoint,
  }
  return {
    origin,
    openId: false,
    metadata: async () => metadata,
    async configuration(_, fetch) {
      const config = new (openid().Configuration)(
        metadata,
        options.clientId,
        clientMetadata(),
        authentication(options, metadata),
      )
      config[openid().customFetch] = fetch
      if (protocol === 'http:') openid().allowInsecureRequests(config)
      return config
    },
    ready: once(async () => {
      const { status } = await http.send({
        method: 'HEAD',
        url: authorizationEndpoint,
        headers: { 'user-agent': USER_AGENT },
        signal: AbortSignal.timeout(READY_TIMEOUT_MS),
      })
      // What it says to a request without parameters differs, and is an answer.
      if (status >= 500) throw new Error(`${origin}: answered ${status}`)
    }),
    close: async () => {},
  }
}

function openIssuer(issuer: string, options: OAuthOptions, http: HttpClient, log: Log): Provider {
  const url = safeUrl(issuer, 'the issuer')
  if (url.search !== '' || url.hash !== '' || url.pathname.includes('/.well-known/')) {
    throw new Error(`${url.origin}${url.pathname} is no issuer; write it without /.well-known/..., ? and #`)
  }
  const execute = [
    openid().enableNonRepudiationChecks,
    ...(url.protocol === 'http:' ? [openid().allowInsecureRequests] : []),
  ]
  /** The library reads the metadata from `fetch`, checks whose they are, and knows the providers that differ there. */
  const configure = (fetch: CustomFetch, auth: ClientAuth) =>
    openid().discovery(url, options.clientId, clientMetadata(), auth, {
      [openid().customFetch]: fetch,
      execute,
    })

  const kept: Kept<ServerMetadata> = keep({
    what: `metadata of ${issuer}`,
    every: REDISCOVER_EVERY_MS,
    log,
    async read(signal) {
      const exchange = createExchange({
        http,
        metadata: undefined,
        openId: true,
        redirectUrl: undefined,
        quote: quoteFor([]),
        signal,
      })
      try {
        const metadata = (await configure(exchange.fetch, openid().None())).serverMetadata()
        assertUsable(metadata, url)
        return metadata
      } catch (error) {
        throw exchange.failure ?? notItsMetadata(error, issuer, quoteFor([]))
      }
    },
  })
  return {
    origin: url.origin,
    openId: true,
    async metadata(signal) {
      try {
        return await kept.get(signal)
      } catch (error) {
        throw signal.aborted ? new Error(`${url.origin}: no answer in time`) : error
      }
    },
    configuration(metadata, fetch) {
      let first = true
      return configure(
        async (address, request) => {
          // The first request is for the metadata, which are at hand.
          if (!first) return fetch(address, request)
          first = false
          return Response.json(metadata)
        },
        authentication(options, metadata),
      )
    },
    ready: once(() => kept.ready()),
    close: () => kept.close(),
  }
}

/**
 * Whether it could be reached at all. After that it is asked no more: a provider that goes down stops no pull of who has signed
 * in, and must not take the server out of service.
 */
function once(ask: () => Promise<void>): () => Promise<void> {
  let done = false
  return async () => {
    if (done) return
    await ask()
    done = true
  }
}

/** @throws Error when what is sent there could be read on the way */
export function safeUrl(text: string, what: string): URL {
  const url = URL.parse(text)
  if (!url) throw new Error(`${what} is no URL; write https://HOST/...`)
  if (!isPrivate(url)) {
    throw new Error(
      `${what} ${url.origin} is not encrypted; write https:// (http:// is for 127.0.0.1, [::1] and localhost only)`,
    )
  }
  return url
}

function clientMetadata(): Partial<ClientMetadata> {
  return { [openid().clockTolerance]: CLOCK_TOLERANCE_S }
}

/** As configured, or as the metadata ask for; without any, Basic (RFC 8414, section 2). */
function authentication(
  { clientSecret, clientAuthentication }: OAuthOptions,
  metadata: ServerMetadata,
): ClientAuth {
  if (clientSecret === undefined) return openid().None()
  const { token_endpoint_auth_methods_supported: methods = [] } = metadata
  const onlyPost = methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
  const post = clientAuthentication ? clientAuthentication === 'post' : onlyPost
  return post ? openid().ClientSecretPost(clientSecret.reveal()) : basic(clientSecret)
}

/**
 * RFC 6749, section 2.3.1. Of what form encoding leaves as it is (`-`, `.`, `_`), the library's own encodes everything, which
 * providers that do not decode it take for a wrong secret.
 */
function basic(secret: Secret): ClientAuth {
  return (_, { client_id }, _body, headers) => {
    const credentials = `${formEncoded(client_id)}:${formEncoded(secret.reveal())}`
    headers.set('authorization', `Basic ${btoa(credentials)}`)
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

const REQUIRED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
const OPTIONAL = ['userinfo_endpoint', 'end_session_endpoint'] as const

function assertUsable(metadata: ServerMetadata, issuer: URL): void {
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    const text: unknown = metadata[name]
    if ((text ?? null) === null && OPTIONAL.some((optional) => optional === name)) continue
    const url = typeof text === 'string' ? URL.parse(text) : null
    if (!url) throw new Error(`${issuer.origin}: its metadata have no ${name}; is it an OpenID provider?`)
    if (url.protocol !== 'https:' && !(isLoopback(issuer) && isLoopback(url))) {
      throw new Error(
        `${issuer.origin}: its metadata name ${url.protocol}//${url.host} for ${name}, which is not https; set the provider's public address there`,
      )
    }
  }
}

function notItsMetadata(error: unknown, issuer: string, quote: Quote): Error {
  if (!(error instanceof openid().ClientError)) return error as Error
  const { body } = (error.cause ?? {}) as { body?: { issuer?: unknown } }
  return new Error(
    typeof body?.issuer === 'string'
      ? `${issuer}: the metadata there are those of ${quote(body.issuer)}; write that as \`issuer\`, letter by letter`
      : `${issuer}: the metadata there name no issuer; correct \`issuer\``,
  )
}
