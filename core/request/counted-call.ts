// Calls of plugins as the metrics count them: with what was made of the answer, since one that makes no sense is none.
import { attempt, isPromise, type MaybePromise } from '../contract/maybe-promise.ts'
import type { Call, CallOutcome } from '../metrics/calls.ts'
import { Busy } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'

/**
 * Asks a plugin, and counts how that went and how long it took, where somebody measures.
 *
 * @param ask also reads the answer, and throws when it makes no sense
 * @param outcomeOf how the answer is counted
 * @returns rejects with what `ask` throws
 */
export function counted<T>(
  { metrics }: Pick<Instance, 'metrics'>,
  context: Pick<RequestContext, 'cancelled'>,
  call: Call,
  ask: () => MaybePromise<T>,
  outcomeOf: (answer: T) => CallOutcome,
): MaybePromise<T> {
  const began = performance.now()
  const answer = attempt(ask)
  if (!metrics) return answer
  const count = (outcome: CallOutcome) => metrics.calls.count(call, outcome, performance.now() - began)
  if (!isPromise(answer)) {
    count(outcomeOf(answer))
    return answer
  }
  return answer.then(
    (given) => {
      count(outcomeOf(given))
      return given
    },
    (error: unknown) => {
      count(context.cancelled ? 'cancelled' : faultOutcome(error))
      throw error
    },
  )
}

function faultOutcome(error: unknown): CallOutcome {
  if (error instanceof Busy) return 'busy'
  return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unavailable'
}

/** Of a call that has no other outcome than an answer. */
export const ANSWERED = (): CallOutcome => 'answered'
