// What changes from one policy to another.
import type { Policy } from './policy.ts'
import { isSame, type PolicyAnswer, type PolicyRequest } from './request.ts'
import { RuleTally, type Share } from './tally.ts'

/** A request that is answered otherwise. */
export interface Change {
  readonly request: PolicyRequest
  readonly before: PolicyAnswer
  readonly after: PolicyAnswer
}

/** What came of a comparison. */
export interface Comparison {
  readonly asked: number
  readonly changes: readonly Change[]
  /** How many requests neither of them can decide without a network. */
  readonly undecided: number
  readonly shares: { readonly before: Share; readonly after: Share }
}

/**
 * Asks two policies the same.
 *
 * @returns the requests that they answer otherwise, in their order. A change is what is granted; by which rule, and why, is none
 */
export async function comparePolicies(
  before: Policy,
  after: Policy,
  requests: Iterable<PolicyRequest>,
): Promise<Comparison> {
  const changes: Change[] = []
  const tallies = { before: new RuleTally(before), after: new RuleTally(after) }
  let [asked, undecided] = [0, 0]
  for (const request of requests) {
    asked += 1
    const change = { request, before: await before.ask(request), after: await after.ask(request) }
    tallies.before.note(change.before)
    tallies.after.note(change.after)
    if (!isSame(change.before, change.after)) changes.push(change)
    else if (change.before.kind === 'undecided') undecided += 1
  }
  return {
    asked,
    changes,
    undecided,
    shares: { before: tallies.before.share(), after: tallies.after.share() },
  }
}

/** Whether both answer alike. What neither can decide is no answer that is the same. */
export function isUnchanged({ changes, undecided }: Comparison): boolean {
  return changes.length === 0 && undecided === 0
}
