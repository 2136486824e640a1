// The second step: who is it? Authenticators in config order: accept and reject end the chain, pass goes on, and a throw
// means that one could not be asked.

import { faultOfAccount, MAX_ACCOUNT, TOKEN_USER } from '../contract/account.ts'
import { deepFreeze } from '../contract/frozen.ts'
import { noteSecretsIn } from '../kit/request-secrets.ts'
import { kindOf } from '../kit/thrown.ts'
import { NOTHING_PROVIDED, type Provided } from '../kit/token-table.ts'
import {
  type AuthnOutcome,
  type Credentials,
  type Identity,
  type JsonValue,
  type Labels,
  NotRenewable,
  pass,
  type Session,
  toLabels,
} from '../plugin.ts'
import { PASSWORDS } from '../services/passwords.ts'
import type { KeptToken } from '../store/token-store.ts'
import { ONCE } from '../work/once.ts'
import type { RequestContext } from './context.ts'
import { type RequestError, unauthorized, unavailable } from './errors.ts'
import { noExchange, refusedSubject } from './exchange.ts'
import type { Instance } from './instance.ts'
import { faultOf, logFault } from './instance.ts'
import { Stage } from './shared.ts'

/** Who decided, for the audit line, also when the request fails. */
export interface DecidedBy {
  authenticator?: string
  /** Whose the token is that the client came with. */
  owner?: string
  /** The id of the refresh token or personal access token that the client came with. */
  token?: string
  /** The labels of whoever was accepted. */
  labels?: Labels
  /** Every authenticator that was asked, in order, with its outcome. */
  asked?: readonly string[]
}

/** Notes for the audit line what an authenticator said. */
export function noteAsked(context: RequestContext, { id }: Instance, outcome: string): void {
  context.asked.push(`${id}: ${outcome}`)
}

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
 * @throws RequestError 401 when one rejects or all pass, 400 for a token that was to be exchanged; 503 when one could not
 *   be asked and none answered
 */
export async function authenticate(
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
    let answer: AuthnAnswer
    try {
      answer = await ask(instance, credentials, context)
      assertSomebody(answer, kind)
      noteAsked(context, instance, answer.outcome)
    } catch (error) {
      noteAsked(context, instance, context.cancelled ? 'cancelled' : 'unavailable')
      context.assertWanted()
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
      throw refused(kind, answer.reason)
    }
  }
  if (fault !== undefined) throw unavailable(fault)
  if (kind === 'password' && last) await spendTime(last, credentials, context)
  throw refused(kind, 'no authenticator knows its issuer')
}

function ask(
  instance: Instance<'authenticator'>,
  credentials: Credentials,
  context: RequestContext,
): Promise<AuthnAnswer> {
  const asked = async (asking: RequestContext) => {
    const stage = new Stage()
    const outcome = await asking.call(
      instance,
      (scope) => instance.implementation.authenticate(credentials, scope),
      stage,
    )
    return readAuthnAnswer(outcome, instance, credentials.account, stage.close())
  }
  if (credentials.kind !== 'password' || instance.implementation.answersFrom !== 'password')
    return asked(context)
  return together(instance.id, credentials, context, asked)
}

/** Those who ask the same at the same time share one answer, which must depend on account and password alone. */
function together<T>(
  instance: string,
  credentials: Credentials,
  context: RequestContext,
  asked: (asking: RequestContext) => Promise<T>,
): Promise<T> {
  const once = context.services.resolve(ONCE)
  return once.ask(once.keyOf(instance, credentials), context, () => {
    const shared = context.withDeadline(context.left)
    return {
      answer: asked(shared),
      extend: (deadline) => shared.extend(deadline),
      cancel: (reason) => shared.cancel(reason),
    }
  })
}

/** Stands for an authenticator's id where none knows the account. */
const NOBODY = ''

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
  const passwords = context.services.resolve(PASSWORDS)
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
  throw new Error('it accepted, but named no account')
}

