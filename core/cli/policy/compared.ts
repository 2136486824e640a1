// What came of comparing two policies, for those who report it.
import type { Comparison } from '../../policy/compare.ts'
import type { LoggedRequests } from '../../policy/logged.ts'
import type { Policy } from '../../policy/policy.ts'

/** Two policies, and what came of comparing them. */
export interface Compared {
  readonly before: Policy
  readonly after: Policy
  /** Over what a log says was asked; undefined without one. */
  readonly log: { readonly read: LoggedRequests; readonly comparison: Comparison } | undefined
  /** Over requests that were made of the rules. */
  readonly generated: Comparison
}
