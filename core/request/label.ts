// The third step: labelers add what they know to the labels that the accepting authenticator gave.

import { kindOf } from '../kit/thrown.ts'
import { pass, toLabels } from '../plugin.ts'
import type { RequestContext } from './context.ts'
import { ANSWERED, counted } from './counted-call.ts'
import { unavailable } from './errors.ts'
import type { Instance } from './instance.ts'
import { faultOf, logFault } from './instance.ts'
import { Stage } from './shared.ts'
import { callTraced, traceCall } from './traced-call.ts'

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
    const { implementation } = instance
    const traced = traceCall(context, instance, 'label')
    const ask = async () => {
      const known = context.identity!
      const stage = new Stage()
      const given = await callTraced(
        context,
        instance,
        traced,
        (scope) => implementation.label(known, scope),
        traced && implementation.explain && ((scope) => implementation.explain!(known, scope)),
        stage,
      )
      assertLabels(given)
      return { labels: toLabels(given), stage }
    }
    try {
      const { labels, stage } = await counted(instance, context, 'label', ask, ANSWERED)
      context.bag.add(labels)
      context.take(stage.close())
      traced?.said({ outcome: 'labels', labels })
    } catch (error) {
      context.assertWanted()
      traced?.failed(error)
      const skipped = instance.onError === 'next'
      const message = skipped
        ? 'labeler could not be asked; its labels are missing'
        : 'labeler could not be asked'
      logFault(instance, context.id, error, message, skipped ? 'warn' : 'error')
      if (!skipped) throw unavailable(faultOf(instance, error))
    }
  }
}

/** @throws Error for what is no mistake of a label, but of the answer */
function assertLabels(given: unknown): void {
  const what = given === pass ? 'pass' : kindOf(given)
  if (given === undefined || given === pass)
    throw new Error(`label returned ${what}; return { NAME: ['VALUE'] }, or NO_LABELS`)
}
