// Patterns with placeholders, `substitution: literal`: whatever a placeholder stands for is text. Whether the pattern is a
// regular expression is judged as it is written.

import type { Steps } from '../contract/steps.ts'
import { beginningOf, startsOf } from './anchored.ts'
import type { Facts } from './facts.ts'
import { type GlobAtom, type GlobFault, isFault, parseGlob } from './glob.ts'
import { DEEP_NOTE } from './glob-hints.ts'
import { isDeep, stepsOfGlob, toMatcher } from './glob-match.ts'
import { type Option, searchGlob } from './glob-search.ts'
import {
  COST,
  type Matcher,
  NEVER,
  type PatternFaults,
  type PatternScope,
  textOf,
  valuesOf,
} from './matcher.ts'
import { numberPlaceholders, type Part, type Placeholder, splitAtPlaceholders } from './placeholder.ts'
import { compileRegex, NOTHING, quote } from './regex.ts'
import { gapsOf } from './regex-context.ts'
import { type Alternatives, type GappedRegex, occursIn, searchRegex } from './regex-search.ts'

/** Compiles a glob that has placeholders. */
export function compileLiteralGlob(
  parts: readonly Part[],
  scope: PatternScope,
  faults: PatternFaults,
): Matcher {
  const { items, slots } = numberPlaceholders(parts)
  const atoms = parseGlob(items, scope.stars)
  if (isFault(atoms)) {
    faults.dead(messageOfFault(atoms, slots))
    return NEVER
  }
  if (isDeep(atoms)) faults.notable(DEEP_NOTE)
  const prefix = atoms[0]?.kind === 'text' ? atoms[0].text : undefined
  if (slots.some((slot) => slot.kind === 'label')) {
    return {
      cost: COST.search,
      prefix,
      template: atoms,
      matches: (subject, facts) => anyFits(atoms, slots, subject, facts, scope),
    }
  }
  const matcher = toMatcher(atoms)
  const steps = stepsOfGlob(atoms)
  const fits = (subject: string, facts: Facts) => {
    const texts: string[] = []
    for (const slot of slots) {
      const text = slot.kind === 'label' ? undefined : textOf(slot, facts, scope)
      if (text === undefined) return false
      texts.push(text)
    }
    return matcher(subject, texts)
  }
  if (!slots.some((slot) => slot.kind === 'capture'))
    return { cost: COST.template, steps, prefix, template: atoms, matches: fits }
  return {
    cost: COST.filled,
    prefix,
    template: atoms,
    *matches(subject, facts) {
      yield CAPTURE_STEPS * slots.length + steps
      return fits(subject, facts)
    },
  }
}

/** An expression with variables in it may have to be compiled for a capture. */
const CAPTURE_STEPS = 100

/** What is wrong with a glob, with the remedy. @param slots what the numbers in it stand for */
export function messageOfFault(fault: GlobFault, slots: readonly Placeholder[] = []): string {
  if (fault === 'malformed') return MALFORMED_GLOB
  if (fault === 'stars')
    return 'has three stars in a row; write ** for any text, or * for any text without a slash'
  return `${slots[fault.misplaced]!.text} stands inside [...] or behind a backslash; write it outside`
}

export const MALFORMED_GLOB =
  'is a malformed glob, so the rule never matches; close every [ and write \\ before a character that is meant as itself'

/** Whether the glob matches with some of the values of its labels. */
function* anyFits(
  atoms: readonly GlobAtom[],
  slots: readonly Placeholder[],
  subject: string,
  facts: Facts,
  scope: PatternScope,
): Steps<boolean> {
  const options: Option[][] = []
  for (const slot of slots) {
    const texts =
      slot.kind === 'label' ? valuesOf(slot.label, facts, scope) : present(textOf(slot, facts, scope))
    yield priceOfValues(texts)
    const fitting = texts?.filter((text) => subject.includes(text)) ?? []
    if (fitting.length === 0) return false
    options.push(fitting.map((text) => [{ kind: 'text', text }]))
  }
  return yield* searchGlob(atoms, options, subject)
}

/** What it costs to look for each value in a name. */
function priceOfValues(values: readonly string[] = []): number {
  return 1 + Math.ceil(values.length / VALUES_A_STEP)
}

const VALUES_A_STEP = 10

function present(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : [text]
}

/** Compiles a regular expression that has placeholders; `parts` are those between its slashes. */
export function compileLiteralRegex(
  parts: readonly Part[],
  scope: PatternScope,
  faults: PatternFaults,
): Matcher {
  const { texts, gaps } = splitAtPlaceholders(parts)
  const places = gapsOf(texts)
  const misplaced = places.findIndex(({ place }) => place !== 'item')
  if (misplaced >= 0) {
    const { text } = gaps[misplaced]!
    faults.dead(
      `${text} stands inside [...], {...}, \\Q...\\E, a group's head or an escape; write it outside`,
    )
    return NEVER
  }
  const checked = compileRegex(texts.join('(?:x)'))
  if (typeof checked === 'string') {
    faults.invalid(`is no valid regular expression: ${checked}`)
    return NEVER
  }
  const searches = gaps.some((gap) => gap.kind === 'label')
  const repeated = places.some((place) => place.repeated)
  const gapped = texts.join('.')
  return {
    cost: searches ? COST.search : COST.filled,
    ...beginningOf(startsOf(gapped)),
    gapped,
    *matches(subject, facts) {
      const { store } = scope
      const { regex, values } = fillIn(texts, gaps, facts, scope)
      if (!searches) {
        const [expression] = regex.texts
        yield store.priceOf(expression!)
        return store.need(expression!).test(subject)
      }
      const occurs = occursIn(subject, texts)
      const alternatives = new Map<string, Alternatives>()
      for (const [label, held] of values) {
        yield priceOfValues(held)
        const fitting = held.filter(occurs)
        // Whoever has a value may also have it no times, where a repetition follows.
        const literals = fitting.length > 0 || !repeated ? fitting : held.slice(0, 1)
        alternatives.set(label, { literals, expressions: [] })
      }
      return yield* searchRegex(regex, alternatives, subject, store)
    },
  }
}

/** The expression with everything in it but the labels, and the labels' values. */
function fillIn(
  texts: readonly string[],
  gaps: readonly Placeholder[],
  facts: Facts,
  scope: PatternScope,
): { regex: GappedRegex; values: ReadonlyMap<string, readonly string[]> } {
  const regex = { texts: [''], labels: [] as string[] }
  const values = new Map<string, readonly string[]>()
  for (const [index, text] of texts.entries()) {
    regex.texts[regex.texts.length - 1] += text
    const gap = gaps[index]
    if (gap?.kind === 'label') {
      values.set(gap.label, valuesOf(gap.label, facts, scope) ?? [])
      regex.labels.push(gap.label)
      regex.texts.push('')
    } else if (gap) {
      const value = textOf(gap, facts, scope)
      regex.texts[regex.texts.length - 1] += value === undefined ? NOTHING : `(?:${quote(value)})`
    }
  }
  return { regex, values }
}
