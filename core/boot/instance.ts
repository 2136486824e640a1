// One plugin at work: what the configuration calls it, how long it may take, and its implementation.
import type { Log, PluginKind, PluginKinds } from '../contract/index.ts'
import { withDeadline } from './deadline.ts'

/** A plugin instance as the request's steps use it. */
export interface Instance<K extends PluginKind = PluginKind> {
  readonly kind: K
  readonly id: string
  readonly plugin: string
  /** Authenticators: also asked when no credentials came. */
  readonly anonymous: boolean
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly onError: 'fail' | 'next'
  readonly log: Log
  readonly implementation: PluginKinds[K]
}

/** How messages name an instance. @example nameOf(instance) // 'plugin ldap (id corp)' */
export function nameOf({ plugin, id }: { readonly plugin: string; readonly id: string }): string {
  return `plugin ${plugin} (id ${id})`
}

const READY_DEADLINE_MS = 5_000
const CLOSE_DEADLINE_MS = 5_000

/**
 * Asks every instance whether its backend can be reached.
 *
 * @returns a sentence for each that is not ready
 */
export async function notReady(instances: readonly Instance[]): Promise<string[]> {
  const faults = await Promise.all(
    instances.map(async (instance) => {
      try {
        const ready = instance.implementation.ready?.() ?? Promise.resolve()
        await withDeadline(ready, READY_DEADLINE_MS, 'it did not become ready')
        return undefined
      } catch (error) {
        return `${nameOf(instance)} is not ready: ${messageOf(error)}`
      }
    }),
  )
  return faults.filter((fault) => fault !== undefined)
}

/**
 * Closes every instance; one that fails or hangs does not hold up the others.
 *
 * @returns a sentence for each that did not close
 */
export async function closeAll(instances: readonly Instance[]): Promise<string[]> {
  const faults = await Promise.all(
    instances.map(async (instance) => {
      try {
        const closed = instance.implementation.close?.() ?? Promise.resolve()
        await withDeadline(closed, CLOSE_DEADLINE_MS, 'it did not close')
        return undefined
      } catch (error) {
        return `${nameOf(instance)} did not close: ${messageOf(error)}`
      }
    }),
  )
  return faults.filter((fault) => fault !== undefined)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
