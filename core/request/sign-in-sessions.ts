// Is what a browser sign-in handed out still good? The provider's answer holds for a while; then it is asked again, by one renewal
// at a time over all nodes: providers that give a new refresh token each time take the second use of an old one for theft, and
// end the session. A renewal runs to its end whoever still waits for it, and only a renewal writes.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { InjectionToken } from 'tsyringe'
import { lastUsed } from '../contract/last-used.ts'
import { withDeadline } from '../kit/deadline.ts'
import { type Provided, TOKEN_TABLE, type TokenTable } from '../kit/token-table.ts'
import { untilAborted } from '../kit/until-aborted.ts'
import { type Clock, type JsonValue, type Log, NotRenewable, type SignIn } from '../plugin.ts'
import type { TokenKeeper } from '../token/keeper.ts'
import { TokenRefused } from '../token/refused.ts'
import { onDemand } from './authenticate.ts'
import { type AuthnAnswer, readSession } from './authn-answer.ts'
import type { RequestContext } from './context.ts'
import { RequestError } from './errors.ts'
import type { Instance } from './instance.ts'
import { heldOf, lookAgain } from './look-again.ts'
import { type SealedValue, sealProvided } from './sealed-provided.ts'
import {
  labelsOf,
  lastAnswer,
  refusedSession,
  renewedSession,
  type SealedSession,
  type SessionHolder,
} from './sealed-session.ts'

/** How long the provider may take for one renewal, in milliseconds. */
const RENEWAL_MS = 25_000
/** Longer than a renewal, with all that the store does for it. */
const LEASE_MS = 40_000
const POLL_MS = 100
/** After a "no", a failure or a long wait the provider is not asked again about the same session for so long, in milliseconds. */
const RETRY_MS = 30_000
const REMEMBERED = 10_000

/** In the process container. */
export const SIGN_IN_SESSIONS: InjectionToken<SignInSessions> = Symbol('sign-in-sessions')

/** The sessions of what was handed out, as far as this process is concerned. */
export class SignInSessions {
  readonly #tokens: TokenKeeper
  readonly #clock: Clock
  readonly #log: Log
  /** Under way, by token id. */
  readonly #renewals = new Map<string, Promise<AuthnAnswer>>()
  /** When the provider may be asked again, by token id. */
  readonly #notBefore = lastUsed<number>(REMEMBERED)
  /** Newer than what the store has, which could not take it. */
  readonly #unsaved = lastUsed<SealedSession>(REMEMBERED)

