// Is what a browser sign-in handed out still good? The provider's answer holds for a while; then one request asks again, and
// all others, on every node, wait for it: providers that give a new refresh token each time take the second use of an
// old one for theft, and end the session.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import {
  type Clock,
  type JsonValue,
  type Labels,
  type Log,
  type SignIn,
  toLabels,
} from '../contract/index.ts'
import type { KeptToken } from '../store/contract.ts'
import { type TokenKeeper, TokenRefused } from '../token/refresh.ts'
import type { SecretToken } from '../token/secret-token.ts'
import type { Answer } from './authenticate.ts'
import type { RequestContext } from './context.ts'
import { RequestError } from './errors.ts'
import type { Instance } from './instance.ts'
import { lookAgain } from './look-again.ts'

/** What is kept, sealed, with a personal access token of a sign-in. Labels are pairs: see core/store/token-text.ts. */
type Kept = {
  /** When the provider last answered, in milliseconds since the epoch. */
  checked: number
  labels: [string, string[]][]
  /** The plugin's own; left out when it can't look again. */
  session?: JsonValue
}

/** The personal access token of a sign-in. */
export interface Holder {
  readonly token: SecretToken
  readonly kept: KeptToken
}

/** What is sealed with a new personal access token. @param checked when the provider answered */
export function newSession(checked: number, labels: Labels, session: JsonValue | undefined): Kept {
  const pairs = Object.entries(labels).map(([name, values]): [string, string[]] => [name, [...values]])
  return { checked, labels: pairs, ...(session !== undefined && { session }) }
}

/** Longer than a request may take, so that nobody who still waits for the provider loses it. */
const LEASE_MS = 20_000
const POLL_MS = 100
/** After a failure the provider is not asked again about the same session for so long, in milliseconds. */
const RETRY_MS = 30_000
const REMEMBERED = 10_000

/** The sessions of what was handed out, as far as this process is concerned. */
export class SignInSessions {
  readonly #tokens: TokenKeeper
  readonly #clock: Clock
  readonly #log: Log
  readonly #renewing = new Map<string, Promise<Answer>>()
  /** When the provider may be asked again, by token id. */
  readonly #failed = new LRUCache<string, number>({ max: REMEMBERED })
  /** Renewed, but the store could not keep it yet: without it the provider's new refresh token were lost. */
  readonly #unsaved = new LRUCache<string, Kept>({ max: REMEMBERED })

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
  async look(instance: Instance<'authenticator'>, holder: Holder, context: RequestContext): Promise<Answer> {
    const { signIn } = instance
    if (!signIn) throw new TokenRefused('its authenticator signs nobody in any more', holder.kept)
    const { id } = holder.kept
    const unsaved = this.#unsaved.get(id)
    if (unsaved) await this.#keep(holder, unsaved)
    const held = this.#heldBy(holder)
    if (this.#isFresh(held, signIn)) return accepted(instance, holder, held)
    const failedLately = (this.#failed.get(id) ?? 0) > this.#clock.now()
    if (failedLately && this.#inGrace(held, signIn)) return accepted(instance, holder, held)
    const underWay = this.#renewing.get(id)
    if (underWay) return await underWay
    const renewal = this.#renew(instance, signIn, holder, context).finally(() => this.#renewing.delete(id))
    this.#renewing.set(id, renewal)
    return await renewal
  }

  async #renew(
    instance: Instance<'authenticator'>,
    signIn: SignIn,
    holder: Holder,
    context: RequestContext,
  ): Promise<Answer> {
    const owner = randomUUID()
    let { kept } = holder
    try {
      const deadline = performance.now() + instance.timeout
      while (!(await this.#tokens.lease(kept.id, owner, LEASE_MS))) {
        if (performance.now() > deadline)
          throw new Error('another node asks the provider, and has no answer yet')
        await pause(POLL_MS)
      }
      // Another may have renewed it between our reading and the lease.
      kept = await this.#tokens.find(holder.token, { kind: 'personal', service: '', account: kept.account })
    } catch (error) {
      if (error instanceof TokenRefused) throw error
      return this.#whenUnasked(instance, signIn, holder, error)
    }
    const current = { token: holder.token, kept }
    try {
      const held = this.#heldBy(current)
      return this.#isFresh(held, signIn)
        ? accepted(instance, current, held)
        : await this.#ask(instance, signIn, current, held, context)
    } finally {
      await this.#tokens.release(kept.id, owner).catch((err) => {
        this.#log.warn(
          { err, token: kept.id },
          'the lease of a session could not be given back; it ends by itself',
        )
      })
    }
  }

