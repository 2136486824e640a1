// Where refresh tokens and personal access tokens are kept, and what plugins keep. Two implementations: embedded.ts, redis.ts; one suite proves both.
import type { InjectionToken } from 'tsyringe'
import type { Labels } from '../plugin.ts'
import type { Entries } from './entries.ts'

/** One refresh token or personal access token as it is kept. Its text is nowhere: only the digest. */
export interface KeptToken {
  /** Names the token in lists, logs and commands, and finds it: the beginning of the digest. No secret. */
  readonly id: string
  /** SHA-256 of the token, in hexadecimal. */
  readonly digest: string
  readonly kind: TokenKind
  readonly account: string
  /** The only service that it is good for; personal access tokens are good for all. */
  readonly service?: string
  /** What the client that asked for it calls itself (`client_id`). */
  readonly client?: string
  /** The authenticator instance that vouches for the account at each use; without one it is a robot account. */
  readonly authenticator?: string
  /** The name of its plugin: another one under the same id knows other accounts. */
  readonly plugin?: string
  /** What the authenticator said at the login, or what a robot account has. */
  readonly labels: Labels
  /** What the authenticator needs to look again, sealed with the token itself. */
  readonly session?: string
  /** A person's name for it. */
  readonly name?: string
  /** The scopes that it is limited to, such as `repository:team/*:pull`. */
  readonly allow?: readonly string[]
  /** The id of the personal access token that it was got with: it is good only as long as that one. */
  readonly parent?: string
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number
  /** The last use, to the minute. */
  readonly used?: number
  /** When it ends at the latest; undefined = never. */
  readonly expires?: number
  /** When it ends if it is not used before; undefined = never. From then on the entry goes away by itself. */
  readonly until?: number
  readonly revoked?: Revocation
}

/**
 * `refresh`: a client's refresh token. `personal`: a person's, used as a password. `browser`: what a browser that has signed
 * in shows, in a cookie.
 */
export type TokenKind = 'refresh' | 'personal' | 'browser'

/** Who ended a token, and when. */
export interface Revocation {
  readonly at: number
  readonly by: string
}

/** How long a revoked token that has no end is kept, so that it can be said who ended it, in milliseconds. */
export const REVOKED_MS = 90 * 86_400_000

/** What a use changes. */
export interface TokenUse {
  readonly used: number
  readonly until?: number
  /** Left out: it stays. */
  readonly session?: string
}

/** How many refresh tokens an account may have that are neither revoked nor ended. */
export interface Bound {
  /** Of those that have never been used: the oldest of them end when there are more. */
  readonly unused: number
  /** Of all: no further one is kept. */
  readonly all: number
}

/** Which tokens are meant; all that is given must fit, nothing given = all. */
export interface TokenFilter {
  readonly account?: string
  readonly client?: string
}

/** In the process container. */
export const TOKEN_STORE: InjectionToken<TokenStore> = Symbol('token-store')

/**
 * A store of tokens. What has been acknowledged survives the end of the process at any moment, and every node that shares
 * the store sees it at once. Entries whose `until` has passed go away by themselves, some time later: who gets one
 * still has to look at its times.
 *
 * Every method rejects, within seconds, when the store can't be reached; what it should have done may then have happened or not.
 */
export interface TokenStore {
  /**
   * Keeps a new token. A refresh token may end others of its account: the oldest that were never used, and never one that was.
   *
   * @param bound of its account, for a refresh token; over all nodes
   * @returns false when the bound leaves no room for it: it is not kept
   * @throws Error when there is one with this id
   */
  add(token: KeptToken, bound?: Bound): Promise<boolean>
  /** @returns undefined when there is none, also when it has gone away */
  get(id: string): Promise<KeptToken | undefined>
  /** Notes a use. @returns false for a token that is gone or revoked, which stays so */
  use(id: string, use: TokenUse): Promise<boolean>
  /**
   * Ends a token for good: the entry stays, so that it can be said who ended it.
   *
   * @returns false when there is none, or it was revoked before
   */
  revoke(id: string, revocation: Revocation): Promise<boolean>
  /** The tokens that fit, revoked ones too, in no particular order; those that come and go meanwhile may be missed. */
  list(filter: TokenFilter): AsyncIterable<KeptToken>
  /**
   * Takes the sole right to renew the session of the token with this id, whether there is such a token or not. It ends by
   * itself. The owner that has it and asks again gets it, and its time begins anew: a call whose answer was lost may be repeated.
   *
   * @param owner who asks: a text of its own for each attempt, such as a UUID
   * @param ms how long it lasts at most, in milliseconds: a whole number above 0. Whoever counts them from before the call
   *   is never late
   * @returns false while another owner has it
   * @example if (await store.lease(id, owner, 10_000)) try { await renew() } finally { await store.release(id, owner) }
   */
  lease(id: string, owner: string, ms: number): Promise<boolean>
  /** Gives a lease back before its end. Nothing happens when the owner does not have it (any more). */
  release(id: string, owner: string): Promise<void>
  /**
   * Remembers until then that something was so. The end that is written last counts.
   *
   * @param id a text of at most 64 characters; no secret
   * @param until milliseconds since the epoch
   */
  mark(id: string, until: number): Promise<void>
  /** Whether that was marked, on any node, and its time has not passed. */
  isMarked(id: string): Promise<boolean>
  /** What plugins keep. */
  readonly entries: Entries
  /** Rejects while the store can't be used, with a message that names it and the remedy. */
  ready(): Promise<void>
  /** Waits for what was asked of it, and lets go of its files and connections. */
  close(): Promise<void>
}