  constructor(parts: { tokens: TokenKeeper; clock: Clock; log: Log }) {
    this.#tokens = parts.tokens
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /**
   * The account's present labels, or a reject.
   *
   * @throws TokenRefused when what is kept makes no sense any more
   * @throws RequestError 503 when the provider can't be asked, and its grace is over
   */
  async look(
    instance: Instance<'authenticator'>,
    holder: SessionHolder,
    context: RequestContext,
  ): Promise<AuthnAnswer> {
    const { signIn } = instance
    if (!signIn) throw new TokenRefused('its authenticator signs nobody in any more', holder.kept)
    const { id } = holder.kept
    const held = this.#heldBy(holder)
    if (this.#isFresh(held, signIn) && !this.#unsaved.has(id))
      return lastAnswer(held, holder, instance, tableOf(context))
    const tooSoon = this.#clock.now() < (this.#notBefore.get(id) ?? 0)
    if (tooSoon && this.#holds(held, signIn)) return lastAnswer(held, holder, instance, tableOf(context))
    context.assertWanted()
    try {
      const answer = withDeadline(
        this.#renewal(instance, signIn, holder, context),
        Math.round(Math.min(instance.timeout, context.left)),
        'no answer',
      )
      return await untilAborted(answer, context.signal)
    } catch (error) {
      context.assertWanted()
      if (error instanceof TokenRefused) throw error
      return this.#whenUnasked(instance, signIn, holder, error, context)
    }
  }

  /** Waits for the renewals that are under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#renewals.values())
  }

  #renewal(
    instance: Instance<'authenticator'>,
    signIn: SignIn,
    holder: SessionHolder,
    context: RequestContext,
  ): Promise<AuthnAnswer> {
    const { id } = holder.kept
    const underWay = this.#renewals.get(id)
    if (underWay) return underWay
    const patient = { ...instance, timeout: RENEWAL_MS }
    const renewal = this.#renew(patient, signIn, holder, context.withDeadline(RENEWAL_MS))
    this.#renewals.set(id, renewal)
    // Whoever waits hears of a failure; perhaps nobody does.
    renewal.catch(() => {}).finally(() => this.#renewals.delete(id))
    return renewal
  }

  async #renew(
    instance: Instance<'authenticator'>,
    signIn: SignIn,
    { token, kept: { id, account } }: SessionHolder,
    context: RequestContext,
  ): Promise<AuthnAnswer> {
    const owner = randomUUID()
    const deadline = performance.now() + RENEWAL_MS
    while (!(await this.#tokens.lease(id, owner, LEASE_MS))) {
      if (performance.now() > deadline)
        throw new Error('another node asks the provider, and has no answer yet')
      await pause(POLL_MS)
    }
    try {
      // Another may have renewed it between our reading and the lease.
      const holder = {
        token,
        kept: await this.#tokens.find(token, { kind: 'personal', service: '', account }),
      }
      const held = this.#heldBy(holder)
      if (this.#unsaved.has(id)) await this.#save(holder, held)
      if (this.#isFresh(held, signIn)) return lastAnswer(held, holder, instance, tableOf(context))
      return await this.#ask(instance, holder, held, context)
    } finally {
      await this.#tokens.release(id, owner).catch((err) => {
        this.#log.warn(
          { err, token: id },
          'the lease of a session could not be given back; it ends by itself',
        )
      })
    }
  }

  async #ask(
    instance: Instance<'authenticator'>,
    holder: SessionHolder,
    before: SealedSession,
    context: RequestContext,
  ): Promise<AuthnAnswer> {
    const { id, account } = holder.kept
    let held = before
    let over = false
    const known = { account, labels: labelsOf(held.labels) }
    const asked = heldOf(known, held.session, async (replaced: JsonValue) => {
      if (over) throw new Error('the session came too late to be kept: its renewal is over')
      const session = readSession(replaced)!
      if (session instanceof NotRenewable) throw new Error(session.reason)
      held = { ...held, version: held.version + 1, session }
      await this.#save(holder, held)
    })
    try {
      const answer = await lookAgain(instance, asked, context)
      const own = answer.outcome === 'accept' && answer.identity.account === account
      const next = own
        ? renewedSession(
            held,
            this.#clock.now(),
            answer.identity.labels,
            await sessionOf(answer, instance, context),
            this.#seal(answer.provided, id, context),
          )
        : refusedSession(held, reasonOf(answer))
      if (own) this.#notBefore.delete(id)
      else this.#postpone(id)
      await this.#save(holder, next)
      return lastAnswer(next, holder, instance, tableOf(context))
    } finally {
      over = true
    }
  }

  /** Whoever reads what is too much to be kept is told that it is not there. */
  #seal(provided: Provided, token: string, context: RequestContext): SealedValue[] {
    try {
      return sealProvided(provided, tableOf(context))
    } catch (error) {
      this.#log.warn({ token, reason: (error as Error).message }, 'claims could not be kept with a session')
      return []
    }
  }

  /** What the store can't take is kept by this process, for the next renewal. */
  async #save({ token, kept }: SessionHolder, session: SealedSession): Promise<void> {
    try {
      await this.#tokens.noteUse(token, kept, { now: session, before: undefined })
      this.#unsaved.delete(kept.id)
    } catch (err) {
      this.#unsaved.set(kept.id, session)
      this.#log.error({ err, token: kept.id }, 'a renewed session could not be kept')
    }
  }

  /** What the provider said last, for the grace that the operator chose; then 503. */
  #whenUnasked(
    instance: Instance<'authenticator'>,
    signIn: SignIn,
    holder: SessionHolder,
    error: unknown,
    context: RequestContext,
  ): AuthnAnswer {
    const held = this.#heldBy(holder)
    const { id } = holder.kept
    const cause = error instanceof RequestError ? error.cause : error
    this.#postpone(id)
    if (this.#holds(held, signIn)) {
      const until = new Date(held.checked + signIn.revalidateAfter + signIn.grace).toISOString()
      const message = 'the provider could not be asked; its last answer holds by grace'
      instance.log.warn({ token: id, until, err: cause }, message)
      return lastAnswer(held, holder, instance, tableOf(context))
    }
    throw new RequestError(
      503,
      'UNAVAILABLE',
      'temporarily_unavailable',
      `${signIn.title} can not be asked whether your sign-in is still good; try again later`,
      cause,
    )
  }

  #postpone(id: string): void {
    this.#notBefore.set(id, this.#clock.now() + RETRY_MS)
  }

  #isFresh({ checked, refused }: SealedSession, { revalidateAfter }: SignIn): boolean {
    return refused === undefined && this.#clock.now() < checked + revalidateAfter
  }

  /** Whether the last answer holds while the provider can't be asked: a "no" always does. */
  #holds({ checked, refused }: SealedSession, { revalidateAfter, grace }: SignIn): boolean {
    return refused !== undefined || this.#clock.now() < checked + revalidateAfter + grace
  }

  #heldBy({ token, kept }: SessionHolder): SealedSession {
    const stored = this.#tokens.sessionOf(token, kept) as SealedSession
    const unsaved = this.#unsaved.get(kept.id)
    if (unsaved && unsaved.version > stored.version) return unsaved
    // Another node has renewed it since.
    this.#unsaved.delete(kept.id)
    return stored
  }
}

function tableOf(context: RequestContext): TokenTable {
  return context.services.resolve(TOKEN_TABLE)
}

async function sessionOf(answer: AuthnAnswer, instance: Instance, context: RequestContext) {
  const session = onDemand(answer.outcome === 'accept' ? answer.session : undefined, instance, context)
  const made = typeof session === 'function' ? await session() : session
  return made instanceof NotRenewable ? undefined : made
}

function reasonOf(answer: AuthnAnswer): string {
  if (answer.outcome === 'reject') return answer.reason
  return answer.outcome === 'pass' ? 'it does not know the account' : 'the account has another name now'
}
