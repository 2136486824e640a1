// Authenticators in an order in which client certificates may not count.

import type { Planned } from '../config/config.ts'
import { nameOf } from '../request/instance.ts'
import type { Finding } from '../sign-in/point.ts'
import { takesAnonymous } from './anonymous.ts'

type Plan = Pick<Planned, 'kind' | 'id' | 'definition' | 'options'>

/**
 * A client that shows a certificate sends no credentials. Whoever is asked about those before an authenticator by certificate, and accepts them, makes
 * it anonymous.
 *
 * @param plans in config order
 * @returns the instance that stands too early, and a sentence
 */
export function orderDoubts(plans: readonly Plan[]): Finding[] {
  const authenticators = plans.filter(({ kind }) => kind === 'authenticator')
  const certificates = authenticators.findLast(({ definition }) => definition.byCertificate === true)
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
