// How often each rule of a policy decided.
import type { Policy } from './policy.ts'
import type { PolicyAnswer } from './request.ts'
import type { RuleList } from './rule-list.ts'

/** A rule by its name. */
export interface RuleId {
  readonly authorizer: string
  /** As answers call it, with its comment. */
  readonly rule: string
  /** Where it stands: `acl.yml:12`. */
  readonly at?: string | undefined
}

/** How many rules of a policy decided something. */
export interface Share {
  readonly rules: number
  readonly decided: number
  /** Those that never did. */
  readonly never: readonly RuleId[]
}

/** The rules that took part in an answer. */
export function rulesIn(answer: PolicyAnswer, { lists }: Policy): RuleId[] {
  if (answer.kind !== 'decided' || answer.rule === undefined) return []
  const { authorizer, rule } = answer
  const list = lists.find((one) => one.authorizer === authorizer)
  return list ? list.named(rule).map((place) => idOf(list, place)) : []
}

function idOf({ authorizer, rules }: RuleList, place: number): RuleId {
  const { name, source } = rules[place]!
  const { at } = source
  return { authorizer, rule: name, ...(at !== undefined && { at }) }
}

/** Counts for one policy. */
export class RuleTally {
  readonly policy: Policy
  /** By the authorizer, then by the rule's place. */
  readonly #counts: ReadonlyMap<string, number[]>

  constructor(policy: Policy) {
    this.policy = policy
    this.#counts = new Map(policy.lists.map(({ authorizer, rules }) => [authorizer, rules.map(() => 0)]))
  }

  /** Counts the rules that took part in an answer. */
  note(answer: PolicyAnswer): void {
    if (answer.kind !== 'decided' || answer.rule === undefined) return
    const { authorizer, rule } = answer
    const list = this.policy.lists.find((one) => one.authorizer === authorizer)
    const counts = this.#counts.get(authorizer ?? '')
    for (const place of list?.named(rule) ?? []) counts![place]! += 1
  }

  /** Each rule, in its order, and how often it took part in an answer. */
  all(): (RuleId & { readonly times: number })[] {
    return this.policy.lists.flatMap((list) => {
      const counts = this.#counts.get(list.authorizer)!
      return list.rules.map((_, place) => ({ ...idOf(list, place), times: counts[place]! }))
    })
  }

  share(): Share {
    const all = this.all()
    const never = all.filter(({ times }) => times === 0).map(({ times: _, ...rule }) => rule)
    return { rules: all.length, decided: all.length - never.length, never }
  }
}
