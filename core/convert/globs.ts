// docker_auth's rules in the words of the native form: `**` is the same as `*` there, and captures and label values are parts of a
// pattern. Where neither matters, rules need no word that says so.
import { isDeepStrictEqual } from 'node:util'
import { isFault, parseGlob } from '../acl/glob.ts'
import { numberPlaceholders, type Part, parseLiteral, parseSubstituted } from '../acl/placeholder.ts'
import { isRegex } from '../acl/regex.ts'

/**
 * A glob with `*` for each `**`: what that is in docker_auth's form.
 *
 * @returns the same text for an expression, and where it is not sure that it stays a glob
 * @example singleStars('team/**') // 'team/*'
 */
export function singleStars(pattern: string): string {
  const { parts } = parseSubstituted(pattern)
  const { items } = numberPlaceholders(parts)
  if (
    !pattern.includes('**') ||
    isRegex(pattern) ||
    mayBecomeRegex(parts) ||
    isFault(parseGlob(items, 'one'))
  )
    return pattern
  let inClass = false
  let result = ''
  for (const part of parts) {
    if (typeof part !== 'string') {
      result += part.text
      continue
    }
    for (const [token] of part.matchAll(/\\.|\*+|./gsu)) {
      if (token === '[') inClass = true
      else if (token === ']') inClass = false
      result += token.startsWith('*') && !inClass ? '*' : token
    }
  }
  return result
}

/**
 * Whether a pattern means the same when captures and label values are texts, and `**` is more than `*`. One that could never match
 * does not: there it is an error.
 */
export function isSameAsLiteral(pattern: string): boolean {
  const { parts } = parseSubstituted(pattern)
  const literal = parseLiteral(pattern)
  if (literal.unknown.length > 0 || !isDeepStrictEqual(literal.parts, parts)) return false
  const isPlain = parts.every((part) => typeof part === 'string')
  if (isRegex(pattern)) return isPlain
  const { items } = numberPlaceholders(parts)
  const glob = parseGlob(items, 'one')
  return (
    parts.every((part) => typeof part === 'string' || part.kind === 'variable') &&
    (isPlain || !mayBecomeRegex(parts)) &&
    !isFault(glob) &&
    isDeepStrictEqual(glob, parseGlob(items, 'two'))
  )
}

/** docker_auth judges after the replacement whether a pattern is enclosed in slashes. */
function mayBecomeRegex(parts: readonly Part[]): boolean {
  const [first, last] = [parts[0], parts.at(-1)]
  const opens = typeof first !== 'string' || first.startsWith('/')
  const closes = typeof last !== 'string' || last.endsWith('/')
  return opens && closes
}

/** An authorizer's options, as far as they are rules. */
interface RuleOptions {
  readonly rules?: readonly { readonly match?: Record<string, unknown> }[]
  substitution?: unknown
}

/**
 * Rewrites the rules in a tree of the native form.
 *
 * @returns how many patterns had a `**`, and whether label values and captures are still parts of patterns; undefined when these
 *   options hold no rules of docker_auth's kind
 */
export function rewriteRules(
  options: object,
): { readonly doubled: number; readonly kept: boolean } | undefined {
  const { rules, substitution } = options as RuleOptions
  if (!Array.isArray(rules) || substitution !== 'pattern') return undefined
  let doubled = 0
  let alike = true
  const rewrite = (held: Record<string, unknown>, key: string) => {
    const pattern = held[key]
    if (typeof pattern !== 'string' || key === 'ip') return
    const single = singleStars(pattern)
    if (single !== pattern) doubled += 1
    held[key] = single
    alike &&= isSameAsLiteral(single)
  }
  for (const { match = {} } of rules as NonNullable<RuleOptions['rules']>) {
    for (const key of Object.keys(match)) if (key !== 'labels') rewrite(match, key)
    const labels = (match.labels ?? {}) as Record<string, unknown>
    for (const name of Object.keys(labels)) rewrite(labels, name)
  }
  if (alike) delete (options as RuleOptions).substitution
  return { doubled, kept: !alike }
}
