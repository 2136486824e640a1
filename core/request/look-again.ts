// Asks an authenticator about an account that it accepted earlier.
import type { Held } from '../contract/index.ts'
import { type Answer, readAnswer } from './authenticate.ts'
import type { RequestContext } from './context.ts'
import { unavailable } from './errors.ts'
import { type Instance, nameOf } from './instance.ts'

/**
 * Asks an authenticator about an account that it accepted earlier.
 *
 * @throws RequestError 503 when it could not be asked
 */
export async function lookAgain(
  instance: Instance<'authenticator'>,
  held: Held,
  context: RequestContext,
): Promise<Answer> {
  try {
    const outcome = await context.call(instance, (scope) => instance.implementation.refresh!(held, scope))
    return readAnswer(outcome, instance, held.account)
  } catch (error) {
    instance.log.error({ request: context.id, err: error }, 'authenticator could not be asked')
    throw unavailable(new Error(`${nameOf(instance)}: ${(error as Error)?.message ?? error}`))
  }
}
