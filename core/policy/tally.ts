// How often each rule of a policy decided.
import type { Policy } from './policy.ts'
import type { PolicyAnswer } from './request.ts'

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

/** Counts for one policy. */
export class RuleTally {
  readonly #policy: Policy
  /** By the authorizer, then by the rule's place. */
  readonly #counts: ReadonlyMap<string, number[]>

  constructor(policy: Policy) {
    this.#policy = policy
    this.#counts = new Map(policy.lists.map(({ authorizer, rules }) => [authorizer, rules.map(() => 0)]))
  }

  /** Counts the rules that took part in an answer. */
  note(answer: PolicyAnswer): void {
    if (answer.kind !== 'decided' || answer.rule === undefined) return
    const { authorizer, rule } = answer
    const list = this.#policy.lists.find((one) => one.authorizer === authorizer)
    const counts = this.#counts.get(authorizer ?? '')
    for (const place of list?.named(rule) ?? []) counts![place]! += 1
  }

  /** Each rule, in its order, and how often it took part in an answer. */
  all(): (RuleId & { readonly times: number })[] {
    return this.#policy.lists.flatMap(({ authorizer, rules }) => {
      const counts = this.#counts.get(authorizer)!
      return rules.map(({ name, source: { at } }, place) => ({
        authorizer,
        rule: name,
        at,
        times: counts[place]!,
      }))
    })
  }

  share(): Share {
    const all = this.all()
    const never = all.filter(({ times }) => times === 0).map(({ times: _, ...rule }) => rule)
    return { rules: all.length, decided: all.length - never.length, never }
  }
}
