// Compiles one pattern of a rule: a text, a glob, a regular expression, or one of these with placeholders in it.

import { suggest } from '../contract/suggest.ts'
import type { Substitution } from './captures.ts'
import { isFault, parseGlob } from './glob.ts'
import { DEEP_NOTE, doubtOfGlob } from './glob-hints.ts'
import { isDeep, stepsOfGlob, toMatcher } from './glob-match.ts'
import { compileLiteralGlob, compileLiteralRegex, messageOfFault } from './literal.ts'
import { COST, type Matcher, NEVER, type PatternContext } from './matcher.ts'
import { FORMS, type Part, parseLiteral, parseSubstituted } from './placeholder.ts'
import { doubtOfPlaceholders } from './placeholder-doubts.ts'
import { compileRegex, inner, isRegex } from './regex.ts'
import { compileSubstituted } from './substituted.ts'

/**
 * Compiles a pattern.
 *
 * @param pattern as written
 * @param context is told the faults; a pattern with a fault may match nothing
 */
export function compilePattern(
  pattern: string,
  substitution: Substitution,
  context: PatternContext,
): Matcher {
  const regex = isRegex(pattern)
  const written = regex ? inner(pattern) : pattern
  const { parts, unknown } = partsOf(pattern, substitution)
  for (const text of unknown) context.dead(`${text} is no placeholder; ${suggest(text, FORMS)}`)
  for (const part of parts) reportPlaceholder(part, context)
  const doubt =
    doubtOfPlaceholders(pattern, regex) ?? (regex ? undefined : doubtOfGlob(pattern, parts, context.stars))
  if (doubt) context.doubtful(doubt)
  if (parts.every((part) => typeof part === 'string')) {
    return regex ? compilePlainRegex(written, context) : compilePlainGlob(pattern, context)
  }
  if (substitution === 'pattern') return compileSubstituted(pattern, parts, context)
  return regex ? compileLiteralRegex(parts, context) : compileLiteralGlob(parts, context)
}

/** The texts and placeholders of a pattern; of an expression, between its slashes where captures are texts. */
export function partsOf(pattern: string, substitution: Substitution): ReturnType<typeof parseLiteral> {
  if (substitution === 'pattern') return parseSubstituted(pattern)
  return parseLiteral(isRegex(pattern) ? inner(pattern) : pattern)
}

function reportPlaceholder(part: Part, context: PatternContext): void {
  if (typeof part === 'string' || part.kind === 'variable') return
  if (part.kind === 'capture') {
    const fault = context.captures.fault(part)
    if (fault) context.dead(fault)
  } else if (!context.labels) {
    context.dead(
      `${part.text} stands for nothing in a condition on labels; write a text, a glob or a /regex/`,
    )
  }
}

function compilePlainRegex(expression: string, context: PatternContext): Matcher {
  const compiled = compileRegex(expression)
  if (typeof compiled === 'string') {
    context.invalid(`is no valid regular expression: ${compiled}`)
    return NEVER
  }
  return { cost: COST.regex, regex: expression, matches: (subject) => compiled.test(subject) }
}

function compilePlainGlob(pattern: string, context: PatternContext): Matcher {
  const atoms = parseGlob([pattern], context.stars)
  if (isFault(atoms)) {
    context.dead(messageOfFault(atoms))
    return NEVER
  }
  const [first] = atoms
  const prefix = first?.kind === 'text' ? first.text : undefined
  if (atoms.length === 0 || (atoms.length === 1 && prefix !== undefined)) {
    const exact = prefix ?? ''
    return { cost: COST.text, exact, matches: (subject) => subject === exact }
  }
  if (isDeep(atoms)) context.notable(DEEP_NOTE)
  const matches = toMatcher(atoms)
  const steps = stepsOfGlob(atoms)
  return { cost: COST.glob, steps, prefix, glob: atoms, matches: (subject) => matches(subject) }
}
