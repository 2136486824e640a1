// The order of a policy where the model has priorities, as casbin sorts it: with the keys worked out once, since a comparison
// is made for each line many times.
import type { Model } from 'casbin'

/** Sorts the policies by the field `priority`, or by their subjects' place among the roles. */
export function sortPolicies(model: Model): void {
  const { policy, tokens } = model.model.get('p')!.get('p')!
  const priority = tokens.indexOf('p_priority')
  if (priority >= 0) {
    const keyed = policy.map((rule) => ({ rule, key: Number.parseInt(rule[priority]!, 10) }))
    keyed.sort((a, b) => a.key - b.key)
    policy.splice(0, policy.length, ...keyed.map(({ rule }) => rule))
  }
  model.sortPoliciesBySubjectHierarchy()
}
