// Requests that just miss a rule: one thing about them is another.
import type { Condition } from '../acl/condition.ts'
import type { Facts, Field } from '../acl/facts.ts'
import type { CompiledRule } from '../acl/rule.ts'
import { atOnce, MOST_STEPS } from '../contract/steps.ts'
import { outsideOf } from './addresses.ts'
import { anyDraft } from './draw.ts'
import type { Pools } from './pools.ts'
import type { Random } from './random.ts'

/** So many tries to miss a condition, and so many requests that are kept of it. */
const TRIES = 24
const KEPT = 3

/** Whether a condition holds; what can't be judged does not. */
export function holds(condition: Condition, facts: Facts): boolean {
  try {
    const held = condition.holds(facts)
    return typeof held === 'boolean' ? held : atOnce(held, MOST_STEPS)
  } catch {
    return false
  }
}

/** Whether a rule is about a request. */
export function isAbout({ conditions, patterns }: CompiledRule, facts: Facts): boolean {
  if (Object.values(patterns).some(({ never }) => never)) return false
  return conditions.every((condition) => holds(condition, facts))
}

/**
 * Requests that miss a rule by one condition each.
 *
 * @param hit that the rule is about
 */
export function missesOf(rule: CompiledRule, hit: Facts, pools: Pools, random: Random): Facts[] {
  return rule.conditions.flatMap((condition) => {
    const others = rule.conditions.filter((other) => other !== condition)
    const near: Facts[] = []
    const far: Facts[] = []
    for (let tries = 0; tries < TRIES && near.length < KEPT; tries += 1) {
      const facts = changed(condition, rule, hit, pools, random)
      if (holds(condition, facts)) continue
      if (others.every((other) => holds(other, facts))) near.push(facts)
      else if (far.length < 1) far.push(facts)
    }
    return near.length > 0 ? near : far
  })
}

function changed({ of }: Condition, rule: CompiledRule, hit: Facts, pools: Pools, random: Random): Facts {
  switch (of) {
    case 'actions':
      return { ...hit, actions: [random.pick(pools.actions)] }
    case 'ip':
      return { ...hit, ip: random.pick([...(rule.network ? outsideOf(rule.network) : []), undefined]) }
    case 'label':
      return { ...hit, labels: otherLabels(rule, hit, pools, random) }
    case 'when':
      return otherwise(hit, pools, random)
    default:
      return { ...hit, [of]: random.oneIn(4) ? otherOf(of, pools, random) : nearText(hit[of], random) }
  }
}

/** A text with a small slip in it, each there is. */
export function nearTexts(text: string): string[] {
  const slash = text.indexOf('/')
  return [
    `${text}x`,
    `x${text}`,
    `${text}/x`,
    `x/${text}`,
    text.slice(0, -1),
    text.slice(1),
    slash < 0 ? `${text}-x` : text.slice(slash + 1),
    slash < 0 ? '' : text.slice(0, text.lastIndexOf('/')),
    slash < 0 ? text : `${text.slice(0, slash)}x${text.slice(slash)}`,
    text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase(),
  ]
}

/** One of them. */
export function nearText(text: string, random: Random): string {
  return random.pick(nearTexts(text))
}

function otherOf(field: Field, pools: Pools, random: Random): string {
  switch (field) {
    case 'account':
      return random.pick(pools.people).account
    case 'type':
      return random.pick(pools.types)
    case 'name':
      return random.pick(pools.names)
    case 'service':
      return random.pick(pools.services)
  }
}

function otherLabels(
  { labels: wanted }: CompiledRule,
  hit: Facts,
  pools: Pools,
  random: Random,
): Facts['labels'] {
  const label = random.pick([...wanted.keys()])
  const { [label]: values = [''], ...rest } = hit.labels
  if (random.oneIn(3)) return rest
  const others = [nearText(values[0] ?? '', random), ...(pools.values.get(label) ?? [])]
  return { ...rest, [label]: [random.pick(others)] }
}

/** With one or two things drawn anew. */
export function otherwise(hit: Facts, pools: Pools, random: Random): Facts {
  const other = anyDraft(pools, random)
  const keys = ['account', 'labels', 'name', 'service', 'ip', 'clientId', 'actions', 'now'] as const
  const picked = [random.pick(keys), ...(random.oneIn(2) ? [random.pick(keys)] : [])]
  return { ...hit, ...Object.fromEntries(picked.flatMap((key) => (key in other ? [[key, other[key]]] : []))) }
}
