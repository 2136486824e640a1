// What a plugin sees of one request.

import type { Log } from './host.ts'
import type { Labels } from './labels.ts'
import type { Secret } from './secret.ts'
import type { Token } from './tokens.ts'

/** What the client gave to prove who it is. Anonymous credentials have an empty account and an empty password. */
export interface Credentials {
  readonly kind: 'password' | 'anonymous'
  readonly account: string
  readonly password: Secret
}

/** Who was accepted, by which authenticator instance. */
export interface Identity {
  readonly account: string
  readonly labels: Labels
  readonly authenticator: string
}

/** One scope as it was asked for: actions are in the client's order, without empty ones. */
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
  /** Aborts when this call's time is over. Hand it to everything that waits. */
  readonly signal: AbortSignal
  /** A value of the request's container; only tokens that this folder exports can be asked for. */
  resolve<T>(token: Token<T>): T
}
