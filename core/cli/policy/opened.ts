// What is to be said of a configuration that was opened as a policy.
import type { Policy } from '../../policy/policy.ts'
import type { Output } from '../output.ts'

/** Says what of it could not be looked at. */
export function tellAside({ aside, notAsked, file }: Policy, { stderr }: Output): void {
  const { length: count } = aside
  if (count > 0)
    stderr.write(
      `note: ${file}: ${count} ${count === 1 ? 'problem is' : 'problems are'} left aside, where nothing is decided; dockwarden check tells ${count === 1 ? 'it' : 'them'}\n`,
    )
  for (const name of notAsked)
    stderr.write(`note: ${file}: ${name} is not asked: it may need a network, or run a program\n`)
}

/**
 * That whoever is to pass is there.
 *
 * @param passing the ids of authorizers, of one of the policies at least
 * @throws Error that names those that are there
 */
export function assertPassing(passing: readonly string[], policies: readonly Policy[]): void {
  const ids = new Set(policies.flatMap(({ authorizers }) => authorizers))
  const unknown = passing.find((id) => !ids.has(id))
  if (unknown === undefined) return
  const files = [...new Set(policies.map(({ file }) => file))]
  throw new Error(
    `${files.join(' and ')} ${files.length > 1 ? 'have' : 'has'} no authorizer ${JSON.stringify(unknown)} that could be taken to pass; there is ${[...ids].join(', ') || 'none'}`,
  )
}
