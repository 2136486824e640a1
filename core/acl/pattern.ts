// Compiles one pattern of a rule: a text, a glob, a regular expression, or one of these with placeholders in it.

import type { RE2JS } from 're2js'
import { suggest } from '../contract/suggest.ts'
import { beginningOf, fitsStart, type Start, startsOf } from './anchored.ts'
import type { Substitution } from './captures.ts'
import { isFault, parseGlob } from './glob.ts'
import { DEEP_NOTE, doubtOfGlob } from './glob-hints.ts'
import { isDeep, stepsOfGlob, toMatcher } from './glob-match.ts'
import { heldBy } from './held.ts'
import { compileLiteralGlob, compileLiteralRegex, messageOfFault } from './literal.ts'
import { COST, type Matcher, NEVER, type PatternFaults, type PatternScope } from './matcher.ts'
import { FORMS, type Part, parseLiteral, parseSubstituted } from './placeholder.ts'
import { doubtOfPlaceholders } from './placeholder-doubts.ts'
import { compileRegex, inner, isRegex } from './regex.ts'
import { compileSubstituted } from './substituted.ts'

/**
 * Compiles a pattern.
 *
 * @param pattern as written
 * @param faults is told them; a pattern with a fault may match nothing
 */
export function compilePattern(
  pattern: string,
  substitution: Substitution,
  scope: PatternScope,
  faults: PatternFaults,
): Matcher {
  const regex = isRegex(pattern)
  const written = regex ? inner(pattern) : pattern
  const { parts, unknown } = partsOf(pattern, substitution)
  for (const text of unknown) faults.dead(`${text} is no placeholder; ${suggest(text, FORMS)}`)
  for (const part of parts) reportPlaceholder(part, scope, faults)
  const doubt =
    doubtOfPlaceholders(pattern, regex) ?? (regex ? undefined : doubtOfGlob(pattern, parts, scope.stars))
  if (doubt) faults.doubtful(doubt)
  if (parts.every((part) => typeof part === 'string')) {
    return regex ? compilePlainRegex(written, faults) : compilePlainGlob(pattern, scope, faults)
  }
  if (substitution === 'pattern') return compileSubstituted(pattern, parts, scope, faults)
  return regex ? compileLiteralRegex(parts, scope, faults) : compileLiteralGlob(parts, scope, faults)
}

/** The texts and placeholders of a pattern; of an expression, between its slashes where captures are texts. */
export function partsOf(pattern: string, substitution: Substitution): ReturnType<typeof parseLiteral> {
  if (substitution === 'pattern') return parseSubstituted(pattern)
  return parseLiteral(isRegex(pattern) ? inner(pattern) : pattern)
}

function reportPlaceholder(part: Part, scope: PatternScope, faults: PatternFaults): void {
  if (typeof part === 'string' || part.kind === 'variable') return
  if (part.kind === 'capture') {
    const fault = scope.captures.fault(part)
    if (fault) faults.dead(fault)
  } else if (!scope.labels) {
    faults.dead(`${part.text} stands for nothing in a condition on labels; write a text, a glob or a /regex/`)
  }
}

function compilePlainRegex(expression: string, faults: PatternFaults): Matcher {
  const compiled = compileRegex(expression)
  if (typeof compiled === 'string') {
    faults.invalid(`is no valid regular expression: ${compiled}`)
    return NEVER
  }
  const starts = startsOf(expression)
  return starts?.every(({ rest }) => rest !== 'more')
    ? byStarts(expression, starts)
    : byEngine(expression, compiled, starts)
}

/** Needs no engine, and does not keep it. */
function byStarts(regex: string, starts: readonly Start[]): Matcher {
  return { cost: COST.text, regex, ...beginningOf(starts), matches: (subject) => fitsStart(starts, subject) }
}

function byEngine(regex: string, compiled: RE2JS, starts: readonly Start[] | undefined): Matcher {
  const known = { cost: COST.regex, regex, ...beginningOf(starts) }
  // One that is looked up may never be asked, and thousands of compiled ones take hundreds of megabytes: it is compiled again then.
  let engine = isLookedUp(known) ? undefined : compiled
  const test = (subject: string) => {
    engine ??= compileRegex(regex) as RE2JS
    return engine.test(subject)
  }
  return { ...known, matches: test }
}

/** A text as long as this tells most of many expressions apart. */
const TELLING = 4

function isLookedUp(known: Partial<Matcher>): boolean {
  const { prefix = '', starts = [] } = known
  const texts = [prefix, ...heldBy(known).within, ...starts.map(({ text }) => text)]
  return texts.some(({ length }) => length >= TELLING)
}

function compilePlainGlob(pattern: string, { stars }: PatternScope, faults: PatternFaults): Matcher {
  const atoms = parseGlob([pattern], stars)
  if (isFault(atoms)) {
    faults.dead(messageOfFault(atoms))
    return NEVER
  }
  const [first] = atoms
  const prefix = first?.kind === 'text' ? first.text : undefined
  if (atoms.length === 0 || (atoms.length === 1 && prefix !== undefined)) {
    const exact = prefix ?? ''
    return { cost: COST.text, exact, matches: (subject) => subject === exact }
  }
  if (isDeep(atoms)) faults.notable(DEEP_NOTE)
  const matches = toMatcher(atoms)
  const steps = stepsOfGlob(atoms)
  return { cost: COST.glob, steps, prefix, glob: atoms, matches: (subject) => matches(subject) }
}
