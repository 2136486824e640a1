// The way of a request between parsing and answering, without HTTP: a TokenRequest goes in, a decision comes out.
import type { InjectionToken } from 'tsyringe'
import type { Identity } from '../plugin.ts'
import { allowance } from '../token/allowance.ts'
import { TOKEN_KEEPER } from '../token/keeper.ts'
import { authenticate, type Proof } from './authenticate.ts'
import { authorize, type ScopeDecision } from './authorize.ts'
import type { RequestContext } from './context.ts'
import type { DecidedBy } from './decided.ts'
import type { Instance } from './instance.ts'
import { label } from './label.ts'
import { redeem } from './redeem.ts'
import { serviceOf } from './services.ts'
import { SIGN_IN_SESSIONS } from './sign-in-sessions.ts'

/** The plugins of a server, each kind in config order. */
export interface Chains {
  readonly authenticators: readonly Instance<'authenticator'>[]
  readonly labelers: readonly Instance<'labeler'>[]
  readonly authorizers: readonly Instance<'authorizer'>[]
}

/** In the process container. */
export const CHAINS: InjectionToken<Chains> = Symbol('chains')

/** Who asked and what was decided on each scope, in the order asked. */
export interface Decision {
  readonly identity: Identity
  readonly scopes: readonly ScopeDecision[]
  /** How the account was shown. */
  readonly proof: Proof
}

/**
 * Decides on a request.
 *
 * @param context the request's own: who cancels it ends this
 * @param decided learns who decided, also when the request fails
 * @throws RequestError 400, 401 or 503; or why it was cancelled
 */
export function decide(context: RequestContext, decided: DecidedBy = {}): Promise<Decision> {
  decided.asked = context.asked
  return prove(context, decided).then((proof) => decideFor(proof, context, decided))
}

function prove(context: RequestContext, decided: DecidedBy): Promise<Proof> {
  const { credentials } = context.request
  const { authenticators } = serviceOf(context.services, CHAINS)
  if (!('refusal' in credentials)) return authenticate(credentials, authenticators, context, decided)
  const redeemers = {
    tokens: serviceOf(context.services, TOKEN_KEEPER),
    sessions: serviceOf(context.services, SIGN_IN_SESSIONS),
    authenticators,
  }
  return redeem(credentials, redeemers, context, decided)
}

/**
 * Decides for somebody who has been shown to be who he is.
 *
 * @param decided learns who decided, also when the request fails
 * @throws RequestError 503; or why the request was cancelled
 */
export async function decideFor(
  proof: Proof,
  context: RequestContext,
  decided: DecidedBy = {},
): Promise<Decision> {
  const { labelers, authorizers } = serviceOf(context.services, CHAINS)
  const { identity, instance, provided, robot, kept } = proof
  context.accept(identity, instance, provided)
  try {
    // A robot account has the labels of its token alone: a person of the same name must not lend it more.
    if (!robot && labelers.length > 0) await label(labelers, context)
    const scopes = await authorize(authorizers, context, kept?.allow && allowance(kept.allow))
    return { identity: context.identity!, scopes, proof }
  } finally {
    decided.labels = context.bag.labels
  }
}
