// The keys under which a process container holds what comes from outside: a test puts another one in its place.
import type { Logger } from 'pino'
import type { InjectionToken } from 'tsyringe'
import type { Files, State } from '../contract/host.ts'
import type { Clock } from '../contract/log.ts'

export const CLOCK: InjectionToken<Clock> = Symbol('clock')
export const LOG: InjectionToken<Logger> = Symbol('log')
/** Files that the configuration names. */
export const FILES: InjectionToken<Files> = Symbol('files')
/** The state directory. */
export const STATE: InjectionToken<State> = Symbol('state')

/** The machine's. */
export const SYSTEM_CLOCK: Clock = Object.freeze({ now: Date.now })
