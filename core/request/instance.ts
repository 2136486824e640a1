// One plugin at work: what the configuration calls it, how long it may take, and its implementation.
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import { messageOf } from '../kit/thrown.ts'
import type { InstanceMetrics } from '../metrics/instance-metrics.ts'
import {
  Busy,
  type Log,
  type PluginKind,
  type PluginKinds,
  type RouteHandler,
  type RouteMethod,
  type SignIn,
} from '../plugin.ts'
import type { Tasks } from '../services/tasks.ts'
import type { Remembered } from '../work/remembered.ts'
import type { Accepted } from './authn-answer.ts'

/** One route of an instance. */
export interface Route {
  readonly method: RouteMethod
  /** Below /plugins/ID. */
  readonly path: string
  readonly handler: RouteHandler
}

/** A plugin instance as the request's steps use it. */
export interface Instance<K extends PluginKind = PluginKind> {
  readonly kind: K
  readonly id: string
  /** Tells apart the instances that a reload has made under one id. */
  readonly incarnation: string
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
  /** Undefined where nobody measures. */
  readonly metrics?: InstanceMetrics | undefined
  /** Authenticators: the passwords that were proved a moment ago; undefined when none is remembered. */
  readonly memory?: Remembered<Accepted> | undefined
  /** What it does in the background, while the server runs. */
  readonly tasks: Tasks
  /** What it answers itself, below /plugins/ID. */
  readonly routes: readonly Route[]
  /** Holds what it needs of others. */
  readonly container: DependencyContainer
  /** Holds what it has provided in `create`. */
  readonly provided: DependencyContainer
  /** What it may provide, by name. */
  readonly provides: ReadonlySet<string>
  /** What it needs of whoever accepted. */
  readonly needsAccepting: ReadonlySet<InjectionToken<unknown>>
  /** The ids of the instances whose values it uses: it is closed before them. */
  readonly needs: readonly string[]
  /** Ends what the host has lent it. */
  readonly release: () => Promise<void>
  /** Authenticators: how people sign in with a browser, if they can. */
  readonly signIn?: SignIn
}

/** All of a configuration, in its order; in the process container. */
export const INSTANCES: InjectionToken<readonly Instance[]> = Symbol('instances')

/** How messages name an instance. @example nameOf(instance) // 'plugin ldap (id corp)' */
export function nameOf({ plugin, id }: { readonly plugin: string; readonly id: string }): string {
  return `plugin ${plugin} (id ${id})`
}

/** Says that an instance could not be asked. A line that is too long says so itself: a burst must not fill the log with stacks. */
export function logFault(
  instance: Instance,
  request: string,
  error: unknown,
  message: string,
  level: 'warn' | 'error' = 'error',
): void {
  if (error instanceof Busy) instance.log.warn({ request, reason: error.message }, message)
  else instance.log[level]({ request, err: error }, message)
}

/** Why an instance could not be asked, as the cause of what the client is told. */
export function faultOf(instance: Instance, error: unknown): Error {
  return new Error(`${nameOf(instance)}: ${messageOf(error)}`, { cause: error })
}
