// The second step: who is it? Authenticators in config order: accept and reject end the chain, pass goes on, and a throw
// means that one could not be asked.

import { type AuthnOutcome, type Identity, NO_LABELS, toLabels } from '../contract/index.ts'
import { isForbiddenAccount } from './account.ts'
import type { RequestContext } from './context.ts'
import { unauthorized, unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { nameOf } from './instance.ts'

/** An error that says which authenticator ended the chain, for the audit line. */
export interface DecidedBy {
  authenticator?: string
}

/**
 * Finds out who is asking.
 *
 * @throws RequestError 401 when one rejects or all pass; 503 when one could not be asked and none answered
 */
export async function authenticate(
  authenticators: readonly Instance<'authenticator'>[],
  context: RequestContext,
  decided: DecidedBy,
): Promise<Identity> {
  const { credentials } = context.request
  let fault: unknown
  for (const instance of authenticators) {
    if (credentials.kind === 'anonymous' && !instance.anonymous) continue
    let outcome: AuthnOutcome
    try {
      outcome = await context.call(instance, (scope) =>
        instance.implementation.authenticate(credentials, scope),
      )
      if (outcome.outcome === 'accept') {
        decided.authenticator = instance.id
        return accepted(outcome, instance, credentials.account)
      }
      assertKnown(outcome)
    } catch (error) {
      instance.log.error({ request: context.id, err: error }, 'authenticator could not be asked')
      fault = new Error(`${nameOf(instance)}: ${(error as Error)?.message ?? error}`)
      if (instance.onError === 'fail') {
        decided.authenticator = instance.id
        throw unavailable(fault)
      }
      continue
    }
    if (outcome.outcome === 'reject') {
      decided.authenticator = instance.id
      instance.log.info({ request: context.id, reason: outcome.reason }, 'credentials rejected')
      throw unauthorized('wrong user name or password')
    }
  }
  if (fault !== undefined) throw unavailable(fault)
  throw unauthorized(
    credentials.kind === 'anonymous' ? 'authentication required' : 'wrong user name or password',
  )
}

function accepted(
  outcome: AuthnOutcome & { outcome: 'accept' },
  instance: Instance,
  given: string,
): Identity {
  const account = outcome.account ?? given
  if (typeof account !== 'string' || isForbiddenAccount(account)) {
    throw new Error('it accepted an account name with control characters or white space at an end')
  }
  return {
    account,
    labels: outcome.labels ? toLabels(outcome.labels) : NO_LABELS,
    authenticator: instance.id,
  }
}

function assertKnown(outcome: AuthnOutcome): void {
  if (outcome.outcome !== 'reject' && outcome.outcome !== 'pass') {
    throw new Error('its answer is none of accept, reject and pass')
  }
}
