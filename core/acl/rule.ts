// Compiles one rule: its conditions, cheap ones first, and what the index can find it by.
import type { Steps } from '../contract/steps.ts'
import { createCaptures, NO_CAPTURES, type Substitution } from './captures.ts'
import {
  actionsCondition,
  type Condition,
  FieldCondition,
  ipCondition,
  LabelCondition,
  stepsOf,
  whenCondition,
} from './condition.ts'
import { type CompiledEffect, compileEffect } from './effect.ts'
import { type Facts, FIELDS, type Field } from './facts.ts'
import type { Stars } from './glob.ts'
import { type Network, parseNetwork } from './ip.ts'
import type { Matcher, PatternFaults, PatternScope } from './matcher.ts'
import { compilePattern } from './pattern.ts'
import { RegexStore } from './regex.ts'
import { WhenCompiler } from './when.ts'

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
  /** Expressions without placeholders and without faults, by their text: the same one is compiled once. */
  readonly expressions: Map<string, Matcher>
}

/** A list that has compiled nothing yet. @param store for expressions that depend on the request */
export function newRuleContext(
  substitution: Substitution,
  stars: Stars,
  store = new RegexStore(),
): RuleContext {
  return { substitution, stars, store, whens: new WhenCompiler(), expressions: new Map() }
}

const NO_LABELS: ReadonlyMap<string, Matcher> = new Map()

/**
 * Compiles a rule.
 *
 * @param index its place in the list, from 0
 * @param problems gets what is wrong; a rule with an error must not be used
 */
export function compileRule(
  rule: Rule,
  index: number,
  { substitution, stars, store, whens, expressions }: RuleContext,
  problems: AclProblem[],
): CompiledRule {
  const { match = {} } = rule
  // docker_auth knows no denials, and one that never matches would grant.
  const lenient = substitution === 'pattern' && rule.effect !== 'deny'
  const captures = hasPlaceholders(match) ? createCaptures(match, substitution, store) : NO_CAPTURES
  const reporter =
    (path: readonly (string | number)[], severity: AclProblem['severity']) => (message: string) =>
      void problems.push({ path: [index, ...path], message, severity })
  const scopeOf = (labels: boolean): PatternScope => ({ captures, store, stars, labels })
  const faultsOf = (path: readonly string[]): PatternFaults => ({
    invalid: reporter(['match', ...path], 'error'),
    dead: reporter(['match', ...path], lenient ? 'warning' : 'error'),
    doubtful: reporter(['match', ...path], 'warning'),
    notable: reporter(['match', ...path], 'note'),
  })
  const patterns: Partial<Record<Field, Matcher>> = {}
  const compile = (text: string, scope: PatternScope, path: readonly string[]): Matcher => {
    const known = expressions.get(text)
    if (known) return known
    const matcher = compilePattern(text, substitution, scope, faultsOf(path))
    if (matcher.regex !== undefined) expressions.set(text, matcher)
    return matcher
  }
  const effect = compileEffect(rule, reporter(['actions'], 'error'))
  const conditions: Condition[] = []
  // Nothing else needs to be asked, or to be known, when the request is about other actions.
  if (effect.kind === 'deny') {
    conditions.push(actionsCondition(rule.actions, effect.concerns))
  }
  for (const field of FIELDS) {
    const pattern = match[field]
    if (pattern === undefined) continue
    const scope = scopeOf(true)
    const matcher = compile(pattern, scope, [field])
    patterns[field] = matcher
    conditions.push(new FieldCondition(field, { text: pattern, substitution, matcher, scope }))
  }
  const network = match.ip === undefined ? undefined : readNetwork(match.ip, faultsOf(['ip']))
  if (match.ip !== undefined) conditions.push(ipCondition(match.ip, network))
  const labels = match.labels ? new Map<string, Matcher>() : undefined
  for (const [label, pattern] of Object.entries(match.labels ?? {})) {
    const scope = scopeOf(false)
    const matcher = compile(pattern, scope, ['labels', label])
    labels!.set(label, matcher)
    conditions.push(new LabelCondition(label, { text: pattern, substitution, matcher, scope }))
  }
  for (const [place, expression] of whensOf(rule).entries()) {
    const path = typeof rule.when === 'string' ? ['when'] : ['when', place]
    const condition = whens.compile(expression, reporter(path, 'error'))
    if (condition) conditions.push(whenCondition(expression, condition))
  }
  conditions.sort((a, b) => a.cost - b.cost)
  // A copy of an array is as long as its content, without the room to grow.
  return new Compiled(rule, index, {
    patterns,
    network,
    labels: labels ?? NO_LABELS,
    effect,
    conditions: conditions.slice(),
  })
}

function hasPlaceholders({ labels, ...texts }: NonNullable<Rule['match']>): boolean {
  return [...Object.values(texts), ...Object.values(labels ?? {})].some((text) => text.includes('${'))
}

type Parts = Pick<CompiledRule, 'patterns' | 'network' | 'labels' | 'effect' | 'conditions'>

/** There may be tens of thousands: an instance holds nothing that it can make when somebody asks. */
class Compiled implements CompiledRule {
  readonly source: Rule
  readonly patterns: Parts['patterns']
  readonly network: Parts['network']
  readonly labels: Parts['labels']
  readonly effect: CompiledEffect
  readonly conditions: Parts['conditions']
  readonly steps: number
  readonly #index: number

  constructor(source: Rule, index: number, parts: Parts) {
    this.source = source
    this.patterns = parts.patterns
    this.network = parts.network
    this.labels = parts.labels
    this.effect = parts.effect
    this.conditions = parts.conditions
    this.steps = parts.conditions.reduce((sum, condition) => sum + stepsOf(condition), RULE_STEPS)
    this.#index = index
  }

  get name(): string {
    return nameOf(this.source, this.#index)
  }

  matches(facts: Facts): boolean | Steps<boolean> {
    try {
      for (const [place, condition] of this.conditions.entries()) {
        const held = condition.holds(facts)
        if (typeof held !== 'boolean')
          return inFull(held, this.conditions.slice(place + 1), facts, (error) => this.#told(error))
        if (!held) return false
      }
      return true
    } catch (error) {
      throw this.#told(error)
    }
  }

  #told(error: unknown): Error {
    return new Error(`${this.name} can't be judged: ${(error as Error).message}`, { cause: error })
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

function readNetwork(pattern: string, faults: PatternFaults): Network | undefined {
  const network = parseNetwork(pattern)
  if (!network) {
    faults.invalid(
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
