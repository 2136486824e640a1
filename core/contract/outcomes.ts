// What a plugin can answer. An exception is not an answer: it means "I could not be asked" (backend down, timeout).
import type { JsonValue } from './json.ts'
import type { Labels } from './labels.ts'
import { nearest } from './suggest.ts'

/**
 * What `refresh` needs later. Kept, encrypted, with a refresh token; a function is called only when one is asked for, so that
 * a costly session (a slow hash) does not slow down every login.
 */
export type Session = JsonValue | NotRenewable | (() => Promise<JsonValue | NotRenewable | undefined>)

/** In the place of a session: a refresh token for this login could never be used, so that none is handed out. */
export class NotRenewable {
  readonly reason: string

  /** @param reason for the log; names no secret */
  constructor(reason: string) {
    this.reason = reason
    Object.freeze(this)
  }
}

/**
 * An authenticator's answer. `account` replaces the name that was given; `session` is kept for `refresh`. `remember: false`: this
 * proof must not be remembered, since nothing would tell that the password has changed.
 */
export type AuthnOutcome =
  | {
      readonly outcome: 'accept'
      readonly account?: string
      readonly labels?: Labels
      readonly session?: Session
      readonly remember?: false
    }
  | {
      readonly outcome: 'reject'
      readonly reason: string
      readonly message?: string
      /** Who it was, as the provider of a browser sign-in says. */
      readonly account?: string
    }
  | { readonly outcome: 'pass' }

/** An authorizer's answer for one resource. A grant, even of no actions, and a deny end the chain. */
export type AuthzOutcome =
  | { readonly outcome: 'grant'; readonly actions: readonly string[]; readonly rule?: string }
  | { readonly outcome: 'deny'; readonly rule?: string }
  | { readonly outcome: 'pass' }

/** The credentials are right. @example return accept({ labels: { group: ['dev'] } }) */
export function accept(
  details: { account?: string; labels?: Labels; session?: Session; remember?: false } = {},
): AuthnOutcome {
  assertDetails(details)
  return { outcome: 'accept', ...details }
}

const DETAILS = ['account', 'labels', 'session', 'remember']

/** What would be dropped without a word: a name in the place of the details, and a misspelt one of them. */
function assertDetails(details: object): void {
  if (typeof details !== 'object' || details === null)
    throw new TypeError('accept takes an object: accept({ account, labels })')
  for (const key of Object.keys(details)) {
    const near = DETAILS.includes(key) ? undefined : nearest(key, DETAILS)
    if (near !== undefined) throw new TypeError(`accept({ ${key} }): did you mean ${JSON.stringify(near)}?`)
  }
}

/**
 * The credentials are wrong; no other authenticator is asked.
 *
 * @param reason for the log; names no secret
 * @param message what the person may read after a browser sign-in; without it, that the account may not sign in
 * @param account whom the provider of a browser sign-in has sent: the person is told as whom it came
 */
export function reject(reason: string, message?: string, account?: string): AuthnOutcome {
  return {
    outcome: 'reject',
    reason,
    ...(message !== undefined && { message }),
    ...(account !== undefined && { account }),
  }
}

/** "Not mine": the next plugin in the chain is asked. */
export const pass: { readonly outcome: 'pass' } = Object.freeze({ outcome: 'pass' })

/** These actions of the requested ones are granted. `rule` names what decided, for the audit log. */
export function grant(actions: readonly string[], rule?: string): AuthzOutcome {
  return { outcome: 'grant', actions, rule }
}

/** Nothing is granted. `rule` names what decided, for the audit log. */
export function deny(rule?: string): AuthzOutcome {
  return { outcome: 'deny', rule }
}
