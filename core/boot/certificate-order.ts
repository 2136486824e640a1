// Authenticators in an order in which client certificates may not count.
import { nameOf } from '../request/instance.ts'
import type { Finding } from '../sign-in/point.ts'
import type { Planned } from './config.ts'

type Plan = Pick<Planned, 'kind' | 'id' | 'definition' | 'options'>

/**
 * A client that shows a certificate sends no credentials. Whoever is asked about those before `mtls`, and accepts them, makes
 * it anonymous.
 *
 * @param plans in config order
 * @returns the instance that stands too early, and a sentence
 */
export function orderDoubts(plans: readonly Plan[]): Finding[] {
  const authenticators = plans.filter(({ kind }) => kind === 'authenticator')
  const certificates = authenticators.findLast(({ definition }) => definition.name === 'mtls')
  if (!certificates) return []
  const name = ({ definition, id }: Plan) => nameOf({ plugin: definition.name, id })
  return authenticators
    .slice(0, authenticators.indexOf(certificates))
    .filter(takesAnonymous)
    .map((plan) => ({
      id: plan.id,
      message: `${name(plan)} stands before ${name(certificates)} and is asked without credentials, too: clients that it accepts are anonymous in spite of their certificate; put ${name(certificates)} before it`,
    }))
}

/** A plugin that need not be asked without credentials has an option for that. */
function takesAnonymous({ definition, options }: Plan): boolean {
  const given = options as { readonly anonymous?: unknown } | undefined
  return definition.name !== 'mtls' && definition.anonymous === true && given?.anonymous !== false
}
