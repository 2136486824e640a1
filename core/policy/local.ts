// Who answers without a network, and what stands in for the others.
import type { Planned } from '../config/config.ts'
import { type Authorizer, pass } from '../plugin.ts'
import { type Instance, nameOf } from '../request/instance.ts'

/** Thrown in the place of an answer that only a network has. */
export class NotKnown extends Error {
  override readonly name = 'NotKnown'
}

/** Whether it answers from files alone. */
export function isLocal({ kind, implementation }: Instance): boolean {
  return kind !== 'authenticator' && 'answersFrom' in implementation && implementation.answersFrom === 'files'
}

/** Of an authorizer that is taken to pass nothing is made: its program or its certificates may be where the server runs. */
export function takenToPass(plan: Planned): Planned {
  const create = () => ({ authorize: async () => pass, answersFrom: 'files' as const })
  return { ...plan, definition: { ...plan.definition, create } as typeof plan.definition }
}

/** The instance itself, or one in its place that can't answer. */
export function localOnly(instance: Instance<'authorizer'>): Instance<'authorizer'> {
  if (isLocal(instance)) return instance
  const implementation: Authorizer = {
    async authorize() {
      throw new NotKnown(`${nameOf(instance)} is not asked: it may need a network, or run a program`)
    },
  }
  return { ...instance, implementation }
}