/** @param reason for the log, of a token; what is wrong with a password has a line of its own */
function refused(kind: Credentials['kind'], reason: string): RequestError {
  if (kind === 'token') return refusedSubject(new Error(reason))
  return unauthorized(kind === 'anonymous' ? 'authentication required' : 'wrong user name or password')
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
      return readSession(await context.call(instance, session))
    } catch (error) {
      context.assertWanted()
      logFault(instance, context.id, error, 'authenticator could not make its session')
      throw faultOf(instance, error)
    }
  }
}

const MAX_SESSION = 16 * 1024

/** @returns a frozen copy @throws Error when it is no JSON; what is too much to be kept with a token is no fault of the login */
export function readSession(session: unknown): JsonValue | NotRenewable | undefined {
  if (session === undefined || session instanceof NotRenewable) return session
  let text: string | undefined
  try {
    text = JSON.stringify(session)
  } catch {}
  if (text === undefined) throw new Error('its session is no JSON value')
  if (text.length > MAX_SESSION)
    return new NotRenewable(`its session has more than ${MAX_SESSION} characters`)
  const own = deepFreeze(JSON.parse(text) as JsonValue)
  noteSecretsIn(own)
  return own
}

/** An authenticator's outcome that has been looked at: the host's own, frozen. */
export type AuthnAnswer =
  | {
      readonly outcome: 'accept'
      readonly identity: Identity
      readonly session: Session | undefined
      readonly provided: Provided
    }
  | Exclude<AuthnOutcome, { outcome: 'accept' }>

/**
 * Looks at what an authenticator answered, once: nothing of the plugin's own object is kept, which may change later.
 *
 * @param given the account that it was asked about
 * @param provided what it handed on in the call
 * @param method which was called, for messages
 * @throws Error when it is no answer
 */
export function readAuthnAnswer(
  outcome: AuthnOutcome,
  instance: Instance,
  given: string,
  provided: Provided = NOTHING_PROVIDED,
  method: 'authenticate' | 'refresh' = 'authenticate',
): AuthnAnswer {
  assertOutcome(outcome, method)
  const { outcome: kind, account = given, labels, session, reason, message } = partsOf(outcome)
  if (kind === 'pass') return pass
  if (kind === 'reject') {
    return Object.freeze({
      outcome: 'reject',
      reason: typeof reason === 'string' ? reason : 'it gave no reason',
      ...(typeof message === 'string' && { message }),
    })
  }
  if (kind !== 'accept') throw new Error(`${method} returned none of accept, reject and pass; ${ANSWERS}`)
  if (typeof account !== 'string')
    throw new Error(
      `${method} accepted an account that is ${kindOf(account)}; accept({ account }) takes a text`,
    )
  const fault = faultOfAccount(account)
  if (fault) throw new Error(`it accepted an account name that ${fault}`)
  if (account === TOKEN_USER)
    throw new Error(`it accepted the account name ${TOKEN_USER}, which stands for a refresh token`)
  if (account.length > MAX_ACCOUNT)
    throw new Error(`it accepted an account name of more than ${MAX_ACCOUNT} characters`)
  return Object.freeze({
    outcome: 'accept',
    identity: Object.freeze({ account, labels: toLabels(labels), authenticator: instance.id }),
    session: typeof session === 'function' ? session : readSession(session),
    provided,
  })
}

const ANSWERS = 'return accept(), reject(reason) or pass'

function assertOutcome(outcome: unknown, method: string): void {
  if (typeof outcome === 'object' && outcome !== null && !Array.isArray(outcome)) return
  throw new Error(`${method} returned ${kindOf(outcome)}; ${ANSWERS}`)
}

type Accept = Extract<AuthnOutcome, { outcome: 'accept' }>
type Reject = Extract<AuthnOutcome, { outcome: 'reject' }>

/** What stands in an authenticator's answer, each part read once. */
export function partsOf(outcome: AuthnOutcome) {
  const { outcome: kind, account, labels, session, reason, message } = outcome as Accept & Reject
  return { outcome: kind as AuthnOutcome['outcome'], account, labels, session, reason, message }
}
