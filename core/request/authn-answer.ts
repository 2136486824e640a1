// Reads what an authenticator answered: once, and into the host's own, frozen objects.
import { faultOfAccount, MAX_ACCOUNT, TOKEN_USER } from '../contract/account.ts'
import { deepFreeze } from '../contract/frozen.ts'
import { noteSecretsIn } from '../kit/request-secrets.ts'
import { kindOf } from '../kit/thrown.ts'
import { NOTHING_PROVIDED, type Provided } from '../kit/token-table.ts'
import {
  type AuthnOutcome,
  type Identity,
  type JsonValue,
  NotRenewable,
  pass,
  type Session,
  toLabels,
} from '../plugin.ts'
import type { Said } from './trace.ts'

const MAX_SESSION = 16 * 1024

/** @returns a frozen copy @throws Error when it is no JSON; what is too much to be kept with a token is no fault of the login */
export function readSession(session: unknown): JsonValue | NotRenewable | undefined {
  if (session === undefined || session instanceof NotRenewable) return session
  let text: string | undefined
  try {
    text = JSON.stringify(session)
  } catch {}
  if (text === undefined)
    throw new Error('its session is no JSON value; accept({ session }) takes what JSON can carry')
  if (text.length > MAX_SESSION)
    return new NotRenewable(`its session has more than ${MAX_SESSION} characters`)
  const own = deepFreeze(JSON.parse(text) as JsonValue)
  noteSecretsIn(own)
  return own
}

/** An accept that has been looked at: the host's own, frozen. */
export interface Accepted {
  readonly outcome: 'accept'
  readonly identity: Identity
  readonly session: Session | undefined
  readonly provided: Provided
  /** It must not be remembered. */
  readonly remember?: false
  /** Whether it is one that was remembered. */
  readonly again?: boolean
}

/** An authenticator's outcome that has been looked at: the host's own, frozen. */
export type AuthnAnswer = Accepted | Exclude<AuthnOutcome, { outcome: 'accept' }>

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
  { id }: { readonly id: string },
  given: string,
  provided: Provided = NOTHING_PROVIDED,
  method: 'authenticate' | 'refresh' = 'authenticate',
): AuthnAnswer {
  assertOutcome(outcome, method)
  const { outcome: kind, account: shown, labels, session, remember, reason, message } = partsOf(outcome)
  const account: string | undefined = shown === undefined ? given : shown
  if (kind === 'pass') return pass
  if (kind === 'reject') {
    return Object.freeze({
      outcome: 'reject',
      reason: typeof reason === 'string' ? reason : 'it gave no reason',
      ...(typeof message === 'string' && { message }),
      ...(typeof shown === 'string' && { account: shown }),
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
    identity: Object.freeze({ account, labels: toLabels(labels), authenticator: id }),
    session: typeof session === 'function' ? session : readSession(session),
    provided,
    ...(remember === false && { remember }),
  })
}

/** The answer, for a trace: without its session. */
export function saidBy(answer: AuthnAnswer): Said {
  if (answer.outcome === 'pass') return { outcome: 'pass' }
  if (answer.outcome === 'reject') return { outcome: 'reject', reason: answer.reason }
  const { account, labels } = answer.identity
  return { outcome: 'accept', account, labels }
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
  const { outcome: kind, account, labels, session, remember, reason, message } = outcome as Accept & Reject
  return { outcome: kind as AuthnOutcome['outcome'], account, labels, session, remember, reason, message }
}
