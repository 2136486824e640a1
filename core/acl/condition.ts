// What a rule asks for: each condition by itself, with its cost, and the sentences about it.
import type { Steps } from '../contract/steps.ts'
import type { Substitution } from './captures.ts'
import { type Facts, type Field, labelValues } from './facts.ts'
import { contains, type Network, parseAddress } from './ip.ts'
import { COST, type Matcher, type PatternScope } from './matcher.ts'
import { partsOf } from './pattern.ts'
import {
  clipped,
  listShown,
  textShown,
  type WrittenPattern,
  whyNotAddress,
  whyNotField,
  whyNotLabel,
} from './unmet.ts'
import type { When } from './when.ts'

/** One thing that must hold for a rule to match. */
export interface Condition {
  readonly cost: number
  readonly steps?: number | undefined
  holds(facts: Facts): boolean | Steps<boolean>
  /** What it is about. */
  readonly of: Field | 'actions' | 'ip' | 'label' | 'when'
  /** What it asks for, for a sentence: `account /^svc-/`. */
  readonly wants: string
  /** Why it does not hold, for a sentence: `label team is [red], wanted ops`. */
  whyNot(facts: Facts): string
}

/** What it costs to ask one condition, apart from the steps that the answer takes by itself. */
export function stepsOf({ cost, steps }: Pick<Matcher, 'cost' | 'steps'>): number {
  return steps ?? (cost === COST.regex ? 0.5 : 0.1)
}

/** A pattern as it stands in a rule. */
interface Pattern {
  readonly text: string
  readonly substitution: Substitution
  readonly matcher: Matcher
  readonly scope: PatternScope
}

/** Taken apart when somebody asks why. */
function written({ text, substitution, scope }: Pattern): WrittenPattern {
  return { text, parts: partsOf(text, substitution).parts, scope }
}

/** Of a rule that denies: that the request is about its actions. */
export function actionsCondition(
  denied: readonly string[],
  concerns: (asked: readonly string[]) => boolean,
): Condition {
  return {
    cost: COST.text,
    of: 'actions',
    wants: `one of ${listShown(denied)}`,
    holds: ({ actions }) => concerns(actions),
    whyNot: ({ actions }) => `it denies ${listShown(denied)}, and ${listShown(actions)} was asked for`,
  }
}

/** A pattern for a field. There may be tens of thousands: an instance holds nothing that it can make when somebody asks why. */
export class FieldCondition implements Condition {
  readonly of: Field
  readonly #pattern: Pattern

  constructor(field: Field, pattern: Pattern) {
    this.of = field
    this.#pattern = pattern
  }

  get cost(): number {
    return this.#pattern.matcher.cost
  }

  get steps(): number | undefined {
    return this.#pattern.matcher.steps
  }

  get wants(): string {
    return `${this.of} ${textShown(this.#pattern.text)}`
  }

  holds(facts: Facts): boolean | Steps<boolean> {
    return this.#pattern.matcher.matches(facts[this.of], facts)
  }

  whyNot(facts: Facts): string {
    return whyNotField(this.of, written(this.#pattern), facts)
  }
}

/** A pattern for a label: one of its values must match. */
export class LabelCondition implements Condition {
  readonly of = 'label'
  readonly #label: string
  readonly #pattern: Pattern

  constructor(label: string, pattern: Pattern) {
    this.#label = label
    this.#pattern = pattern
  }

  get cost(): number {
    return this.#pattern.matcher.cost
  }

  get steps(): number | undefined {
    return this.#pattern.matcher.steps
  }

  get wants(): string {
    return `label ${textShown(this.#label)} ${textShown(this.#pattern.text)}`
  }

  holds(facts: Facts): boolean | Steps<boolean> {
    return anyValue(this.#pattern.matcher, labelValues(facts.labels, this.#label) ?? [], facts)
  }

  whyNot(facts: Facts): string {
    return whyNotLabel(this.#label, written(this.#pattern), facts)
  }
}

/** @param network undefined: nothing matches */
export function ipCondition(written: string, network: Network | undefined): Condition {
  return {
    cost: COST.glob,
    of: 'ip',
    wants: `a client of ${textShown(written)}`,
    whyNot: (facts) => whyNotAddress(written, facts),
    holds({ ip }) {
      const address = ip === undefined ? undefined : parseAddress(ip)
      return network !== undefined && address !== undefined && contains(network, address)
    },
  }
}

/** @param expression as written */
export function whenCondition(expression: string, condition: When): Condition {
  return {
    cost: COST.when,
    of: 'when',
    wants: `when ${clipped(expression)}`,
    *holds(facts) {
      yield priceOfWhen(facts)
      return condition.holds(facts)
    },
    whyNot: (facts) => condition.whyNot(facts),
  }
}

/** Fewer values of a label are tried in one piece. */
const FEW_VALUES = 16

function anyValue(matcher: Matcher, values: readonly string[], facts: Facts): boolean | Steps<boolean> {
  if (matcher.cost <= COST.regex && values.length <= FEW_VALUES) {
    return values.some((value) => matcher.matches(value, facts) === true)
  }
  return anyOfMany(matcher, values, facts)
}

function* anyOfMany(matcher: Matcher, values: readonly string[], facts: Facts): Steps<boolean> {
  for (const value of values) {
    yield stepsOf(matcher)
    const matched = matcher.matches(value, facts)
    if (typeof matched === 'boolean' ? matched : yield* matched) return true
  }
  return false
}

/** An expression sees all labels. */
function priceOfWhen({ labels }: Facts): number {
  const values = Object.keys(labels).reduce((sum, name) => sum + labels[name]!.length, 0)
  return WHEN_STEPS + Math.ceil(values / VALUES_A_STEP)
}

const WHEN_STEPS = 20
const VALUES_A_STEP = 10
