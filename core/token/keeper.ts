// The life of refresh tokens and personal access tokens: made, found again, used, ended. What is kept is in core/store.

import type { InjectionToken } from 'tsyringe'
import { noteSecretsIn } from '../kit/request-secrets.ts'
import { type Clock, type JsonValue, type Log, NO_LABELS, Secret } from '../plugin.ts'
import type { Bound, KeptToken, TokenFilter, TokenStore } from '../store/token-store.ts'
import type { BrowserOrder, PersonalOrder, RefreshOrder, TokenClaim } from './orders.ts'
import { TokenRefused } from './refused.ts'
import {
  type BrowserToken,
  createSecretToken,
  hasDigest,
  openSession,
  type PersonalToken,
  type RefreshToken,
  readSecretToken,
  type SecretToken,
  sealSession,
} from './secret-token.ts'

/** In the process container. */
export const TOKEN_KEEPER: InjectionToken<TokenKeeper> = Symbol('token-keeper')

/** How long refresh tokens are good, in milliseconds. */
export interface RefreshSettings {
  /** Without a use. */
  readonly idle: number
  /** At the latest. */
  readonly maxAge: number
  /** When the authenticator can't look at the account again; 0 = it gets none. */
  readonly maxAgeUnverified: number
  /** How many an account may have. */
  readonly bound: Bound
}

/** What is sealed with a refresh token that shares the session of the personal access token it was got with. */
type ParentSession = { readonly parent: string }

/** @example parentSession(token) // the session of a new refresh token */
export function parentSession({ secret }: SecretToken): ParentSession {
  return { parent: secret.reveal() }
}

/** Uses within this many milliseconds after one that was written are not written. */
const USE_INTERVAL = 60_000
/** After a warning of an account with too many tokens there is none for so long, in milliseconds. */
const WARN_INTERVAL = 60_000

/**
 * Keeps the tokens of a server.
 *
 * @example
 * const made = await new TokenKeeper({ store, refresh, clock, log }).personalToken({ account: 'ci', labels: {} })
 */
export class TokenKeeper {
  readonly #store: TokenStore
  readonly #refresh: RefreshSettings | undefined
  readonly #clock: Clock
  readonly #log: Log
  #warned = Number.NEGATIVE_INFINITY

  /** @param parts.refresh undefined = no refresh tokens at all */
  constructor(parts: { store: TokenStore; refresh: RefreshSettings | undefined; clock: Clock; log: Log }) {
    this.#store = parts.store
    this.#refresh = parts.refresh
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /**
   * Makes and keeps a refresh token.
   *
   * @returns undefined when there is none to be had
   * @throws whatever the store throws
   */
  async refreshToken(order: RefreshOrder): Promise<RefreshToken | undefined> {
    if (!this.#refresh) return undefined
    const { idle, maxAge, maxAgeUnverified, bound } = this.#refresh
    const age = order.verified ? maxAge : Math.min(maxAge, maxAgeUnverified)
    if (age === 0) return undefined
    const { account, service, client, authenticator, plugin, labels, session, parent } = order
    const token = createSecretToken('refresh')
    const created = this.#clock.now()
    const expires = Math.min(created + age, parent?.expires ?? Number.POSITIVE_INFINITY)
    const kept: KeptToken = {
      ...named(token),
      account,
      service,
      labels,
      ...(client !== undefined && { client }),
      ...(authenticator !== undefined && { authenticator }),
      ...(plugin !== undefined && { plugin }),
      ...(session !== undefined && { session: sealSession(token, session) }),
      ...(parent && { parent: parent.id }),
      ...(parent?.allow && { allow: parent.allow }),
      created,
      expires,
      until: Math.min(created + idle + USE_INTERVAL, expires),
    }
    if (await this.#store.add(kept, bound)) return token
    this.#warnOfTooMany(account, bound)
    return undefined
  }

  #warnOfTooMany(account: string, { all }: Bound): void {
    const now = this.#clock.now()
    if (now - this.#warned < WARN_INTERVAL) return
    this.#warned = now
    this.#log.warn(
      { account },
      `no refresh token: the account has ${all} already (token.refresh.max_per_account); see dockwarden token list, and end some with dockwarden token revoke`,
    )
  }

  /** Makes and keeps a personal access token. @throws whatever the store throws */
  async personalToken(order: PersonalOrder): Promise<PersonalToken> {
    const token = createSecretToken('personal')
    const { session, ...rest } = order
    await this.#store.add({
      ...named(token),
      ...rest,
      ...(session !== undefined && { session: sealSession(token, session) }),
      created: this.#clock.now(),
      ...(order.expires !== undefined && { until: order.expires }),
    })
    return token
  }

