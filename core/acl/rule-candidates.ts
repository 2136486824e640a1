// Which earlier rules can hide a rule: like the index of rules, by what they fix literally, so that ten thousand rules
// for as many namespaces are not compared each with each.
import type { Field } from './facts.ts'
import type { Known } from './implies.ts'
import type { CompiledRule } from './rule.ts'
import { describe } from './rule-ways.ts'
import { keyMaker, type ShapeFacts } from './ways.ts'

interface Shape {
  readonly fixed: ShapeFacts
  readonly keyOf: ReturnType<typeof keyMaker>
  readonly rules: Map<string, number[]>
}

/** Earlier rules, found by what is known of the texts that a later one matches. */
export class RuleCandidates {
  readonly #shapes = new Map<string, Shape>()

  /** @param place in the list of rules */
  add(rule: CompiledRule, place: number): void {
    for (const { fixed, keys } of describe(rule, false)) {
      const name = JSON.stringify(fixed)
      let shape = this.#shapes.get(name)
      if (!shape) {
        shape = { fixed, keyOf: keyMaker(fixed), rules: new Map() }
        this.#shapes.set(name, shape)
      }
      for (const key of keys) {
        const places = shape.rules.get(key)
        if (places) places.push(place)
        else shape.rules.set(key, [place])
      }
    }
  }

  /** The places of the rules that fix nothing else than what is known. */
  *of({ account, type, service, name }: Readonly<Record<Field, Known>>): Generator<number> {
    const facts = { account: account.exact ?? '', type: type.exact ?? '', service: service.exact ?? '' }
    for (const { fixed, keyOf, rules } of this.#shapes.values()) {
      if (fixed.account && account.exact === undefined) continue
      if (fixed.type && type.exact === undefined) continue
      if (fixed.service && service.exact === undefined) continue
      const part = fixed.name === 'whole' ? name.exact : name.prefix
      const key = part === undefined ? undefined : keyOf({ ...facts, name: part })
      if (key !== undefined) yield* rules.get(key) ?? []
    }
  }
}