  async #ask(
    instance: Instance<'authenticator'>,
    signIn: SignIn,
    holder: Holder,
    held: Kept,
    context: RequestContext,
  ): Promise<Answer> {
    const { kept } = holder
    const { account } = kept
    let { session } = held
    const asked = {
      account,
      labels: toLabels(Object.fromEntries(held.labels)),
      ...(session !== undefined && { session }),
      keep: async (replaced: JsonValue) => {
        session = replaced
        await this.#keep(holder, { ...held, session })
      },
    }
    let answer: Answer
    try {
      answer = await lookAgain(instance, asked, context)
    } catch (error) {
      return this.#whenUnasked(instance, signIn, holder, error)
    }
    this.#failed.delete(kept.id)
    if (answer.outcome !== 'accept' || answer.identity.account !== account) return answer
    const given = typeof answer.session === 'function' ? await answer.session() : answer.session
    await this.#keep(holder, newSession(this.#clock.now(), answer.identity.labels, given ?? session))
    return answer
  }

  /** The answer does not depend on it: what could not be kept is kept with the next renewal, by this process. */
  async #keep({ token, kept }: Holder, session: Kept): Promise<void> {
    try {
      await this.#tokens.noteUse(token, kept, { now: session, before: undefined })
      this.#unsaved.delete(kept.id)
    } catch (err) {
      this.#unsaved.set(kept.id, session)
      this.#log.error({ err, token: kept.id }, 'a renewed session could not be kept')
    }
  }

  /** The grace that the operator chose, or 503. */
  #whenUnasked(instance: Instance<'authenticator'>, signIn: SignIn, holder: Holder, error: unknown): Answer {
    const held = this.#heldBy(holder)
    const { id } = holder.kept
    this.#failed.set(id, this.#clock.now() + RETRY_MS)
    if (this.#inGrace(held, signIn)) {
      const until = new Date(held.checked + signIn.revalidateAfter + signIn.grace).toISOString()
      instance.log.warn(
        { token: id, until, err: error },
        'the provider could not be asked; its last answer holds by grace',
      )
      return accepted(instance, holder, held)
    }
    throw new RequestError(
      503,
      'UNAVAILABLE',
      'temporarily_unavailable',
      `${signIn.title} can not be asked whether your sign-in is still good; try again later`,
      error instanceof RequestError ? error.cause : error,
    )
  }

  #isFresh({ checked }: Kept, { revalidateAfter }: SignIn): boolean {
    return this.#clock.now() < checked + revalidateAfter
  }

  #inGrace({ checked }: Kept, { revalidateAfter, grace }: SignIn): boolean {
    return this.#clock.now() < checked + revalidateAfter + grace
  }

  /** What this process could not keep is newer than what is kept, unless another has renewed it since. */
  #heldBy({ token, kept }: Holder): Kept {
    const stored = this.#tokens.sessionOf(token, kept) as unknown as Kept
    const unsaved = this.#unsaved.get(kept.id)
    return unsaved && unsaved.checked > stored.checked ? unsaved : stored
  }
}

function accepted(instance: Instance, { kept }: Holder, { labels }: Kept): Answer {
  const identity = {
    account: kept.account,
    labels: toLabels(Object.fromEntries(labels)),
    authenticator: instance.id,
  }
  return { outcome: 'accept', identity, session: undefined }
}
