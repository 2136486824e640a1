// The fourth step: what may the account do? Each scope as it was asked, authorizers in config order: a grant and a deny
// end the chain, pass goes on, nothing left is a denial.

import type { AuthzOutcome, ResourceRequest } from '../contract/index.ts'
import type { Allowance } from '../token/allowance.ts'
import type { RequestContext } from './context.ts'
import { unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { nameOf } from './instance.ts'

/** The decision on one scope. */
export interface ScopeDecision {
  readonly resource: ResourceRequest
  /** The granted ones of the requested actions; empty when denied. */
  readonly actions: readonly string[]
  /** Who decided: an instance's id and its rule; both are missing when nobody did. */
  readonly authorizer?: string
  readonly rule?: string
}

/**
 * Decides on every requested scope.
 *
 * @param allowed what a personal access token is limited to: nothing else is even asked for
 * @throws RequestError 503 when an authorizer could not be asked: to skip one could skip its deny
 */
export async function authorize(
  authorizers: readonly Instance<'authorizer'>[],
  context: RequestContext,
  allowed: Allowance = ({ actions }) => actions,
): Promise<ScopeDecision[]> {
  context.bag.freeze()
  const decisions: ScopeDecision[] = []
  for (const resource of context.request.scopes) {
    const actions = allowed(resource)
    // Less would be granted than asked for, but nothing was asked for either: then an authorizer decides as ever.
    const decision =
      actions.length === 0 && resource.actions.length > 0
        ? { actions, authorizer: 'token', rule: 'it is limited to other resources or actions' }
        : await decide(authorizers, { ...resource, actions }, context)
    decisions.push({ ...decision, resource })
  }
  return decisions
}

async function decide(
  authorizers: readonly Instance<'authorizer'>[],
  resource: ResourceRequest,
  context: RequestContext,
): Promise<ScopeDecision> {
  for (const instance of authorizers) {
    let outcome: AuthzOutcome
    try {
      outcome = await context.call(instance, (scope) => instance.implementation.authorize(resource, scope))
      assertKnown(outcome)
    } catch (error) {
      instance.log.error({ request: context.id, err: error }, 'authorizer could not be asked')
      throw unavailable(new Error(`${nameOf(instance)}: ${(error as Error)?.message ?? error}`))
    }
    if (outcome.outcome === 'pass') continue
    const granted = outcome.outcome === 'grant' ? outcome.actions : []
    return {
      resource,
      // A plugin can grant nothing that was not asked for.
      actions: resource.actions.filter((action) => granted.includes(action)),
      authorizer: instance.id,
      rule: outcome.rule,
    }
  }
  return { resource, actions: [] }
}

function assertKnown(outcome: AuthzOutcome): void {
  const known =
    outcome.outcome === 'pass' ||
    outcome.outcome === 'deny' ||
    (outcome.outcome === 'grant' && Array.isArray(outcome.actions))
  if (!known) throw new Error('its answer is none of grant, deny and pass')
  const { rule } = outcome as { rule?: unknown }
  if (rule !== undefined && typeof rule !== 'string') throw new Error('its answer has a rule that is no text')
}
