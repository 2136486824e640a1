// The rules of one authorizer: compiled one by one, and which of them an answer names.
import type { Facts } from '../acl/facts.ts'
import { RegexStore } from '../acl/regex.ts'
import { type CompiledRule, compileRule, newRuleContext } from '../acl/rule.ts'
import { compileRules, type RuleSet } from '../acl/ruleset.ts'
import type { ListedRules } from '../contract/explain.ts'

/** The rules of one authorizer, in their order. */
export class RuleList {
  readonly authorizer: string
  readonly rules: readonly CompiledRule[]
  readonly listed: ListedRules
  /** For expressions that depend on the request. */
  readonly store = new RegexStore()
  readonly #places: ReadonlyMap<string, number>
  readonly #named = new Map<string, readonly number[]>()
  #all: RuleSet | undefined

  /** @param authorizer its id */
  constructor(authorizer: string, listed: ListedRules) {
    const { substitution, stars } = listed
    const context = newRuleContext(substitution, stars, this.store)
    this.authorizer = authorizer
    this.listed = listed
    this.rules = listed.rules.map((rule, index) => compileRule(rule, index, context, []))
    this.#places = new Map(this.rules.map(({ name }, place) => [name, place] as const).reverse())
  }

  /** What these rules alone answer: which ones took part, by their places. */
  deciders(facts: Facts): readonly number[] {
    const { rules, substitution, stars } = this.listed
    this.#all ??= compileRules(rules, { substitution, stars })
    const decision = this.#all.decide(facts)
    return decision ? this.named(decision.rule) : []
  }

  /**
   * The places of the rules that an answer names.
   *
   * @example list.named('rule 3 (Staff); push denied by rule 1') // [2, 0]
   */
  named(text: string): readonly number[] {
    let found = this.#named.get(text)
    if (!found) {
      const place = this.#places.get(text)
      found = place === undefined ? this.#namedAmongOthers(text) : [place]
      this.#named.set(text, found)
    }
    return found
  }

  /** A comment may hold anything, so the text is searched for each name. */
  #namedAmongOthers(text: string): readonly number[] {
    const ends = (end: number) => end === text.length || text.startsWith('; ', end)
    return [...this.#places].flatMap(([name, place]) => {
      if (text.startsWith(name) && ends(name.length)) return [place]
      const denied = `denied by ${name}`
      for (let at = text.indexOf(denied); at >= 0; at = text.indexOf(denied, at + 1))
        if (ends(at + denied.length)) return [place]
      return []
    })
  }
}
