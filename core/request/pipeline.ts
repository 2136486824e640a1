// The way of a request between parsing and answering, without HTTP: a TokenRequest goes in, a decision comes out.
import type { DependencyContainer } from 'tsyringe'
import type { Identity } from '../contract/index.ts'
import { authenticate, type DecidedBy } from './authenticate.ts'
import { authorize, type ScopeDecision } from './authorize.ts'
import { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'
import { label } from './label.ts'
import type { TokenRequest } from './parse.ts'

/** The plugins of a server, each kind in config order. */
export interface Chains {
  readonly authenticators: readonly Instance<'authenticator'>[]
  readonly labelers: readonly Instance<'labeler'>[]
  readonly authorizers: readonly Instance<'authorizer'>[]
}

/** Who asked and what was decided on each scope, in the order asked. */
export interface Decision {
  readonly identity: Identity
  readonly scopes: readonly ScopeDecision[]
}

/**
 * Decides on a request.
 *
 * @param container the process container; the request gets a child of it
 * @param id names the request in log lines
 * @param decided learns which authenticator ended its chain, also when the request fails
 * @throws RequestError 401 or 503
 */
export async function decide(
  container: DependencyContainer,
  chains: Chains,
  id: string,
  request: TokenRequest,
  decided: DecidedBy = {},
): Promise<Decision> {
  const context = new RequestContext(container, id, request)
  const identity = await authenticate(chains.authenticators, context, decided)
  context.identity = identity
  context.bag.add(identity.labels)
  await label(chains.labelers, identity, context)
  const scopes = await authorize(chains.authorizers, context)
  return { identity: { ...identity, labels: context.bag.labels }, scopes }
}
