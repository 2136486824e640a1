// The fourth step: what may the account do? Each scope as it was asked, authorizers in config order: a grant and a deny
// end the chain, pass goes on, nothing left is a denial.

import { frozenTexts } from '../contract/frozen.ts'
import type { AuthzOutcome, ResourceRequest } from '../contract/index.ts'
import type { Allowance } from '../token/allowance.ts'
import type { RequestContext } from './context.ts'
import { unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { nameOf } from './instance.ts'

/** What was decided on a resource. */
interface Verdict {
  /** The granted ones of the requested actions; empty when denied. */
  readonly actions: readonly string[]
  /** Who decided: an instance's id and its rule; both are missing when nobody did. */
  readonly authorizer?: string
  readonly rule?: string | undefined
}

/** The decision on one scope. */
export interface ScopeDecision extends Verdict {
  /** As it was asked for. */
  readonly resource: ResourceRequest
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
    const actions = Object.freeze(allowed(resource))
    // Less would be granted than asked for, but nothing was asked for either: then an authorizer decides as ever.
    const verdict =
      actions.length === 0 && resource.actions.length > 0
        ? { actions, authorizer: 'token', rule: 'it is limited to other resources or actions' }
        : await decide(authorizers, Object.freeze({ ...resource, actions }), context)
    decisions.push({ ...verdict, resource })
  }
  return decisions
}

async function decide(
  authorizers: readonly Instance<'authorizer'>[],
  resource: ResourceRequest,
  context: RequestContext,
): Promise<Verdict> {
  for (const instance of authorizers) {
    let answer: Answer
    try {
      answer = readAnswer(
        await context.call(instance, (scope) => instance.implementation.authorize(resource, scope)),
      )
    } catch (error) {
      instance.log.error({ request: context.id, err: error }, 'authorizer could not be asked')
      throw unavailable(new Error(`${nameOf(instance)}: ${(error as Error)?.message ?? error}`))
    }
    if (answer === 'pass') continue
    const { granted, rule } = answer
    // A plugin can grant nothing that was not asked for.
    const known = new Set(granted)
    const actions = resource.actions.filter((action) => known.has(action))
    return { actions, authorizer: instance.id, rule }
  }
  return { actions: [] }
}

/** What an authorizer answered: the host's own copy. */
type Answer = 'pass' | { readonly granted: readonly string[]; readonly rule: string | undefined }

/**
 * Looks at what an authorizer answered, once: nothing of the plugin's own object is kept, which may change later.
 *
 * @throws Error when it is no answer
 */
function readAnswer(outcome: AuthzOutcome): Answer {
  const { outcome: kind } = outcome
  if (kind === 'pass') return 'pass'
  const { actions, rule } = outcome as { actions?: unknown; rule?: unknown }
  const granted = kind === 'deny' ? [] : frozenTexts(actions)
  if ((kind !== 'grant' && kind !== 'deny') || !granted) {
    throw new Error('its answer is none of grant, deny and pass')
  }
  if (rule !== undefined && typeof rule !== 'string') throw new Error('its answer has a rule that is no text')
  return { granted, rule }
}
