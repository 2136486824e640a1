// What a policy is asked, and what it answers.
import type { Labels, ResourceRequest } from '../plugin.ts'

/** One question to a policy: who, from where, when, for what. */
export interface PolicyRequest {
  /** Empty: a client without credentials. */
  readonly account: string
  /** Undefined: those that the configuration itself names for the account, if it does. */
  readonly labels?: Labels | undefined
  readonly ip?: string | undefined
  /** The registry's service name; undefined: the first one that tokens are made for. */
  readonly service?: string | undefined
  /** What the client calls itself (`client_id`). */
  readonly client?: string | undefined
  /** Milliseconds since the epoch; undefined: now. */
  readonly at?: number | undefined
  readonly resource: ResourceRequest
}

/** What a policy answers. */
export type PolicyAnswer =
  | {
      readonly kind: 'decided'
      /** Those of the requested actions that are granted, in the order asked. */
      readonly actions: readonly string[]
      /** Who decided; undefined when nobody did. */
      readonly authorizer?: string | undefined
      /** As the audit log calls it: `rule 3 (Staff); push denied by rule 1`. */
      readonly rule?: string | undefined
      /** Why there would be no token at all. */
      readonly reason?: string | undefined
    }
  | {
      /** Not to be known without a network, or the rules can't judge it. */
      readonly kind: 'undecided'
      readonly why: string
    }

/** Whether two answers come to the same. */
export function isSame(one: PolicyAnswer, other: PolicyAnswer): boolean {
  if (one.kind === 'undecided' || other.kind === 'undecided') return one.kind === other.kind
  return (
    one.actions.length === other.actions.length &&
    one.actions.every((action) => other.actions.includes(action))
  )
}
