// What instances go through besides requests: becoming ready, and closing.

import { withDeadline } from '../kit/deadline.ts'
import { type Instance, nameOf } from '../request/instance.ts'

const DEADLINE_MS = 5_000

/** Asks every instance whether its backend can be reached. @returns a sentence for each that is not ready */
export function notReady(instances: readonly Instance[]): Promise<string[]> {
  return faultsIn(instances.map(whyNotReady))
}

/** Asks one instance whether its backend can be reached. @returns a sentence when it is not ready */
export function whyNotReady(instance: Instance): Promise<string | undefined> {
  return faultOf(instance, 'become ready', ({ implementation }) => implementation.ready?.())
}

/** Asks the token store whether it can be used. @returns a sentence when it can not */
export async function storeFault(ready: () => Promise<void>): Promise<string[]> {
  try {
    await withDeadline(ready(), DEADLINE_MS, 'no answer')
    return []
  } catch (error) {
    return [`the token store is not ready: ${(error as Error).message}`]
  }
}

/**
 * Closes every instance, each behind those that use it; one that fails or hangs does not hold up the others.
 *
 * @returns a sentence for each that did not close
 */
export function closeAll(instances: readonly Instance[]): Promise<string[]> {
  const closed = new Map<string, Promise<string | undefined>>()
  const close = (instance: Instance): Promise<string | undefined> => {
    const before = closed.get(instance.id)
    if (before) return before
    const users = instances.filter(({ needs }) => needs.includes(instance.id))
    const closing = Promise.all(users.map(close)).then(() =>
      faultOf(instance, 'close', async ({ implementation, tasks, release }) => {
        await tasks.stop()
        try {
          await implementation.close?.()
        } finally {
          await release()
        }
      }),
    )
    closed.set(instance.id, closing)
    return closing
  }
  return faultsIn(instances.map(close))
}

type Step = (instance: Instance) => Promise<void> | undefined

async function faultOf(instance: Instance, what: string, step: Step): Promise<string | undefined> {
  try {
    await withDeadline(Promise.resolve(step(instance)), DEADLINE_MS, 'no answer')
    return undefined
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    return `${nameOf(instance)} did not ${what}: ${cause}`
  }
}

async function faultsIn(asked: readonly Promise<string | undefined>[]): Promise<string[]> {
  return (await Promise.all(asked)).filter((fault) => fault !== undefined)
}
