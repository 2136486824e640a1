// The second step: who is it? Authenticators in config order: accept and reject end the chain, pass goes on, and a throw
// means that one could not be asked.
import { isPromise, type MaybePromise, whenThere } from '../contract/maybe-promise.ts'
import type { Provided } from '../kit/token-table.ts'
import type { Credentials, Identity, Session } from '../plugin.ts'
import { PASSWORDS } from '../services/passwords.ts'
import type { KeptToken } from '../store/token-store.ts'
import { ONCE } from '../work/once.ts'
import { type AuthnAnswer, readAuthnAnswer, readSession, saidBy } from './authn-answer.ts'
import type { RequestContext } from './context.ts'
import { ANSWERED, counted } from './counted-call.ts'
import { type DecidedBy, noteAsked } from './decided.ts'
import { type RequestError, unauthorized, unavailable, WrongPassword } from './errors.ts'
import { noExchange, refusedSubject } from './exchange.ts'
import { guarded } from './guarded.ts'
import type { Instance } from './instance.ts'
import { faultOf, logFault } from './instance.ts'
import { remember, rememberedAnswer } from './remembered.ts'
import { serviceOf } from './services.ts'
import { Stage } from './shared.ts'
import { callTraced, type TracedCall, traceCall } from './traced-call.ts'

/** How an account was shown, before the labelers: what a refresh token for it is made of. */
export interface Proof {
  readonly identity: Identity
  /** The authenticator that vouches for it; undefined for a robot account. */
  readonly instance?: Instance<'authenticator'>
  /** What that one handed on to the plugins after it. */
  readonly provided?: Provided
  /** Whether the authenticator can look at the account again without its password. */
  readonly verified: boolean
  readonly session: Session | undefined
  /** The refresh token or personal access token that the client came with. */
  readonly kept?: KeptToken
  /** True for an account that only its token vouches for, with the labels of that alone. */
  readonly robot: boolean
}

/**
 * Finds out who is asking.
 *
 * @throws RequestError 401 when one rejects or all pass, 400 for a token that was to be exchanged; 429 when it is too early for
 *   another password; 503 when one could not be asked and none answered
 */
export function authenticate(
  credentials: Credentials,
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  const prove = () => askAll(credentials, authenticators, context, decided)
  if (credentials.kind !== 'password') return prove()
  return guarded(credentials, authenticators, context, decided, prove)
}

