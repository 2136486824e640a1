// What requests take from the process container, each looked up there once: a container looks through its parents anew at each question.
import type { DependencyContainer, InjectionToken } from 'tsyringe'

const KNOWN = new WeakMap<DependencyContainer, Map<InjectionToken, unknown>>()

/**
 * A service of a process container, which stays the same as long as the container lives.
 *
 * @throws Error when nothing is registered under the key
 * @example serviceOf(context.services, ONCE)
 */
export function serviceOf<T>(container: DependencyContainer, key: InjectionToken<T>): T {
  const known = KNOWN.get(container) ?? new Map<InjectionToken, unknown>()
  if (known.size === 0) KNOWN.set(container, known)
  if (!known.has(key)) known.set(key, container.resolve(key))
  return known.get(key) as T
}
