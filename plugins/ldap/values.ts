// From the values of an attribute to the values of a label.
import type { RE2JS } from 're2js'
import { commonNameOf } from './dn.ts'

/** How an attribute's values become a label's. The steps are taken in this order. */
export interface ValueRule {
  /** Takes the common name of a DN; other texts stay. */
  readonly parse_cn: boolean
  /** Keep what matches: its first capture, or the whole value when it has none. */
  readonly match?: RE2JS | undefined
  readonly lower_case: boolean
}

/** @example labelValues(['cn=Dev,ou=groups,dc=example'], { parse_cn: true, lower_case: true }) // ['dev'] */
export function labelValues(values: readonly string[], rule: ValueRule): string[] {
  const found: string[] = []
  for (const value of values) {
    const named = rule.parse_cn ? (commonNameOf(value) ?? value) : value
    const matched = rule.match ? captureOf(named, rule.match) : named
    if (matched !== undefined) found.push(rule.lower_case ? matched.toLowerCase() : matched)
  }
  return found
}

function captureOf(value: string, pattern: RE2JS): string | undefined {
  const matcher = pattern.matcher(value)
  if (!matcher.find()) return undefined
  const captured: string | null = pattern.groupCount() > 0 ? matcher.group(1) : value
  return captured ?? undefined
}
