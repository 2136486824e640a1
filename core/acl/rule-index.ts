// Finds the rules that can match a request without asking each of them: rules that name their account, type, service, name
// or namespace literally are looked up by these; the others are candidates always.
import type { Steps } from '../contract/steps.ts'
import type { Start } from './anchored.ts'
import type { Facts, Field } from './facts.ts'
import type { Matcher } from './matcher.ts'
import type { CompiledRule } from './rule.ts'

/** What the rules of one shape are looked up by, such as "the account and the first part of the name". */
interface Shape {
  readonly keyOf: KeyOf
  /** Places in the list of rules, ascending, by key. */
  readonly rules: Map<string, number[]>
}

export type KeyOf = (facts: Readonly<Record<Field, string>>) => string | undefined

/** What it costs to ask a list of rules, however few there are. */
const RULE_SET_STEPS = 1
/** Steps of rules that are counted together. */
const STEPS_AT_ONCE = 100

/** An index over rules; the first one that matches counts. */
export class RuleIndex {
  readonly #rules: readonly CompiledRule[]
  readonly #shapes: readonly Shape[]

  private constructor(rules: readonly CompiledRule[], shapes: readonly Shape[]) {
    this.#rules = rules
    this.#shapes = shapes
  }

  /** Makes the index. */
  static *of(rules: readonly CompiledRule[]): Steps<RuleIndex> {
    const shapes = new Map<string, Shape>()
    for (const [place, rule] of rules.entries()) {
      yield 2
      if (Object.values(rule.patterns).some((pattern) => pattern.never)) continue
      for (const { shape, keys } of describe(rule, true)) {
        const name = JSON.stringify(shape)
        let held = shapes.get(name)
        if (!held) {
          held = { keyOf: keyMaker(shape), rules: new Map() }
          shapes.set(name, held)
        }
        for (const key of keys) {
          const places = held.rules.get(key)
          if (places) places.push(place)
          else held.rules.set(key, [place])
        }
      }
    }
    return new RuleIndex(rules, [...shapes.values()])
  }

  /**
   * Finds the rule that decides.
   *
   * @param decides asked of each rule that matches, in order, until one does
   * @returns undefined = none does
   */
  *find(facts: Facts, decides: (rule: CompiledRule) => boolean): Steps<CompiledRule | undefined> {
    const lists: { places: readonly number[]; next: number }[] = []
    for (const { keyOf, rules } of this.#shapes) {
      const key = keyOf(facts)
      const places = key === undefined ? undefined : rules.get(key)
      if (places) lists.push({ places, next: 0 })
    }
    let owed = RULE_SET_STEPS
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
}

/** Which facts a rule fixes. `name`: whole, or so many leading parts (`a/b/` = 2). */
export interface ShapeFacts {
  readonly account: boolean
  readonly type: boolean
  readonly service: boolean
  readonly name: 'whole' | number
}

/** A shape of a rule, and its keys among the rules of that shape. */
interface Described {
  readonly shape: ShapeFacts
  readonly keys: Iterable<string>
}

/** With more keys than this a rule is looked up by less. */
const MOST_KEYS = 64

/**
 * What a rule fixes.
 *
 * @param choices whether a rule whose pattern has a choice of texts is found by each of them; else it fixes nothing there
 */
export function describe({ patterns }: CompiledRule, choices: boolean): readonly Described[] {
  const startsOf = (matcher: Matcher | undefined) => startsOfMatcher(matcher, choices)
  const names = new Map<ShapeFacts['name'], Set<string>>()
  for (const { text, rest } of startsOf(patterns.name)) {
    const part = rest === 'end' ? text : text.slice(0, text.lastIndexOf('/') + 1)
    const name = rest === 'end' ? 'whole' : part.split('/').length - 1
    names.set(name, (names.get(name) ?? new Set()).add(part))
  }
  const count = [...names.values()].reduce((sum, parts) => sum + parts.size, 0)
  const [accounts, types, services] = within(MOST_KEYS / count, [
    wholeTexts(startsOf(patterns.account)),
    wholeTexts(startsOf(patterns.type)),
    wholeTexts(startsOf(patterns.service)),
  ])
  return [...names].map(([name, parts]) => ({
    shape: {
      account: accounts !== undefined,
      type: types !== undefined,
      service: services !== undefined,
      name,
    },
    keys: [...parts].flatMap((part) =>
      (accounts ?? [undefined]).flatMap((account) =>
        (types ?? [undefined]).flatMap((type) =>
          (services ?? [undefined]).map((service) => join(account, type, service, part)),
        ),
      ),
    ),
  }))
}

/** What a pattern's matches begin with; one without any text when that is not known. */
function startsOfMatcher(
  { exact, prefix = '', starts }: Partial<Matcher> = {},
  choices: boolean,
): readonly Start[] {
  if (exact !== undefined) return [{ text: exact, rest: 'end' }]
  return (choices ? starts : undefined) ?? [{ text: prefix, rest: 'more' }]
}

/** The only texts that a pattern matches; undefined when there are others. */
function wholeTexts(starts: readonly Start[]): readonly string[] | undefined {
  return starts.every(({ rest }) => rest === 'end') ? starts.map(({ text }) => text) : undefined
}

/** The choices, as long as all their combinations stay within a number. */
function within(most: number, choices: readonly (readonly string[] | undefined)[]): typeof choices {
  let product = 1
  return choices.map((texts) => {
    if (texts === undefined || product * texts.length > most) return undefined
    product *= texts.length
    return texts
  })
}

/** Gives the facts' key for a shape; undefined = no rule of it can match. */
export function keyMaker({ account, type, service, name }: ShapeFacts): KeyOf {
  return (facts) => {
    const part = name === 'whole' ? facts.name : namespaceOf(facts.name, name)
    if (part === undefined) return undefined
    return join(
      account ? facts.account : undefined,
      type ? facts.type : undefined,
      service ? facts.service : undefined,
      part,
    )
  }
}

/** Two different sets of facts may have the same key: the rules are asked anyway. */
function join(account = '', type = '', service = '', name = ''): string {
  return `${account}\n${type}\n${service}\n${name}`
}

/** The first parts of a name with their slashes; undefined when it has fewer. */
function namespaceOf(name: string, parts: number): string | undefined {
  let end = 0
  for (let count = 0; count < parts; count += 1) {
    end = name.indexOf('/', end) + 1
    if (end === 0) return undefined
  }
  return name.slice(0, end)
}
