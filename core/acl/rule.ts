// Compiles one rule: its conditions, cheap ones first, and what the index can find it by.
import type { Steps } from '../contract/steps.ts'
import { createCaptures, type Substitution } from './captures.ts'
import {
  actionsCondition,
  type Condition,
  fieldCondition,
  ipCondition,
  labelCondition,
  stepsOf,
  whenCondition,
} from './condition.ts'
import { type CompiledEffect, compileEffect } from './effect.ts'
import { type Facts, FIELDS, type Field } from './facts.ts'
import type { Stars } from './glob.ts'
import { type Network, parseNetwork } from './ip.ts'
import type { Matcher, PatternContext } from './matcher.ts'
import { compilePattern } from './pattern.ts'
import type { RegexStore } from './regex.ts'
import type { WhenCompiler } from './when.ts'

/** A rule as it stands in the configuration. */
export interface Rule {
  readonly match?: Readonly<Partial<Record<Field | 'ip', string>>> & {
    readonly labels?: Readonly<Record<string, string>>
  }
  /** CEL expressions that must all be true; asked last. */
  readonly when?: string | readonly string[]
  /** `deny`: the actions are taken away from what was asked, and the rules below decide on the rest. */
  readonly effect?: 'grant' | 'deny'
  readonly actions: readonly string[]
  readonly comment?: string
  /** How messages and the audit log call it; by default by its number, `rule 3`. */
  readonly name?: string
  /** Where it stands, for explanations: `acl.yml:12`. */
  readonly at?: string
}

/** What is wrong with a rule. */
export interface AclProblem {
  /** Where, from the list of rules on: `[3, 'match', 'name']`. */
  readonly path: readonly (string | number)[]
  readonly message: string
  /**
   * `warning`: the rule or a part of it can't work, or does not do what it seems to, though it is well-formed. `note`: no fault, but
   * good to know.
   */
  readonly severity: 'error' | 'warning' | 'note'
}

/** A rule ready to be asked. */
export interface CompiledRule {
  /** For the audit log: `rule 3 (Logged in users can pull)`. */
  readonly name: string
  /** As it was given. */
  readonly source: Rule
  readonly patterns: Readonly<Partial<Record<Field, Matcher>>>
  readonly network: Network | undefined
  readonly labels: ReadonlyMap<string, Matcher>
  readonly effect: CompiledEffect
  /** All must hold; cheap ones first. */
  readonly conditions: readonly Condition[]
  /** What it costs to ask it, apart from the steps that the answer takes by itself. */
  readonly steps: number
  /**
   * @returns steps when it may take long
   * @throws Error that names the rule when it can't be judged
   */
  matches(facts: Facts): boolean | Steps<boolean>
}

/** What the rules of one list share. */
export interface RuleContext {
  readonly substitution: Substitution
  readonly stars: Stars
  readonly store: RegexStore
  readonly whens: WhenCompiler
}

/**
 * Compiles a rule.
 *
 * @param index its place in the list, from 0
 * @param problems gets what is wrong; a rule with an error must not be used
 */
export function compileRule(
  rule: Rule,
  index: number,
  { substitution, stars, store, whens }: RuleContext,
  problems: AclProblem[],
): CompiledRule {
  const { match = {} } = rule
  // docker_auth knows no denials, and one that never matches would grant.
  const lenient = substitution === 'pattern' && rule.effect !== 'deny'
  const captures = createCaptures(match, substitution, store)
  const reporter =
    (path: readonly (string | number)[], severity: AclProblem['severity']) => (message: string) =>
      void problems.push({ path: [index, ...path], message, severity })
  const contextOf = (path: readonly string[], labels: boolean): PatternContext => ({
    captures,
    store,
    stars,
    labels,
    invalid: reporter(['match', ...path], 'error'),
    dead: reporter(['match', ...path], lenient ? 'warning' : 'error'),
    doubtful: reporter(['match', ...path], 'warning'),
    notable: reporter(['match', ...path], 'note'),
  })
  const patterns: Partial<Record<Field, Matcher>> = {}
  const labels = new Map<string, Matcher>()
  const effect = compileEffect(rule, reporter(['actions'], 'error'))
  const conditions: Condition[] = []
  // Nothing else needs to be asked, or to be known, when the request is about other actions.
  if (effect.kind === 'deny') {
    conditions.push(actionsCondition(rule.actions, effect.concerns))
  }
  for (const field of FIELDS) {
    const pattern = match[field]
    if (pattern === undefined) continue
    const context = contextOf([field], true)
    const matcher = compilePattern(pattern, substitution, context)
    patterns[field] = matcher
    conditions.push(fieldCondition(field, matcher, { text: pattern, substitution, context }))
  }
  const network = match.ip === undefined ? undefined : readNetwork(match.ip, contextOf(['ip'], false))
  if (match.ip !== undefined) conditions.push(ipCondition(match.ip, network))
  for (const [label, pattern] of Object.entries(match.labels ?? {})) {
    const context = contextOf(['labels', label], false)
    const matcher = compilePattern(pattern, substitution, context)
    labels.set(label, matcher)
    conditions.push(labelCondition(label, matcher, { text: pattern, substitution, context }))
  }
  for (const [place, expression] of whensOf(rule).entries()) {
    const path = typeof rule.when === 'string' ? ['when'] : ['when', place]
    const condition = whens.compile(expression, reporter(path, 'error'))
    if (condition) conditions.push(whenCondition(expression, condition))
  }
  conditions.sort((a, b) => a.cost - b.cost)
  const name = nameOf(rule, index)
  const told = (error: unknown) =>
    new Error(`${name} can't be judged: ${(error as Error).message}`, { cause: error })
  return {
    name,
    source: rule,
    patterns,
    network,
    labels,
    effect,
    conditions,
    steps: conditions.reduce((sum, condition) => sum + stepsOf(condition), RULE_STEPS),
    matches(facts) {
      try {
        for (const [place, condition] of conditions.entries()) {
          const held = condition.holds(facts)
          if (typeof held !== 'boolean') return inFull(held, conditions.slice(place + 1), facts, told)
          if (!held) return false
        }
        return true
      } catch (error) {
        throw told(error)
      }
    },
  }
}

/** What it costs to ask a rule, and each of its conditions. */
const RULE_STEPS = 0.1

/** The conditions from the first one on that takes steps. */
function* inFull(
  first: Steps<boolean>,
  others: readonly Condition[],
  facts: Facts,
  told: (error: unknown) => Error,
): Steps<boolean> {
  try {
    if (!(yield* first)) return false
    for (const condition of others) {
      const held = condition.holds(facts)
      if (!(typeof held === 'boolean' ? held : yield* held)) return false
    }
    return true
  } catch (error) {
    throw told(error)
  }
}

/** The conditions in CEL, as written. */
export function whensOf({ when = [] }: Rule): readonly string[] {
  return typeof when === 'string' ? [when] : when
}

function readNetwork(pattern: string, context: PatternContext): Network | undefined {
  const network = parseNetwork(pattern)
  if (!network) {
    context.invalid(
      `${JSON.stringify(pattern)} is neither an address nor a network; write 192.0.2.1 or 10.0.0.0/8`,
    )
  }
  return network
}

const LONGEST_COMMENT = 80

function nameOf({ comment, name }: Rule, index: number): string {
  const short = comment !== undefined && comment !== '' && comment.length <= LONGEST_COMMENT
  return `${name ?? `rule ${index + 1}`}${short ? ` (${comment})` : ''}`
}
