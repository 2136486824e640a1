// The third step: labelers add what they know to the labels that the accepting authenticator gave.

import { toLabels } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import { unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { faultOf, logFault } from './instance.ts'
import { Stage } from './shared.ts'

/**
 * Asks every labeler in config order; each sees the labels of those before it.
 *
 * @throws RequestError 503 when one could not be asked, unless its `on_error` is `next`
 */
export async function label(
  labelers: readonly Instance<'labeler'>[],
  context: RequestContext,
): Promise<void> {
  for (const instance of labelers) {
    try {
      const known = context.identity!
      const stage = new Stage()
      const labels = await context.call(
        instance,
        (scope) => instance.implementation.label(known, scope),
        stage,
      )
      context.bag.add(toLabels(labels))
      context.take(stage.close())
    } catch (error) {
      context.assertWanted()
      const skipped = instance.onError === 'next'
      const message = skipped
        ? 'labeler could not be asked; its labels are missing'
        : 'labeler could not be asked'
      logFault(instance, context.id, error, message, skipped ? 'warn' : 'error')
      if (!skipped) throw unavailable(faultOf(instance, error))
    }
  }
}
