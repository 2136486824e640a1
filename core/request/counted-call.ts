// Calls of plugins as the metrics count them: with what was made of the answer, since one that makes no sense is none.
import type { Call, CallOutcome } from '../metrics/calls.ts'
import { Busy } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import type { Instance } from './instance.ts'

/**
 * Asks a plugin, and counts how that went and how long it took, where somebody measures.
 *
 * @param ask also reads the answer, and throws when it makes no sense
 * @param outcomeOf how the answer is counted
 * @throws what `ask` throws
 */
export function counted<T>(
  { metrics }: Pick<Instance, 'metrics'>,
  context: Pick<RequestContext, 'cancelled'>,
  call: Call,
  ask: () => Promise<T>,
  outcomeOf: (answer: T) => CallOutcome,
): Promise<T> {
  if (!metrics) return ask()
  const began = performance.now()
  return ask().then(
    (answer) => {
      metrics.calls.count(call, outcomeOf(answer), performance.now() - began)
      return answer
    },
    (error: unknown) => {
      const outcome = context.cancelled ? 'cancelled' : faultOutcome(error)
      metrics.calls.count(call, outcome, performance.now() - began)
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
