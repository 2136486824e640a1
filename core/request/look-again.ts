// Asks an authenticator about an account that it accepted earlier.
import type { Held, JsonValue, Labels } from '../plugin.ts'
import { type AuthnAnswer, readAuthnAnswer, saidBy } from './authn-answer.ts'
import type { RequestContext } from './context.ts'
import { counted } from './counted-call.ts'
import { noteAsked } from './decided.ts'
import { unavailable } from './errors.ts'
import { faultOf, type Instance, logFault } from './instance.ts'
import { Stage } from './shared.ts'
import { callTraced, traceCall } from './traced-call.ts'

/** What an authenticator is told of an account. @param session frozen, all the way down */
export function heldOf(
  { account, labels }: { readonly account: string; readonly labels: Labels },
  session: JsonValue | undefined,
  saveSession?: Held['saveSession'],
): Held {
  return Object.freeze({
    account,
    labels,
    ...(session !== undefined && { session }),
    ...(saveSession && { saveSession }),
  })
}

/**
 * Asks an authenticator about an account that it accepted earlier.
 *
 * @param held made with `heldOf`
 * @throws RequestError 503 when it could not be asked
 */
export async function lookAgain(
  instance: Instance<'authenticator'>,
  held: Held,
  context: RequestContext,
): Promise<AuthnAnswer> {
  const { implementation } = instance
  const traced = traceCall(context, instance, 'refresh')
  const ask = async () => {
    const stage = new Stage()
    const outcome = await callTraced(
      context,
      instance,
      traced,
      (scope) => implementation.refresh!(held, scope),
      traced && implementation.explainRefresh && ((scope) => implementation.explainRefresh!(held, scope)),
      stage,
    )
    return readAuthnAnswer(outcome, instance, held.account, stage.close(), 'refresh')
  }
  try {
    const answer = await counted(instance, context, 'refresh', ask, ({ outcome }) => outcome)
    noteAsked(context, instance, answer.outcome)
    traced?.said(saidBy(answer))
    return answer
  } catch (error) {
    noteAsked(context, instance, context.cancelled ? 'cancelled' : 'unavailable')
    context.assertWanted()
    traced?.failed(error)
    logFault(instance, context.id, error, 'authenticator could not be asked')
    throw unavailable(faultOf(instance, error))
  }
}
