// The answer to a question: the server's own steps are run, with a trace.
import { randomUUID } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import { withDeadline } from '../../kit/deadline.ts'
import { CLOCK } from '../../kit/process.ts'
import type { Labels, ResourceRequest } from '../../plugin.ts'
import type { ScopeDecision } from '../../request/authorize.ts'
import { RequestContext } from '../../request/context.ts'
import type { DecidedBy } from '../../request/decided.ts'
import { RequestError } from '../../request/errors.ts'
import { INSTANCES, type Instance } from '../../request/instance.ts'
import type { TokenRequest } from '../../request/parse.ts'
import { CHAINS, type Decision } from '../../request/pipeline.ts'
import { parseScopes } from '../../request/scope.ts'
import { assertServed, claimsFor, TOKEN_SETTINGS } from '../../request/sign.ts'
import type { TraceStep } from '../../request/trace.ts'
import type { Claims } from '../../token/claims.ts'
import { type Login, logIn, wouldBeAsked } from './login.ts'
import type { Asking, Question } from './question.ts'

/** One scope, and what came of it. */
export interface ExplainedScope {
  readonly resource: ResourceRequest
  /** Undefined when the request failed. */
  readonly decision: ScopeDecision | undefined
  /** The authorizers that were asked, in their order. */
  readonly steps: readonly TraceStep[]
}

/** A label's value, and where it comes from. */
export interface ExplainedLabel {
  readonly name: string
  readonly value: string
  readonly from: readonly string[]
}

/** The whole answer. */
export interface Answer {
  readonly question: Question
  /** Who it turned out to be; undefined when nobody was accepted. */
  readonly account: string | undefined
  readonly authenticator: string | undefined
  /** Without `--ask` those that would be asked, in their order; with it, those that were. */
  readonly authenticators: readonly (TraceStep | Pick<TraceStep, 'id' | 'plugin'>)[]
  readonly labelers: readonly TraceStep[]
  readonly labels: readonly ExplainedLabel[]
  readonly scopes: readonly ExplainedScope[]
  /** What the token would say; undefined when there would be none. */
  readonly claims: Claims | undefined
  /** What the server would answer with. */
  readonly status: number
  /** Why it would be no token. */
  readonly reason: string | undefined
  /** For the audit line of a login. */
  readonly decided: DecidedBy
  readonly error: unknown
}

/** Whether all that was asked for is granted. */
export function isGranted({ status, scopes }: Answer): boolean {
  return (
    status === 200 &&
    scopes.every(({ resource, decision }) => decision?.actions.length === resource.actions.length)
  )
}

/**
 * Answers a question.
 *
 * @throws RequestError 400 for scopes that can't be read
 */
export async function answerTo(question: Question, asking: Asking): Promise<Answer> {
  const { container, mostScopes, id = randomUUID() } = asking
  const settings = container.resolve(TOKEN_SETTINGS)
  const login: Login = logIn(question, asking)
  const { service, ip, client } = question
  const request: TokenRequest = Object.freeze({
    credentials: login.credentials,
    service,
    scopes: parseScopes(question.scopes, mostScopes),
    client: Object.freeze({ ip, id: client }),
    offline: false,
  })
  const steps: TraceStep[] = []
  const trace = (step: TraceStep) => void steps.push(step)
  const context = new RequestContext(container, id, request, undefined, undefined, trace)
  const decided: DecidedBy = { asked: context.asked }
  let decision: Decision | undefined
  let error: unknown
  try {
    assertServed(service, settings.services)
    await becomeReady(container, question.ask)
    context.bag.add(question.labels)
    decision = await login.decide(context, decided)
  } catch (thrown) {
    error = context.cancelled ?? thrown
    if (!(error instanceof RequestError)) throw error
  }
  const of = (kind: TraceStep['kind']) => steps.filter((step) => step.kind === kind)
  const chains = container.resolve(CHAINS)
  return {
    question,
    account: decision?.identity.account,
    authenticator: decided.authenticator ?? decision?.proof.instance?.id,
    authenticators: question.ask ? of('authenticator') : wouldBeAsked(question, asking, chains),
    labelers: of('labeler'),
    labels: originsOf(decision?.identity.labels ?? context.bag.labels, question, steps),
    scopes: request.scopes.map((resource, index) => ({
      resource,
      decision: decision?.scopes[index],
      steps: steps.filter((step) => step.resource === resource),
    })),
    claims:
      decision &&
      claimsFor(
        settings,
        decision.identity,
        service,
        decision.scopes,
        container.resolve(CLOCK).now(),
        decision.proof.kept?.expires,
      ),
    status: error instanceof RequestError ? error.status : 200,
    reason: reasonOf(error),
    decided,
    error,
  }
}

/** What the client would be told, and what only the log would say. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { message, cause } = error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}

const READY_DEADLINE_MS = 5_000

/** Plugins may connect there. Who is not ready says so when it is asked. */
async function becomeReady(container: DependencyContainer, ask: boolean): Promise<void> {
  const ready = async ({ kind, implementation }: Instance) => {
    if (kind === 'authenticator' && !ask) return
    await withDeadline(Promise.resolve(implementation.ready?.()), READY_DEADLINE_MS, 'it is not ready')
  }
  await Promise.allSettled(container.resolve(INSTANCES).map(ready))
}

function originsOf(labels: Labels, given: Question, steps: readonly TraceStep[]): ExplainedLabel[] {
  const sources = [
    { labels: given.labels, from: given.labelsFrom },
    ...steps.map((step) => ({ labels: step.labels, from: `${step.kind} ${step.id}` })),
  ]
  return Object.entries(labels).flatMap(([name, values]) =>
    values.map((value) => ({
      name,
      value,
      from: sources
        .filter(({ labels }) => labels && Object.hasOwn(labels, name) && labels[name]!.includes(value))
        .map(({ from }) => from),
    })),
  )
}