async function askAll(
  credentials: Credentials,
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Proof> {
  const { kind } = credentials
  if (kind === 'token' && !authenticators.some(({ exchange }) => exchange)) throw noExchange()
  let fault: unknown
  let last: Instance<'authenticator'> | undefined
  for (const instance of authenticators) {
    if (!isAsked(instance, kind)) continue
    last = instance
    const traced = traceCall(context, instance, 'authenticate')
    let answer: AuthnAnswer
    try {
      const given = ask(instance, credentials, context, traced)
      answer = isPromise(given) ? await given : given
      assertSomebody(answer, kind)
      noteAsked(context, instance, wordFor(answer))
      traced?.said(saidBy(answer))
    } catch (error) {
      noteAsked(context, instance, context.cancelled ? 'cancelled' : 'unavailable')
      context.assertWanted()
      traced?.failed(error)
      logFault(instance, context.id, error, 'authenticator could not be asked')
      fault = faultOf(instance, error)
      if (instance.onError === 'fail') {
        decided.authenticator = instance.id
        throw unavailable(fault)
      }
      continue
    }
    if (answer.outcome === 'accept') {
      decided.authenticator = instance.id
      const { identity, session, provided } = answer
      const verified = instance.implementation.refresh !== undefined
      return {
        identity,
        instance,
        provided,
        session: onDemand(session, instance, context),
        verified,
        robot: false,
      }
    }
    if (answer.outcome === 'reject') {
      decided.authenticator = instance.id
      instance.log.info({ request: context.id, reason: answer.reason }, 'credentials rejected')
      throw refused(kind, answer.reason, instance.id)
    }
  }
  if (fault !== undefined) throw unavailable(fault)
  if (kind === 'password' && last) await spendTime(last, credentials, context)
  throw refused(kind, 'no authenticator knows its issuer')
}

/** For the audit line. */
function wordFor(answer: AuthnAnswer): string {
  return answer.outcome === 'accept' && answer.again ? 'remembered' : answer.outcome
}

function ask(
  instance: Instance<'authenticator'>,
  credentials: Credentials,
  context: RequestContext,
  traced: TracedCall | undefined,
): MaybePromise<AuthnAnswer> {
  const { implementation, memory, metrics } = instance
  const askNow = (asking: RequestContext) => {
    const stage = new Stage()
    const answer = callTraced(
      asking,
      instance,
      traced,
      (scope) => implementation.authenticate(credentials, scope),
      traced && implementation.explain && ((scope) => implementation.explain!(credentials, scope)),
      stage,
    )
    return whenThere(answer, (outcome) =>
      readAuthnAnswer(outcome, instance, credentials.account, stage.close()),
    )
  }
  const asked = (asking: RequestContext) =>
    counted(
      instance,
      asking,
      'authenticate',
      () => askNow(asking),
      ({ outcome }) => outcome,
    )
  // Who wants to know why asks for himself, and now.
  if (traced || credentials.kind !== 'password' || implementation.answersFrom !== 'password')
    return asked(context)
  return together(instance, credentials, context, (asking, keyOf) =>
    whenThere(rememberedAnswer(instance, keyOf, credentials.account, asking), (again) => {
      if (memory) metrics?.remembered.count(again !== undefined)
      if (again) return again
      return whenThere(asked(asking), (answer) => {
        remember(instance, keyOf, credentials.account, answer)
        return answer
      })
    }),
  )
}

/** Those who ask the same at the same time share one answer, which must depend on account and password alone. */
function together<T>(
  { id, incarnation }: Pick<Instance, 'id' | 'incarnation'>,
  credentials: Credentials,
  context: RequestContext,
  asked: (asking: RequestContext, keyOf: () => string) => MaybePromise<T>,
): MaybePromise<T> {
  const once = serviceOf(context.services, ONCE)
  const keyOf = () => once.keyOf(id, credentials)
  const joining = { leaving: context.leaving, deadline: context.deadline }
  return once.ask(
    () => `${incarnation} ${keyOf()}`,
    joining,
    () => {
      const shared = context.withDeadline(context.left)
      return {
        answer: asked(shared, keyOf),
        extend: (deadline) => shared.extend(deadline),
        cancel: (reason) => shared.cancel(reason),
      }
    },
  )
}

/** Stands for an authenticator where none knows the account. */
const NOBODY = { id: '', incarnation: '' }

/**
 * A name that nobody knows takes as long as one with a hash, also when it is asked for many times at once: the time of an answer
 * must not tell which names there are.
 *
 * @param last who was asked last: it is in its time, as its own hashes are
 */
async function spendTime(
  last: Instance<'authenticator'>,
  credentials: Credentials,
  context: RequestContext,
): Promise<void> {
  const passwords = serviceOf(context.services, PASSWORDS)
  try {
    await together(NOBODY, credentials, context, (asking) =>
      asking.call(last, ({ signal }) => passwords.verify(undefined, credentials.password, signal)),
    )
  } catch (error) {
    context.assertWanted()
    logFault(last, context.id, error, 'a name that nobody knows could not be refused')
    throw unavailable(faultOf(last, error))
  }
}

function isAsked({ anonymous, exchange }: Instance, kind: Credentials['kind']): boolean {
  if (kind === 'anonymous') return anonymous
  return kind === 'password' || exchange
}

/** @throws Error for an account that nobody named: somebody who showed something would become nobody */
function assertSomebody(answer: AuthnAnswer, kind: Credentials['kind']): void {
  if (answer.outcome !== 'accept' || answer.identity.account !== '' || kind === 'anonymous') return
  throw new Error('it accepted, but named no account; write accept({ account })')
}

/**
 * @param reason for the log, of a token; what is wrong with a password has a line of its own
 * @param by the authenticator that has rejected it
 */
function refused(kind: Credentials['kind'], reason: string, by?: string): RequestError {
  if (kind === 'token') return refusedSubject(new Error(reason))
  return kind === 'anonymous' ? unauthorized('authentication required') : new WrongPassword(by)
}

/** A session that is made on demand is the plugin's work too, with the same limits. */
export function onDemand(
  session: Session | undefined,
  instance: Instance,
  context: RequestContext,
): Session | undefined {
  if (typeof session !== 'function') return session
  return async () => {
    try {
      return await counted(
        instance,
        context,
        'session',
        async () => readSession(await context.call(instance, session)),
        ANSWERED,
      )
    } catch (error) {
      context.assertWanted()
      logFault(instance, context.id, error, 'authenticator could not make its session')
      throw faultOf(instance, error)
    }
  }
}
