// Finds the rules that can match a request without asking each of them: rules that name their account, type, service, name
// or namespace literally are looked up by these; the others are candidates always.
import type { Steps } from '../contract/steps.ts'
import type { Facts, Field } from './facts.ts'
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
      const { shape, key } = describe(rule)
      const name = JSON.stringify(shape)
      let held = shapes.get(name)
      if (!held) {
        held = { keyOf: keyMaker(shape), rules: new Map() }
        shapes.set(name, held)
      }
      const places = held.rules.get(key)
      if (places) places.push(place)
      else held.rules.set(key, [place])
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
      const rule = first && this.#rules[first.places[first.next]!]!
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
      first!.next += 1
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

/** What a rule fixes, and its key among the rules that fix the same. */
export function describe({ patterns }: CompiledRule): { shape: ShapeFacts; key: string } {
  const account = patterns.account?.exact
  const type = patterns.type?.exact
  const service = patterns.service?.exact
  const whole = patterns.name?.exact
  const prefix = patterns.name?.prefix ?? ''
  const namespace = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const shape: ShapeFacts = {
    account: account !== undefined,
    type: type !== undefined,
    service: service !== undefined,
    name: whole === undefined ? namespace.split('/').length - 1 : 'whole',
  }
  return { shape, key: join(account, type, service, whole ?? namespace) }
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
