// The fourth step: what may the account do? Each scope as it was asked, several at once, and of each the authorizers in config
// order: a grant and a deny end the chain, pass goes on, nothing left is a denial.

import { frozenTexts } from '../contract/frozen.ts'
import { isPromise, whenThere } from '../contract/maybe-promise.ts'
import { kindOf } from '../kit/thrown.ts'
import type { AuthzOutcome, ResourceRequest } from '../plugin.ts'
import type { Allowance } from '../token/allowance.ts'
import type { RequestContext } from './context.ts'
import { counted } from './counted-call.ts'
import { unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { faultOf, logFault } from './instance.ts'
import { callTraced, traceCall } from './traced-call.ts'

/** So many scopes of a request are decided at the same time, each by one authorizer after the other. */
const SCOPES_AT_ONCE = 8

/** The decision on one scope. */
export interface ScopeDecision {
  /** As it was asked for. */
  readonly resource: ResourceRequest
  /** The granted ones of the requested actions; empty when denied. */
  readonly actions: readonly string[]
  /** Who decided: an instance's id and its rule; both are missing when nobody did. */
  readonly authorizer?: string
  readonly rule?: string | undefined
}

/**
 * Decides on every requested scope, several side by side.
 *
 * @param allowed what a personal access token is limited to: nothing else is even asked for
 * @returns one a scope, in the order asked
 * @throws RequestError 503 when an authorizer could not be asked: to skip one could skip its deny. The request is cancelled then
 */
export function authorize(
  authorizers: readonly Instance<'authorizer'>[],
  context: RequestContext,
  allowed: Allowance = ({ actions }) => actions,
): Promise<ScopeDecision[]> {
  context.bag.freeze()
  const { scopes } = context.request
  const decisions = new Array<ScopeDecision>(scopes.length)
  const left = scopes.entries()
  const decideWhatIsLeft = async () => {
    for (const [index, resource] of left)
      decisions[index] = await decideWithin(allowed, resource, authorizers, context)
  }
  const together = Math.min(scopes.length, SCOPES_AT_ONCE)
  const all =
    together > 1 ? Promise.all(Array.from({ length: together }, decideWhatIsLeft)) : decideWhatIsLeft()
  return all.then(() => decisions)
}

function decideWithin(
  allowed: Allowance,
  resource: ResourceRequest,
  authorizers: readonly Instance<'authorizer'>[],
  context: RequestContext,
): Promise<ScopeDecision> | ScopeDecision {
  const actions = allowed(resource)
  if (actions === resource.actions) return decide(authorizers, resource, resource, context)
  // Less would be granted than asked for, but nothing was asked for either: then an authorizer decides as ever.
  if (actions.length === 0 && resource.actions.length > 0) {
    return { resource, actions, authorizer: 'token', rule: 'it is limited to other resources or actions' }
  }
  const within = Object.freeze({ ...resource, actions: Object.freeze(actions) })
  return decide(authorizers, resource, within, context)
}

/**
 * @param whole as it was asked for
 * @param resource the same, within what is allowed
 */
async function decide(
  authorizers: readonly Instance<'authorizer'>[],
  whole: ResourceRequest,
  resource: ResourceRequest,
  context: RequestContext,
): Promise<ScopeDecision> {
  // What no plugin has.
  const asked = [...resource.actions]
  for (const instance of authorizers) {
    const { implementation } = instance
    const traced = traceCall(context, instance, 'authorize', resource)
    const ask = () => {
      const answer = callTraced(
        context,
        instance,
        traced,
        (scope) => implementation.authorize(resource, scope),
        traced && implementation.explain && ((scope) => implementation.explain!(resource, scope)),
      )
      return whenThere(answer, readAuthzAnswer)
    }
    let answer: AuthzAnswer
    try {
      const given = counted(instance, context, 'authorize', ask, outcomeOf)
      answer = isPromise(given) ? await given : given
    } catch (error) {
      context.assertWanted()
      traced?.failed(error)
      logFault(instance, context.id, error, 'authorizer could not be asked')
      const fault = unavailable(faultOf(instance, error))
      // The other scopes are of no use any more.
      context.cancel(fault)
      throw fault
    }
    if (answer === 'pass') {
      traced?.said({ outcome: 'pass' })
      continue
    }
    const { outcome, granted, rule } = answer
    // A plugin can grant nothing that was not asked for.
    const known = new Set(granted)
    const actions = asked.filter((action) => known.has(action))
    traced?.said({ outcome, actions, rule })
    return { resource: whole, actions, authorizer: instance.id, rule }
  }
  return { resource: whole, actions: [] }
}

function outcomeOf(answer: AuthzAnswer): 'pass' | 'grant' | 'deny' {
  return answer === 'pass' ? answer : answer.outcome
}

const ANSWERS = "return grant(['pull']), deny() or pass"

/** What an authorizer answered: the host's own copy. */
type AuthzAnswer =
  | 'pass'
  | {
      readonly outcome: 'grant' | 'deny'
      readonly granted: readonly string[]
      readonly rule: string | undefined
    }

/**
 * Looks at what an authorizer answered, once: nothing of the plugin's own object is kept, which may change later.
 *
 * @throws Error when it is no answer
 */
function readAuthzAnswer(outcome: AuthzOutcome): AuthzAnswer {
  if (typeof outcome !== 'object' || outcome === null)
    throw new Error(`authorize returned ${kindOf(outcome)}; ${ANSWERS}`)
  const { outcome: kind } = outcome
  if (kind === 'pass') return 'pass'
  const { actions, rule } = outcome as { actions?: unknown; rule?: unknown }
  if (kind !== 'grant' && kind !== 'deny')
    throw new Error(`authorize returned none of grant, deny and pass; ${ANSWERS}`)
  const granted = kind === 'deny' ? [] : frozenTexts(actions)
  if (!granted) throw new Error(`authorize granted actions that are no list of texts; ${ANSWERS}`)
  if (rule !== undefined && typeof rule !== 'string') throw new Error('its answer has a rule that is no text')
  return { outcome: kind, granted, rule }
}
