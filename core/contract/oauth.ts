// What the host lends to plugins that sign people in at an OAuth 2.0 or OpenID Connect provider.
import type { HttpResponse } from './http.ts'
import type { JsonValue } from './json.ts'
import type { Secret } from './secret.ts'
import type { SignInAnswer, SignInAttempt, SignInStart } from './sign-in.ts'

/** A provider, and what this server is to it. */
export interface OAuthOptions {
  /** An OpenID issuer, whose endpoints are discovered at the first use; or the endpoints of a provider without OpenID. */
  readonly provider:
    | { readonly issuer: string }
    | { readonly authorizationEndpoint: string; readonly tokenEndpoint: string }
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: Secret | undefined
  /** How the secret is sent. Undefined: as the provider's metadata ask for, `basic` before `post`. */
  readonly clientAuthentication?: 'basic' | 'post'
  /** Undefined: the page's address as the browser has it (`address` of the attempt, the answer's `url` without its query). */
  readonly redirectUrl: string | undefined
  /** Undefined: `openid profile email`, and `offline_access` where the provider knows it. */
  readonly scopes: readonly string[] | undefined
  /**
   * How the provider is told to ask who it is, where its metadata don't say what it knows. Undefined: `login`, which every OpenID
   * provider has to know.
   */
  readonly promptForAnother?: 'select_account' | 'login'
  /** Further parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string } | undefined
}

/** What the provider gave. */
export interface OAuthGrant {
  readonly accessToken: Secret
  /** For the next `refresh`; the one that was used when the provider gave no other. */
  readonly refreshToken: Secret | undefined
  /** The claims of the ID token, whose signature, issuer, audience, nonce and times have been checked; undefined without one. */
  readonly claims: Readonly<Record<string, JsonValue>> | undefined
}

/** The provider said no, or what came is not what it sent: an answer, no outage. The message is fit for people and holds no secret. */
export class OAuthRefused extends Error {
  override name = 'OAuthRefused'
}

/**
 * Authorization code flow with PKCE (S256), state, nonce and the issuer's identification (RFC 9207). Connections are kept. Every
 * method throws OAuthRefused for a refusal, and an Error that names the host and the remedy when the provider can't be
 * asked or does not know this client any more.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700
 */
export interface OAuthClient {
  /** The provider and the client: what was got from one must not be shown to another. */
  readonly name: string
  begin(attempt: SignInAttempt): Promise<SignInStart>
  finish(answer: SignInAnswer): Promise<OAuthGrant>
  /**
   * @param replaced told, and waited for, when the provider gives another refresh token, before anything else of its answer is
   *   looked at: most providers take the old one no more, and for theft if it comes again
   */
  refresh(
    refreshToken: string,
    signal: AbortSignal,
    replaced?: (refreshToken: string) => Promise<void>,
  ): Promise<OAuthGrant>
  /**
   * The provider's userinfo, which must be of the same subject.
   *
   * @returns undefined when the provider has none
   */
  userinfo(
    grant: OAuthGrant,
    subject: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, JsonValue>> | undefined>
  /** Asks an API of the provider (GET) with an access token. Any answer is returned as it is. */
  get(url: string, accessToken: Secret, signal: AbortSignal): Promise<HttpResponse>
  /** The provider's page for signing out; undefined when it has none. */
  endUrl(signal: AbortSignal): Promise<string | undefined>
  /** Rejects until the provider has answered once. Then it is asked no more: its outage takes no server out of service. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** `host.oauth`: how a plugin talks to a provider of OAuth 2 or OpenID Connect. */
export interface OAuthClients {
  /** Touches no network. @throws Error when a file of `tls` can't be read */
  open(options: OAuthOptions): OAuthClient
}
