// A list of rules, compiled: the first one that matches decides. It knows nothing of the plugin around it.
import type { Substitution } from './captures.ts'
import type { Facts } from './facts.ts'
import { RegexStore } from './regex.ts'
import { type CompiledRule, compileRule, type Problem, type Rule } from './rule.ts'
import { RuleIndex } from './rule-index.ts'

export interface RulesOptions {
  /** What captures and label values are in a pattern: texts, or parts of the pattern as in docker_auth. */
  readonly substitution: Substitution
}

/** What a rule set answers. */
export interface Decision {
  /** The deciding rule, for the audit log. */
  readonly rule: string
  /** The granted actions of those asked for, in the order asked; may be none. */
  readonly actions: readonly string[]
}

/** Rules that can be asked. */
export interface RuleSet {
  /** What docker_auth lets pass although it can't work. */
  readonly warnings: readonly Problem[]
  /**
   * The answer of the first rule that matches; undefined = no rule does.
   *
   * @throws Error that names the rule which can't be judged within bounds
   */
  decide(facts: Facts): Decision | undefined
}

/**
 * What is wrong with the rules.
 *
 * @returns errors and warnings, in the rules' order
 */
export function checkRules(rules: readonly Rule[], options: RulesOptions): Problem[] {
  return compileAll(rules, options).problems
}

/**
 * Compiles rules.
 *
 * @throws Error that lists what is wrong; `checkRules` tells it with places
 * @example
 * const rules = compileRules([{ match: { account: 'ann', name: 'ann/*' }, actions: ['*'] }], { substitution: 'literal' })
 * rules.decide({ account: 'ann', type: 'repository', name: 'ann/app', service: '', ip: undefined, labels: {}, actions: ['pull'] })
 * // { rule: 'rule 1', actions: ['pull'] }
 */
export function compileRules(rules: readonly Rule[], options: RulesOptions): RuleSet {
  const { compiled, problems } = compileAll(rules, options)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw new Error(errors.map(({ path, message }) => `rules.${path.join('.')}: ${message}`).join('\n'))
  }
  const index = new RuleIndex(compiled)
  return {
    warnings: problems,
    decide(facts) {
      const rule = index.find(facts)
      return rule && { rule: rule.name, actions: rule.grant(facts.actions) }
    },
  }
}

function compileAll(
  rules: readonly Rule[],
  { substitution }: RulesOptions,
): { compiled: CompiledRule[]; problems: Problem[] } {
  const problems: Problem[] = []
  const store = new RegexStore()
  const compiled = rules.map((rule, index) => compileRule(rule, index, substitution, store, problems))
  return { compiled, problems }
}
