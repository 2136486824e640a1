// One call of one plugin, by the steps of a request.
import { randomUUID } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import { withDeadline } from '../../kit/deadline.ts'
import { NO_LABELS, Secret } from '../../plugin.ts'
import { authenticate } from '../../request/authenticate.ts'
import { authorize } from '../../request/authorize.ts'
import { RequestContext } from '../../request/context.ts'
import { RequestError } from '../../request/errors.ts'
import type { Instance } from '../../request/instance.ts'
import { label } from '../../request/label.ts'
import { heldOf, lookAgain } from '../../request/look-again.ts'
import { parseScopes } from '../../request/scope.ts'
import type { TraceStep } from '../../request/trace.ts'
import type { Question } from '../explain/question.ts'

/** What is asked. */
export interface Asking {
  readonly question: Question
  /** Undefined when nobody handed one over. */
  readonly password: Secret | undefined
  /** How many scopes a request may have. */
  readonly mostScopes: number
}

/** What came of it. */
export interface Called {
  /** What the plugin said: an authorizer, of each scope. */
  readonly steps: readonly (TraceStep & { readonly milliseconds: number })[]
  /** Why it was not asked. */
  readonly fault: string | undefined
}

const READY_DEADLINE_MS = 5_000

/**
 * Calls a plugin once, after it has become ready.
 *
 * @throws RequestError 400 for scopes that can't be read; Error for an authorizer without any
 */
export async function callOnce(
  instance: Instance,
  { question, password, mostScopes }: Asking,
  container: DependencyContainer,
): Promise<Called> {
  const { account, service, ip, client } = question
  const scopes = parseScopes(question.scopes, mostScopes)
  if (instance.kind === 'authorizer' && scopes.length === 0)
    throw new Error(
      'an authorizer is asked about something; add a scope such as repository:team/app:pull,push',
    )
  const kind = password ? (account === '' ? 'token' : 'password') : 'anonymous'
  const request = Object.freeze({
    credentials: Object.freeze({ kind, account, password: password ?? new Secret('') } as const),
    service,
    scopes,
    client: Object.freeze({ ip, id: client }),
    offline: false,
  })
  const steps: Called['steps'][number][] = []
  let began = 0
  const trace = (step: TraceStep) => void steps.push({ ...step, milliseconds: performance.now() - began })
  const context = new RequestContext(container, randomUUID(), request, undefined, undefined, trace)
  await becomeReady(instance)
  began = performance.now()
  try {
    await ask(instance, question, context)
  } catch (thrown) {
    const fault = context.cancelled ?? thrown
    if (!(fault instanceof RequestError)) throw fault
    // What the plugin said is in the steps.
    if (steps.length === 0) return { steps, fault: reasonOf(fault) }
  }
  return { steps, fault: undefined }
}

/** Plugins may connect there. One that is not ready is asked all the same, as a server asks it. */
async function becomeReady({ implementation, log }: Instance): Promise<void> {
  const ready = (async () => implementation.ready?.())()
  await withDeadline(ready, READY_DEADLINE_MS, 'it is not ready').catch((error: unknown) =>
    log.warn({ err: error }, 'it is not ready'),
  )
}

async function ask(
  instance: Instance,
  { account, labels }: Question,
  context: RequestContext,
): Promise<void> {
  const { credentials } = context.request
  if (instance.kind === 'authenticator') {
    const one = instance as Instance<'authenticator'>
    const isHeld = account !== '' && credentials.kind === 'anonymous'
    if (isHeld) await lookAgain(one, heldOf({ account, labels: NO_LABELS }, undefined), context)
    else if (!('refusal' in credentials)) await authenticate(credentials, [one], context, {})
    return
  }
  context.accept(Object.freeze({ account, labels, authenticator: '' }))
  if (instance.kind === 'labeler') await label([instance as Instance<'labeler'>], context)
  else await authorize([instance as Instance<'authorizer'>], context)
}

function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
