// What instances go through besides requests: becoming ready, and closing.

import { withDeadline } from '../kit/deadline.ts'
import { type Instance, nameOf } from '../request/instance.ts'

const DEADLINE_MS = 5_000

/**
 * Asks every instance whether its backend can be reached, and the token store too.
 *
 * @returns a sentence for each that is not ready
 */
export async function notReady(
  instances: readonly Instance[],
  store: () => Promise<void>,
): Promise<string[]> {
  const plugins = faultsOf(instances, 'become ready', ({ implementation }) => implementation.ready?.())
  return [...(await plugins), ...(await storeFault(store))]
}

async function storeFault(ready: () => Promise<void>): Promise<string[]> {
  try {
    await withDeadline(ready(), DEADLINE_MS, 'no answer')
    return []
  } catch (error) {
    return [`the token store is not ready: ${(error as Error).message}`]
  }
}

/**
 * Closes every instance; one that fails or hangs does not hold up the others.
 *
 * @returns a sentence for each that did not close
 */
export function closeAll(instances: readonly Instance[]): Promise<string[]> {
  return faultsOf(instances, 'close', ({ implementation }) => implementation.close?.())
}

async function faultsOf(
  instances: readonly Instance[],
  what: string,
  step: (instance: Instance) => Promise<void> | undefined,
): Promise<string[]> {
  const faults = await Promise.all(
    instances.map(async (instance) => {
      try {
        await withDeadline(Promise.resolve(step(instance)), DEADLINE_MS, 'no answer')
        return undefined
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error)
        return `${nameOf(instance)} did not ${what}: ${cause}`
      }
    }),
  )
  return faults.filter((fault) => fault !== undefined)
}
