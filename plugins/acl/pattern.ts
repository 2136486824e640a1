// Compiles one pattern of a rule: a text, a glob, a regular expression, or one of these with placeholders in it.
import type { Substitution } from './captures.ts'
import { type GlobToken, matchGlob, parseGlob, toChunks } from './glob.ts'
import { compileLiteral } from './literal.ts'
import { COST, type Matcher, NEVER, type PatternContext } from './matcher.ts'
import { parseLiteral, parseSubstituted } from './placeholder.ts'
import { compileRegex, inner, isRegex } from './regex.ts'
import { compileSubstituted } from './substituted.ts'
import { FORMS } from './placeholder.ts'
import { suggest } from '../../core/contract/index.ts'

/**
 * Compiles a pattern.
 *
 * @param context gets the faults; a pattern that is at fault matches nothing
 */
export function compilePattern(pattern: string, substitution: Substitution, context: PatternContext): Matcher {
  if (isRegex(pattern)) {
    const compiled = compileRegex(inner(pattern))
    if (typeof compiled === 'string') context.invalid
  }
  return NEVER
}
