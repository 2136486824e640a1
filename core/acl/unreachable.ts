// Rules that can never be reached, because an earlier rule matches whenever they do. Each one that is found is certain; not
// all are found: several rules that only together hide another one are not looked for, and the search has a bound.
import type { Steps } from '../contract/steps.ts'
import { FIELDS, type Field } from './facts.ts'
import { impliesNetwork, impliesPattern, type Known, knownOf, type Written } from './implies.ts'
import type { Matcher } from './matcher.ts'
import { type AclProblem, type CompiledRule, whensOf } from './rule.ts'
import { RuleCandidates } from './rule-candidates.ts'

/** So many comparisons of two rules take some hundreds of milliseconds. Rules that name things literally need few. */
const MOST_COMPARISONS = 500_000

/**
 * Finds rules that an earlier one hides.
 *
 * @returns a warning for each that names the rule that hides it
 */
export function* findUnreachable(rules: readonly CompiledRule[]): Steps<AclProblem[]> {
  const candidates = new RuleCandidates()
  const problems: AclProblem[] = []
  const hiders = new Map<number, number>()
  let left = MOST_COMPARISONS
  for (const [place, rule] of rules.entries()) {
    yield 5
    if (neverMatches(rule)) continue
    const known = Object.fromEntries(
      FIELDS.map((field) => [field, knownOf(writtenOf(rule, field))]),
    ) as KnownFields
    for (const other of candidates.of(known)) {
      if (left-- <= 0) return problems
      yield 1
      if (!hides(rules[other]!, rule, known)) continue
      // What a hidden rule hides is hidden by the same one.
      const hider = hiders.get(other) ?? other
      hiders.set(place, hider)
      problems.push({ path: [place], message: messageOf(rules[hider]!), severity: 'warning' })
      break
    }
    candidates.add(rule, place)
  }
  return problems
}

function messageOf({ name }: CompiledRule): string {
  return `can never be reached: ${name} stands before it and matches whatever it matches; move it up, or make that one narrower`
}

type KnownFields = Readonly<Record<Field, Known>>

function neverMatches({ patterns, labels }: CompiledRule): boolean {
  return [...Object.values(patterns), ...labels.values()].some(({ never }) => never)
}

function hides(hider: CompiledRule, rule: CompiledRule, known: KnownFields): boolean {
  return (
    ends(hider, rule) &&
    FIELDS.every((field) => {
      const outer = writtenOf(hider, field)
      return (
        !outer ||
        (sameCaptures(outer.text, hider, rule) && impliesPattern(writtenOf(rule, field), known[field], outer))
      )
    }) &&
    (hider.network === undefined || impliesNetwork(rule.network, hider.network)) &&
    [...hider.labels].every(([label, matcher]) => impliesLabel(label, matcher, hider, rule)) &&
    whensOf(hider.source).every((when) => whensOf(rule.source).includes(when))
  )
}

/** Whether nothing is left for a rule once the other one has matched. */
function ends({ effect }: CompiledRule, { effect: other }: CompiledRule): boolean {
  if (effect.kind === 'grant' || effect.denied === undefined) return true
  return (
    other.kind === 'deny' &&
    other.denied !== undefined &&
    [...other.denied].every((action) => effect.denied!.has(action))
  )
}

function impliesLabel(label: string, matcher: Matcher, hider: CompiledRule, rule: CompiledRule): boolean {
  const own = rule.labels.get(label)
  if (!own) return false
  const inner = { text: rule.source.match!.labels![label]!, matcher: own }
  const outer = { text: hider.source.match!.labels![label]!, matcher }
  return sameCaptures(outer.text, hider, rule) && impliesPattern(inner, knownOf(inner), outer)
}

function writtenOf({ source, patterns }: CompiledRule, field: Field): Written | undefined {
  const matcher = patterns[field]
  return matcher && { text: source.match![field]!, matcher }
}

/** A capture stands for the same text in two rules when the expressions that it may come from are the same. */
function sameCaptures(pattern: string, one: CompiledRule, other: CompiledRule): boolean {
  if (!/\$\{[^}]+:\d+\}/.test(pattern)) return true
  return FIELDS.every((field) => one.source.match?.[field] === other.source.match?.[field])
}
