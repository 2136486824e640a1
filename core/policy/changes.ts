// Changes by their cause: what was decided by one rule, and now by another one.
import { whensOf } from '../acl/rule.ts'
import { scopeText } from '../request/scope.ts'
import type { Change } from './compare.ts'
import type { Policy } from './policy.ts'
import { looksAtTime } from './pools.ts'
import type { PolicyAnswer } from './request.ts'
import { type RuleId, rulesIn } from './tally.ts'

/** Changes that have the same cause. */
export interface ChangeGroup {
  /** What is granted now and was not, and the other way round; both are empty when one of the answers is undecided. */
  readonly more: readonly string[]
  readonly less: readonly string[]
  /** The rules that decided. */
  readonly rules: { readonly before: readonly RuleId[]; readonly after: readonly RuleId[] }
  /** The simplest ones first. */
  readonly changes: readonly Change[]
}

/**
 * Puts changes together that come of the same rules.
 *
 * @returns those that grant more first, then those of most requests
 */
export function groupChanges(
  changes: readonly Change[],
  policies: { readonly before: Policy; readonly after: Policy },
): ChangeGroup[] {
  const groups = new Map<string, Change[]>()
  for (const change of changes) {
    const { more, less } = differenceOf(change)
    const sides = [causeOf(change.before, policies.before), causeOf(change.after, policies.after)]
    const key = JSON.stringify([...sides, more.length > 0, less.length > 0])
    const group = groups.get(key)
    if (group) group.push(change)
    else groups.set(key, [change])
  }
  return [...groups.values()]
    .map((all) => groupOf(all, policies))
    .sort((one, other) => rankOf(other) - rankOf(one) || other.changes.length - one.changes.length)
}

function groupOf(
  changes: readonly Change[],
  policies: { readonly before: Policy; readonly after: Policy },
): ChangeGroup {
  const differences = changes.map(differenceOf)
  const all = (side: 'more' | 'less') => [...new Set(differences.flatMap((one) => one[side]))].sort()
  const { before, after } = changes[0]!
  return {
    more: all('more'),
    less: all('less'),
    rules: { before: rulesIn(before, policies.before), after: rulesIn(after, policies.after) },
    changes: [...changes].sort((one, other) => lengthOf(one) - lengthOf(other)),
  }
}

function rankOf({ more }: ChangeGroup): number {
  return more.length > 0 ? 1 : 0
}

/** Its rules; of what has none to show, what the answer says. */
function causeOf(answer: PolicyAnswer, policy: Policy): unknown {
  if (answer.kind === 'undecided') return answer.why
  const { authorizer, rule, reason } = answer
  const rules = rulesIn(answer, policy)
  return rules.length > 0 ? [authorizer, ...rules.map((one) => one.rule)] : [authorizer, rule, reason]
}

function differenceOf({ before, after }: Change): { more: readonly string[]; less: readonly string[] } {
  if (before.kind === 'undecided' || after.kind === 'undecided') return { more: [], less: [] }
  return { more: without(after.actions, before.actions), less: without(before.actions, after.actions) }
}

function without(actions: readonly string[], others: readonly string[]): string[] {
  return actions.filter((action) => !others.includes(action))
}

/** A short request with plain names is easily understood. */
function lengthOf({ request: { resource, ...rest } }: Change): number {
  const odd = `${rest.account}${resource.name}`.match(/[^a-z\d/-]|\/(?=\/|$)|(?<=^|\/)[^a-z]/g) ?? []
  return JSON.stringify(rest).length + scopeText(resource).length + ODD * odd.length
}

/** So many characters more are as bad as one that is odd in a name. */
const ODD = 10

/** Whether what it decides may depend on the time. */
export function isTimed({ lists }: Policy): boolean {
  return lists.some(({ rules }) => rules.some(({ source }) => whensOf(source).some(looksAtTime)))
}
