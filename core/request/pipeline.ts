// The way of a request between parsing and answering, without HTTP: a TokenRequest goes in, a decision comes out.
import type { DependencyContainer } from 'tsyringe'
import type { Identity } from '../contract/index.ts'
import { allowance } from '../token/allowance.ts'
import type { TokenKeeper } from '../token/refresh.ts'
import { authenticate, type DecidedBy, type Proof } from './authenticate.ts'
import { authorize, type ScopeDecision } from './authorize.ts'
import { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'
import { label } from './label.ts'
import type { TokenRequest } from './parse.ts'
import { redeem } from './redeem.ts'
import type { SignInSessions } from './sign-in-sessions.ts'

/** The plugins of a server, each kind in config order. */
export interface Chains {
  readonly authenticators: readonly Instance<'authenticator'>[]
  readonly labelers: readonly Instance<'labeler'>[]
  readonly authorizers: readonly Instance<'authorizer'>[]
}

/** What decisions are made with, the same for every request. */
export interface Deciders {
  /** The process container; each request gets a child of it. */
  readonly container: DependencyContainer
  readonly chains: Chains
  readonly tokens: TokenKeeper
  readonly sessions: SignInSessions
}

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
 * @param id names the request in log lines
 * @param decided learns who decided, also when the request fails
 * @throws RequestError 400, 401 or 503
 */
export async function decide(
  { container, chains, tokens, sessions }: Deciders,
  id: string,
  request: TokenRequest,
  decided: DecidedBy = {},
): Promise<Decision> {
  const { credentials } = request
  const { authenticators, labelers, authorizers } = chains
  const context = new RequestContext(container, id, request)
  const proof =
    'refusal' in credentials
      ? await redeem(credentials, { tokens, sessions, authenticators }, context, decided)
      : await authenticate(credentials, authenticators, context, decided)
  const { identity, robot, kept } = proof
  context.accept(identity)
  // A robot account has the labels of its token alone: a person of the same name must not lend it more.
  if (!robot) await label(labelers, context)
  const scopes = await authorize(authorizers, context, kept?.allow && allowance(kept.allow))
  return { identity: context.identity!, scopes, proof }
}