  /** Makes and keeps what a browser shows instead of signing in again. @throws whatever the store throws */
  async browserToken(order: BrowserOrder): Promise<BrowserToken> {
    const token = createSecretToken('browser')
    const created = this.#clock.now()
    await this.#store.add({ ...named(token), ...order, labels: NO_LABELS, created, until: order.expires })
    return token
  }

  /**
   * Finds what is kept of a token that a client showed, and makes sure that it is good here and now.
   *
   * @throws TokenRefused, or whatever the store throws
   */
  async find(token: SecretToken, claim: TokenClaim): Promise<KeptToken> {
    const kept = token.kind === claim.kind ? await this.#store.get(token.id) : undefined
    if (!kept || !hasDigest(token, kept.digest)) throw new TokenRefused('unknown token', { id: token.id })
    const over = await this.whyOver(kept)
    if (over !== undefined) throw new TokenRefused(over, kept)
    const refuse = (reason: string) => new TokenRefused(reason, kept)
    if (kept.service !== undefined && kept.service !== claim.service)
      throw refuse('the token is for another service')
    if (claim.account !== '' && claim.account !== kept.account)
      throw refuse('the token is of another account')
    return kept
  }

  /**
   * Why a kept token is good for nothing any more, whoever comes with it.
   *
   * @returns undefined while it is good
   */
  async whyOver({ kind, created, revoked, until, parent }: KeptToken): Promise<string | undefined> {
    if (revoked) return `revoked by ${revoked.by} at ${new Date(revoked.at).toISOString()}`
    const now = this.#clock.now()
    if (until !== undefined && until <= now) return 'expired'
    if (kind === 'refresh' && !this.#refresh) return 'of no use: refresh tokens are switched off'
    if (kind === 'refresh' && created + this.#refresh!.maxAge <= now) return 'expired'
    if (parent === undefined) return undefined
    const above = await this.#store.get(parent)
    const over = above ? await this.whyOver(above) : 'gone'
    return over && `got with the personal access token ${parent}, which is ${over}`
  }

  /** For a token whose authenticator can't look at the account again. @throws TokenRefused when that is too long ago */
  assertVerifiedLately(kept: KeptToken): void {
    const most = this.#refresh?.maxAgeUnverified ?? 0
    if (this.#clock.now() - kept.created >= most) {
      throw new TokenRefused(
        'the authenticator can not look at the account again, and the login is too long ago',
        kept,
      )
    }
  }

  /**
   * The personal access token that a refresh token was got with, when what has to be looked at again is kept with that one:
   * all that descends from a browser sign-in shares its one session.
   *
   * @throws TokenRefused, or whatever the store throws
   */
  async holderOf(
    token: SecretToken,
    kept: KeptToken,
  ): Promise<{ token: SecretToken; kept: KeptToken } | undefined> {
    if (kept.session === undefined) return undefined
    if (kept.kind === 'personal') return { token, kept }
    if (kept.parent === undefined) return undefined
    const { parent: text } = this.sessionOf(token, kept) as Partial<ParentSession>
    const parent = text === undefined ? undefined : readSecretToken(new Secret(text))
    if (!parent) throw new TokenRefused('what the store holds of it was changed', kept)
    const claim = { kind: 'personal', service: '', account: kept.account } as const
    return { token: parent, kept: await this.find(parent, claim) }
  }

  /** Takes the sole right, over all nodes, to renew the session of a token. @returns false while another has it */
  lease(id: string, owner: string, ms: number): Promise<boolean> {
    return this.#store.lease(id, owner, ms)
  }

  /** Gives it back. */
  release(id: string, owner: string): Promise<void> {
    return this.#store.release(id, owner)
  }

  /** What the authenticator kept with the token. @throws TokenRefused when it can't be opened with it */
  sessionOf(token: SecretToken, kept: KeptToken): JsonValue | undefined {
    if (kept.session === undefined) return undefined
    let session: JsonValue
    try {
      session = openSession(token, kept.session)
    } catch {
      throw new TokenRefused('what the store holds of it was changed', kept)
    }
    noteSecretsIn(session)
    return session
  }

  /**
   * Notes that a token was used: the first use and a new session at once, the time now and then.
   *
   * @param session what the authenticator needs next time, and what it was
   * @throws whatever the store throws, for a session that could not be kept; TokenRefused when the token has just ended
   */
  async noteUse(
    token: SecretToken,
    kept: KeptToken,
    session?: { readonly now: JsonValue; readonly before: JsonValue | undefined },
  ): Promise<void> {
    const used = this.#clock.now()
    if (session && JSON.stringify(session.now) !== JSON.stringify(session.before)) {
      const use = { used, ...this.#endAfter(kept, used), session: sealSession(token, session.now) }
      assertStays(kept, await this.#store.use(kept.id, use))
    } else if (kept.used === undefined || used - kept.used >= USE_INTERVAL) {
      const noted = this.#writeUse(kept, used).catch((err) => {
        this.#log.warn({ err, token: kept.id }, 'the use of a token could not be noted')
        return true
      })
      // Other logins may end one that was never used: nobody is answered before it counts as used. Later ones wait for nothing.
      if (kept.used === undefined) assertStays(kept, await noted)
    }
  }

  /** The personal access token that it was got with is in use, too. @returns false when the token is gone or revoked */
  async #writeUse(kept: KeptToken, used: number): Promise<boolean> {
    const stays = await this.#store.use(kept.id, { used, ...this.#endAfter(kept, used) })
    const parent = kept.parent === undefined ? undefined : await this.#store.get(kept.parent)
    if (parent) await this.#store.use(parent.id, { used, ...this.#endAfter(parent, used) })
    return stays
  }

  /** When a token ends that was used just now. A use may come so late before the next one that is written. */
  #endAfter({ kind, expires = Number.POSITIVE_INFINITY }: KeptToken, used: number): { until?: number } {
    const idle =
      kind === 'refresh' && this.#refresh ? this.#refresh.idle + USE_INTERVAL : Number.POSITIVE_INFINITY
    const until = Math.min(used + idle, expires)
    return Number.isFinite(until) ? { until } : {}
  }

  /** The kept tokens that fit, ended ones too. */
  list(filter: TokenFilter): AsyncIterable<KeptToken> {
    return this.#store.list(filter)
  }

  /** Ends a token for good, on every node at once. @returns false when there was nothing to end */
  revoke(id: string, by: string): Promise<boolean> {
    return this.#store.revoke(id, { at: this.#clock.now(), by })
  }

  /** Rejects while tokens can't be found or kept. */
  ready(): Promise<void> {
    return this.#store.ready()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Nothing but time and its owner end other tokens. @throws TokenRefused */
function assertStays(kept: KeptToken, stays: boolean): void {
  if (!stays && kept.kind === 'refresh') throw new TokenRefused('it has just ended', kept)
}

function named({ id, digest, kind }: SecretToken): Pick<KeptToken, 'id' | 'digest' | 'kind'> {
  return { id, digest, kind }
}
