// Who answers without a network, and what stands in for the others.
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

/**
 * The instance itself, or one in its place that can't answer.
 *
 * @param passing the ids of those that are taken to pass
 */
export function localOnly(
  instance: Instance<'authorizer'>,
  passing: readonly string[],
): Instance<'authorizer'> {
  if (passing.includes(instance.id)) return { ...instance, implementation: { authorize: async () => pass } }
  if (isLocal(instance)) return instance
  const implementation: Authorizer = {
    async authorize() {
      throw new NotKnown(`${nameOf(instance)} is not asked: it may need a network, or run a program`)
    },
  }
  return { ...instance, implementation }
}
