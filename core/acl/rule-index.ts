// Finds the rules that can match a request without asking each of them: a rule is looked up by what it says of its account, type,
// service, name, labels or address; the others are candidates always.
import type { Steps } from '../contract/steps.ts'
import { type Facts, isPlain } from './facts.ts'
import type { CompiledRule } from './rule.ts'
import { fixedOption, type Option, otherOptions } from './rule-ways.ts'
import { Shelves } from './shelves.ts'
import { Asked, type Way } from './ways.ts'

/** What it costs to ask a list of rules, however few there are. */
const RULE_SET_STEPS = 1
/** What it costs to look a key up. */
const KEY_STEPS = 0.1
/** Steps of rules that are counted together. */
const STEPS_AT_ONCE = 100
/** What it costs to place a rule, and to find out in how many ways it can be placed. */
const PLACE_STEPS = 5
const CHOOSE_STEPS = 25
/** So many rules under one key are asked as fast as they would be looked for in another way. */
const FEW = 8
/** Each part of a text is looked up: only with so many different ones that costs less than to ask the rules. */
const LEAST_WITHIN = 64

/** Rules in their places. */
interface Arrangement {
  readonly shelves: Shelves
  /** Places of the rules that are asked always, ascending. */
  readonly always: readonly number[]
}

/** An index over rules; the first one that matches counts. */
export class RuleIndex {
  readonly #rules: readonly CompiledRule[]
  readonly #any: Arrangement
  /** Where more is known of plain requests. */
  readonly #plain: Arrangement | undefined

  private constructor(rules: readonly CompiledRule[], any: Arrangement, plain: Arrangement | undefined) {
    this.#rules = rules
    this.#any = any
    this.#plain = plain
  }

  /** Makes the index. */
  static *of(rules: readonly CompiledRule[]): Steps<RuleIndex> {
    const any = yield* arrange(rules, false)
    const knowsMore = rules.some(({ patterns }) =>
      Object.values(patterns).some(({ plainTemplate }) => plainTemplate !== undefined),
    )
    return new RuleIndex(rules, any, knowsMore ? yield* arrange(rules, true) : undefined)
  }

  /**
   * Finds the rule that decides.
   *
   * @param decides asked of each rule that matches, in order, until one does
   * @returns undefined = none does
   */
  *find(facts: Facts, decides: (rule: CompiledRule) => boolean): Steps<CompiledRule | undefined> {
    const { lists, steps } = this.#candidates(facts)
    let owed = steps
    for (;;) {
      let first: (typeof lists)[number] | undefined
      for (const list of lists) {
        if (list.next === list.places.length) continue
        if (!first || list.places[list.next]! < first.places[first.next]!) first = list
      }
      const place = first?.places[first.next]
      const rule = place === undefined ? undefined : this.#rules[place]!
      if (!rule || owed >= STEPS_AT_ONCE) {
        yield owed
        owed = 0
      }
      if (!rule) return undefined
      owed += rule.steps
      const matched = rule.matches(facts)
      if ((typeof matched === 'boolean' ? matched : yield* matched) && decides(rule)) {
        yield owed
        return rule
      }
      // A rule of several names may stand in several lists.
      for (const list of lists) if (list.places[list.next] === place) list.next += 1
    }
  }

  /** Lists of places, together of all rules that can match. */
  #candidates(facts: Facts): {
    lists: { readonly places: readonly number[]; next: number }[]
    steps: number
  } {
    const { shelves, always } = this.#plain && isPlain(facts) ? this.#plain : this.#any
    const lists = always.length > 0 ? [{ places: always, next: 0 }] : []
    const keys = shelves.under(new Asked(facts), (places) => void lists.push({ places, next: 0 }))
    return { lists, steps: RULE_SET_STEPS + keys * KEY_STEPS }
  }
}

/** Where the rules of a list are to be found. @param plain by plain requests only */
function* arrange(rules: readonly CompiledRule[], plain: boolean): Steps<Arrangement> {
  const fixed = new Map<number, Option | undefined>()
  const byFixed = new Shelves()
  for (const [place, rule] of rules.entries()) {
    yield PLACE_STEPS
    if (Object.values(rule.patterns).some((pattern) => pattern.never)) continue
    const option = fixedOption(rule)
    fixed.set(place, option)
    if (option) byFixed.put(option, place)
  }
  // Where what they fix does not tell them apart, something else of them may.
  const crowded = new Map<number, readonly Option[]>()
  const byOthers = new Shelves()
  for (const [place, option] of fixed) {
    if (option && byFixed.most(option) <= FEW) continue
    yield CHOOSE_STEPS
    const others = otherOptions(rules[place]!, plain)
    crowded.set(place, others)
    for (const other of others) byOthers.put(other, place)
  }
  const shelves = new Shelves()
  const always: number[] = []
  for (const [place, option] of fixed) {
    yield PLACE_STEPS
    const others = crowded.get(place)
    const chosen = others ? rarest(option, byFixed, others, byOthers) : option
    if (chosen) shelves.put(chosen, place)
    else always.push(place)
  }
  always.push(...shelves.clear(isWorthless))
  return { shelves, always: [...new Set(always)].sort((a, b) => a - b) }
}

/** The option under whose keys the fewest rules stand; of the others, the first one with few. */
function rarest(
  fixed: Option | undefined,
  byFixed: Shelves,
  others: readonly Option[],
  byOthers: Shelves,
): Option | undefined {
  let found = fixed
  let least = fixed ? byFixed.most(fixed) : Number.POSITIVE_INFINITY
  for (const option of others) {
    const most = byOthers.most(option)
    if (most < least) {
      found = option
      least = most
    }
    if (least <= FEW) break
  }
  return found
}

function isWorthless(way: Way, keys: number): boolean {
  return 'part' in way && way.part !== 'whole' && way.part.at === 'within' && keys < LEAST_WITHIN
}
