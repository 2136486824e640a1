// Signing in at OAuth 2.0 and OpenID Connect providers, for plugins: the protocol is openid-client's, the HTTP is the host's.
import type {
  Configuration,
  ServerMetadata,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client'
import { deepFreeze } from '../contract/frozen.ts'
import { noteSecret } from '../kit/request-secrets.ts'
import {
  type HttpClients,
  type JsonValue,
  type Log,
  type OAuthClient,
  type OAuthClients,
  type OAuthGrant,
  type OAuthOptions,
  OAuthRefused,
  Secret,
} from '../plugin.ts'
import { quoteFor, unacceptable } from './oauth-errors.ts'
import { createExchange } from './oauth-fetch.ts'
import { createClientKeys } from './oauth-keys.ts'
import { openProvider, safeUrl, USER_AGENT } from './oauth-provider.ts'
import { openid } from './openid.ts'

const CONNECTIONS = 16

/** @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest and prompt_values_supported of OpenID Connect Prompt Create */
function promptFor(
  metadata: ServerMetadata,
  { promptForAnother = 'login', parameters = {} }: OAuthOptions,
): string {
  const known = metadata.prompt_values_supported
  const choice =
    Array.isArray(known) && known.includes('select_account') ? 'select_account' : promptForAnother
  // What is asked for anyway stays: without its consent, Google gives no refresh token.
  const usual = (parameters.prompt ?? '').split(' ').filter((word) => !['', 'none', choice].includes(word))
  return [...usual, choice].join(' ')
}

/** Where the provider is asked, as far as that is known beforehand. */
function addressesOf(provider: OAuthOptions['provider']): string[] {
  const url = 'issuer' in provider ? provider.issuer : provider.tokenEndpoint
  return URL.canParse(url) ? [url] : []
}

/** What `begin` hands to `finish`. */
interface Secrets {
  readonly verifier: string
  /** Undefined without OpenID. */
  readonly nonce?: string
}

type ProviderTokens = TokenEndpointResponse & TokenEndpointResponseHelpers

/**
 * @param http makes the connections
 * @param log is told when a provider's metadata can't be read
 */
export function createOAuthClients(http: HttpClients, log: Log): OAuthClients {
  return { open: (options) => openClient(options, http, log) }
}

function openClient(options: OAuthOptions, clients: HttpClients, log: Log): OAuthClient {
  const { clientId, clientSecret, redirectUrl, scopes, parameters } = options
  const tls = options.tls && { tls: options.tls }
  const http = clients.open({
    ...tls,
    retries: 1,
    connections: CONNECTIONS,
    proxy: 'env',
    origins: addressesOf(options.provider),
  })
  const provider = openProvider(options, http, log)
  const { origin, openId } = provider
  const keys = createClientKeys()

  /** Runs one call of the library, and sorts what goes wrong. */
  async function call<T>(
    secrets: readonly (string | undefined)[],
    signal: AbortSignal,
    work: (config: Configuration, metadata: ServerMetadata) => Promise<T>,
    replaced?: (refreshToken: string) => Promise<void>,
  ): Promise<T> {
    const metadata = await provider.metadata(signal)
    const known = [...secrets, clientSecret?.reveal()].filter((secret) => secret !== undefined)
    const quote = quoteFor(known)
    const exchange = createExchange({ http, metadata, openId, redirectUrl, quote, signal, replaced })
    const { jwks_uri = '' } = metadata
    const config = await provider.configuration(metadata, async (url, request) => {
      // Before a code or a refresh token is spent.
      if (openId && request.method === 'POST') {
        await keys.load(jwks_uri, exchange.fetch)
        keys.lend(jwks_uri, config)
      }
      return exchange.fetch(url, request)
    })
    keys.lend(jwks_uri, config)
    try {
      return await work(config, metadata)
    } catch (error) {
      throw exchange.failure ?? unacceptable(error, origin, quote)
    } finally {
      keys.takeBack(jwks_uri, config)
    }
  }

  /** Without the network, but for metadata that were never read. */
  async function configured(signal: AbortSignal) {
    const metadata = await provider.metadata(signal)
    const offline = () => Promise.reject(new Error(`${origin} is not to be asked here`))
    return { metadata, config: await provider.configuration(metadata, offline) }
  }

  return {
    name: nameOf(options),

    async begin({ state, address, another, signal }) {
      const { metadata, config } = await configured(signal)
      const secrets: Secrets = {
        verifier: openid().randomPKCECodeVerifier(),
        ...(openId && { nonce: openid().randomNonce() }),
      }
      const url = openid().buildAuthorizationUrl(config, {
        ...parameters,
        ...(another && { prompt: promptFor(metadata, options) }),
        redirect_uri: redirectUrl ?? new URL(address).href,
        ...scopeOf(scopes ?? automaticScopes(metadata)),
        state,
        ...(secrets.nonce !== undefined && { nonce: secrets.nonce }),
        code_challenge: await openid().calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
        response_type: 'code',
        client_id: clientId,
      })
      return { url: url.href, keep: { ...secrets } }
    },

    async finish({ url, state, keep, signal }) {
      const { verifier, nonce } = secretsOf(keep, openId)
      const back = new URL(url)
      // Whose issuer this is can't be said without OpenID.
      if (!openId) back.searchParams.delete('iss')
      const secrets = [back.searchParams.get('code') ?? undefined, state, verifier, nonce]
      const tokens = await call(secrets, signal, (config) =>
        openid().authorizationCodeGrant(config, back, {
          expectedState: state,
          pkceCodeVerifier: verifier,
          ...(nonce !== undefined && { expectedNonce: nonce, idTokenExpected: true }),
        }),
      )
      return grantOf(tokens, undefined)
    },

    async refresh(refreshToken, signal, replaced) {
      const another = async (next: string) => (next === refreshToken ? undefined : await replaced?.(next))
      const tokens = await call(
        [refreshToken],
        signal,
        (config) => openid().refreshTokenGrant(config, refreshToken),
        another,
      )
      return grantOf(tokens, refreshToken)
    },

    userinfo({ accessToken }, subject, signal) {
      const token = accessToken.reveal()
      return call([token], signal, async (config, metadata) => {
        if (!metadata.userinfo_endpoint) return undefined
        return deepFreeze({ ...(await openid().fetchUserInfo(config, token, subject)) } as Record<
          string,
          JsonValue
        >)
      })
    },

    async get(url, accessToken, signal) {
      safeUrl(url, 'the address')
      const headers = {
        accept: 'application/json',
        authorization: `Bearer ${accessToken.reveal()}`,
        'user-agent': USER_AGENT,
      }
      return http.send({ method: 'GET', url, headers, signal })
    },

    async endUrl(signal) {
      const { metadata, config } = await configured(signal)
      return metadata.end_session_endpoint ? openid().buildEndSessionUrl(config).href : undefined
    },

    ready: () => provider.ready(),

    async close() {
      await provider.close()
      await http.close()
    },
  }
}

function nameOf({ provider, clientId }: OAuthOptions): string {
  return `${clientId} at ${'issuer' in provider ? provider.issuer : provider.tokenEndpoint}`
}

function scopeOf(scopes: readonly string[]): Record<string, string> {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}

function automaticScopes({ scopes_supported: known = [] }: ServerMetadata): readonly string[] {
  return ['openid', 'profile', 'email', ...(known.includes('offline_access') ? ['offline_access'] : [])]
}

function secretsOf(keep: JsonValue, openId: boolean): Secrets {
  const { verifier, nonce } = (keep ?? {}) as Record<string, unknown>
  if (typeof verifier === 'string' && (openId ? typeof nonce === 'string' : nonce === undefined)) {
    return { verifier, ...(typeof nonce === 'string' && { nonce }) }
  }
  throw new OAuthRefused('the sign-in was begun elsewhere; begin anew')
}

function grantOf(tokens: ProviderTokens, used: string | undefined): OAuthGrant {
  const next = tokens.refresh_token ?? used
  for (const text of [tokens.access_token, next, tokens.id_token]) noteSecret(text)
  const claims = tokens.claims()
  return deepFreeze({
    accessToken: new Secret(tokens.access_token),
    refreshToken: next === undefined ? undefined : new Secret(next),
    claims: claims && ({ ...claims } as Record<string, JsonValue>),
  })
}
