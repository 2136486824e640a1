// Who asks for a reload, and what becomes of it.
import type { Problem } from '../yaml/problems.ts'

/** Who or what asked: for the audit line. */
export interface ReloadCause {
  /** @example 'SIGHUP' */
  readonly by: string
  /** Of a command. */
  readonly uid?: number
  readonly pid?: number
}

/** What became of a reload. */
export type Reloaded =
  | {
      readonly outcome: 'reloaded'
      /** Sections and instances that are different now. @example ['token.expiration', 'authorizers.acl'] */
      readonly changed: readonly string[]
      /** Keys that have changed, and wait for a restart. @example ['server.listen'] */
      readonly restart: readonly string[]
      /** Those that were not there before. */
      readonly warnings: readonly Problem[]
    }
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[] }
