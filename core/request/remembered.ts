// A password that was proved a moment ago is proved again without its hash, or its bind. What is stored of the account is read and
// compared each time where the authenticator can do that: then only the hash is spared, and nothing is ever stale.
import { type MaybePromise, whenThere } from '../contract/maybe-promise.ts'
import { noteSecretsIn } from '../kit/request-secrets.ts'
import { type Authenticator, NotRenewable, type Session } from '../plugin.ts'
import { Remembered } from '../work/remembered.ts'
import { type Accepted, type AuthnAnswer, readAuthnAnswer } from './authn-answer.ts'
import type { RequestContext } from './context.ts'
import { counted } from './counted-call.ts'
import type { Instance } from './instance.ts'
import { heldOf } from './look-again.ts'
import { Stage } from './shared.ts'

/** In milliseconds. */
const BY_DEFAULT = 5 * 60_000

/**
 * The memory of an authenticator.
 *
 * @param wanted milliseconds; false: none; undefined: as the authenticator has it by default
 * @param former that of the authenticator whose place this one takes, where what it holds counts on
 * @returns undefined when nothing is remembered
 * @throws Error when something is to be remembered that can't be
 */
export function memoryFor(
  authenticator: Authenticator,
  wanted: number | false | undefined,
  former?: Remembered<Accepted>,
): Remembered<Accepted> | undefined {
  if (wanted === false) return undefined
  const { remembered, refresh } = authenticator
  const why = whyNever(authenticator)
  if (wanted === undefined) {
    // Without a look at what is stored it would be stale, which nobody has asked for.
    const byDefault = remembered === 'by default' && refresh !== undefined && why === undefined
    return byDefault ? (former ?? new Remembered(BY_DEFAULT)) : undefined
  }
  if (why !== undefined) throw new Error(`remember: ${why}; remove the key`)
  return former ?? new Remembered(wanted)
}

function whyNever({ answersFrom, remembered }: Authenticator): string | undefined {
  if (answersFrom !== 'password') return 'its answer depends on more than account and password'
  return typeof remembered === 'object' ? remembered.never : undefined
}

/** Remembers what was answered just now, if it may be given again. @param keyOf names the question @param account as it was given */
export function remember(
  { memory, implementation }: Instance<'authenticator'>,
  keyOf: () => string,
  account: string,
  answer: AuthnAnswer,
): void {
  if (!memory || answer.outcome !== 'accept' || answer.remember === false || answer.identity.account === '')
    return
  // Without a session nothing would tell that the password has changed.
  if (implementation.refresh && !canCompare(answer.session)) return
  memory.add(keyOf(), [account, answer.identity.account], Object.freeze({ ...answer, again: true }))
}

/** One that is made on demand could be made of a newer password. */
function canCompare(
  session: Session | undefined,
): session is Exclude<Session, NotRenewable | (() => unknown)> {
  return session !== undefined && typeof session !== 'function' && !(session instanceof NotRenewable)
}

/**
 * The answer that was given a moment ago, if it still stands.
 *
 * @param keyOf names the question; not asked where nothing is remembered
 * @param account as it is given
 * @returns undefined when nobody remembers it, or the authenticator says that it is over: then the password must be proved. Rejects when
 *   it can't be asked
 */
export function rememberedAnswer(
  instance: Instance<'authenticator'>,
  keyOf: () => string,
  account: string,
  asking: RequestContext,
): MaybePromise<Accepted | undefined> {
  const { memory } = instance
  if (!memory || memory.size === 0) return undefined
  const key = keyOf()
  const known = memory.get(key)
  return known && confirmed(instance, known, key, account, asking)
}

function confirmed(
  instance: Instance<'authenticator'>,
  known: Accepted,
  key: string,
  account: string,
  asking: RequestContext,
): MaybePromise<Accepted | undefined> {
  const { memory, implementation } = instance
  if (!implementation.refresh) return known
  const { session } = known
  if (!canCompare(session)) return undefined
  noteSecretsIn(session)
  const held = heldOf({ account, labels: known.identity.labels }, session)
  const look = () => {
    const stage = new Stage()
    const answer = asking.call(instance, (scope) => implementation.refresh!(held, scope), stage)
    return whenThere(answer, (outcome) =>
      readAuthnAnswer(outcome, instance, account, stage.close(), 'refresh'),
    )
  }
  const looked = counted(instance, asking, 'refresh', look, ({ outcome }) => outcome)
  return whenThere(looked, (answer) => {
    const stands =
      answer.outcome === 'accept' &&
      answer.remember !== false &&
      answer.identity.account === known.identity.account
    if (!stands) {
      memory?.drop(key)
      return undefined
    }
    const kept = canCompare(answer.session) ? answer.session : session
    const next = Object.freeze({ ...answer, session: kept, again: true })
    memory?.renew(key, next)
    return next
  })
}

/** Forgets an account in all memories; without one everything. @returns how many proofs are forgotten */
export function forget(instances: readonly Instance[], account?: string): number {
  return instances.reduce((sum, { memory }) => sum + (memory?.forget(account) ?? 0), 0)
}
