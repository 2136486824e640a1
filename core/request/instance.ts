// One plugin at work: what the configuration calls it, how long it may take, and its implementation.
import type { Log, PluginKind, PluginKinds, SignIn } from '../contract/index.ts'

/** A plugin instance as the request's steps use it. */
export interface Instance<K extends PluginKind = PluginKind> {
  readonly kind: K
  readonly id: string
  readonly plugin: string
  /** Authenticators: also asked when no credentials came. */
  readonly anonymous: boolean
  /** Authenticators: also asked with the subject token of a token exchange. */
  readonly exchange: boolean
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly onError: 'fail' | 'next'
  readonly log: Log
  readonly implementation: PluginKinds[K]
  /** Authenticators: how people sign in with a browser, if they can. */
  readonly signIn?: SignIn
}

/** How messages name an instance. @example nameOf(instance) // 'plugin ldap (id corp)' */
export function nameOf({ plugin, id }: { readonly plugin: string; readonly id: string }): string {
  return `plugin ${plugin} (id ${id})`
}

/** Why an instance could not be asked, for the log. */
export function faultOf(instance: Instance, error: unknown): Error {
  return new Error(`${nameOf(instance)}: ${messageOf(error)}`, { cause: error })
}

/** Anything can be thrown, also what throws when it is looked at. */
function messageOf(error: unknown): string {
  try {
    return String((error as Error)?.message ?? error)
  } catch {
    return 'it threw what can not be read'
  }
}
