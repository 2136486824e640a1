// What a plugin sees of one request.

import type { GivenToken, Token } from './container-token.ts'
import type { Labels } from './labels.ts'
import type { Log } from './log.ts'
import type { Secret } from './secret.ts'
import type { Work } from './steps.ts'

/**
 * What the client gave to prove who it is. Anonymous credentials have an empty account and an empty password; a token that was
 * sent for exchange has an empty account, and stands in `password`.
 */
export interface Credentials {
  readonly kind: 'password' | 'anonymous' | 'token'
  readonly account: string
  readonly password: Secret
}

/** Who was accepted, by which authenticator instance. */
export interface Identity {
  readonly account: string
  readonly labels: Labels
  readonly authenticator: string
}

/**
 * One scope as it was asked for: actions are in the client's order, without empty ones. A registry lets `*` do everything: to
 * grant that is to grant every action. The name may be empty (zot's catalog).
 */
export interface ResourceRequest {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Where the request came from. `ip` is undefined on a unix socket without a client address header. */
export interface Client {
  readonly ip: string | undefined
  /** `client_id`, as the client calls itself (docker, containerd-client, ...); unverified. */
  readonly id: string | undefined
  /** What the client showed when it connected; undefined without one, and where `server.client_ca` asks for none. */
  readonly certificate?: ClientCertificate | undefined
}

/**
 * A distinguished name: attributes in OpenSSL's short spelling (`CN`, `O`, `OU`, `C`, `DC`, `UID`, `emailAddress`, ...) or as
 * an object identifier (`1.2.3.4`), each with its values in the certificate's order. An attribute that is not there has no key.
 */
export type CertificateName = Readonly<Record<string, readonly string[]>>

/** The subject alternative names, by kind, as they stand in the certificate; a kind without any is an empty list. */
export interface CertificateAlternativeNames {
  readonly dns: readonly string[]
  readonly email: readonly string[]
  readonly uri: readonly string[]
  /** In the usual spelling, IPv6 shortened. */
  readonly ip: readonly string[]
}

/** A client certificate whose private key the client has shown to hold. What it says counts only when it is trusted. */
export interface ClientCertificate {
  /** Whether an authority of `server.client_ca` vouches for it now: issued, in time, for clients, not revoked. */
  readonly trusted: boolean
  /** Why it is not trusted, for the log; undefined when it is. */
  readonly problem: string | undefined
  readonly subject: CertificateName
  readonly san: CertificateAlternativeNames
  readonly issuer: CertificateName
  /** In hexadecimal, upper case. */
  readonly serial: string
  /** SHA-256 of the whole certificate in hexadecimal, lower case. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/**
 * The typed face of a request's own container. Labels are those known so far: none before authentication, all of
 * them before authorization.
 */
export interface RequestScope {
  /** The request's id, the same in every log line about it. */
  readonly id: string
  /** The accepted account; empty before authentication and for anonymous requests. */
  readonly account: string
  readonly labels: Labels
  readonly client: Client
  /** The registry's service name (the token's audience) as the client gave it; may be empty. */
  readonly service: string
  /** A log whose lines carry the request's id and the plugin's. */
  readonly log: Log
  /**
   * Aborts when this call's time is over (the reason's name is `TimeoutError` then), or nobody waits for the answer any more. Hand
   * it to everything that waits.
   */
  readonly signal: AbortSignal
  /** The steps that the request has left, for computations that may be long: `inSlices(steps, request.work)`. */
  readonly work: Work
  /**
   * Hands on what was found in this request, for the plugins that are asked after this one. The definition's `provides` lists the
   * token. Plain objects are frozen. What an authenticator provided counts only when it accepts.
   *
   * @throws Error for a token that is not listed, in an authorizer (it is asked about several scopes at once), or after the call
   */
  provide<T>(token: Token<T>, value: T): void
  /** What every request has: `CLIENT`, `IDENTITY`, `LABELS`, `TOKEN_REQUEST`. */
  resolve<T>(token: GivenToken<T>): T
  /**
   * What a plugin has provided: in this request, or in `create` when it is a need of this plugin (with `uses: { key: accepting }`, of
   * whoever accepted). Undefined when nobody did.
   */
  resolve<T>(token: Token<T>): T | undefined
}
