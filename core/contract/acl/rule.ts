// Compiles one rule: its conditions, cheap ones first, and what the index can find it by.
import { createCaptures, type Substitution } from './captures.ts'
import { type Facts, FIELDS, type Field, labelValues } from './facts.ts'
import { contains, parseAddress, parseNetwork } from './ip.ts'
import { COST, type Matcher, type PatternContext } from './matcher.ts'
import { compilePattern } from './pattern.ts'
import type { RegexStore } from './regex.ts'

/** A rule as it stands in the configuration. */
export interface Rule {
  readonly match?: Readonly<Partial<Record<Field | 'ip', string>>> & {
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly actions: readonly string[]
  readonly comment?: string
}

/** What is wrong with a rule. */
export interface Problem {
  /** Where, from the list of rules on: `[3, 'match', 'name']`. */
  readonly path: readonly (string | number)[]
  readonly message: string
  /** A warning: docker_auth lets it pass, though the rule or a part of it can't work. */
  readonly severity: 'error' | 'warning'
}

/** One thing that must hold for a rule to match. */
interface Condition {
  readonly cost: number
  holds(facts: Facts): boolean
}

/** A rule ready to be asked. */
export interface CompiledRule {
  /** For the audit log: `rule 3 (Logged in users can pull)`. */
  readonly name: string
  readonly patterns: Readonly<Partial<Record<Field, Matcher>>>
  /** @throws Error that names the rule when it can't be judged within bounds */
  matches(facts: Facts): boolean
  /** The granted actions of those asked for, in the order asked. */
  grant(asked: readonly string[]): readonly string[]
}

/**
 * Compiles a rule.
 *
 * @param index its place in the list, from 0
 * @param problems gets what is wrong; a rule with an error must not be used
 */
export function compileRule(
  rule: Rule,
  index: number,
  substitution: Substitution,
  store: RegexStore,
  problems: Problem[],
): CompiledRule {
  const { match = {}, actions } = rule
  const captures = createCaptures(match, substitution, store)
  const contextOf = (path: readonly string[], labels: boolean): PatternContext => {
    const report = (severity: Problem['severity']) => (message: string) =>
      void problems.push({ path: [index, 'match', ...path], message, severity })
    return {
      captures,
      store,
      labels,
      invalid: report('error'),
      dead: report(substitution === 'literal' ? 'error' : 'warning'),
    }
  }
  const patterns: Partial<Record<Field, Matcher>> = {}
  const conditions: Condition[] = []
  for (const field of FIELDS) {
    const pattern = match[field]
    if (pattern === undefined) continue
    const matcher = compilePattern(pattern, substitution, contextOf([field], true))
    patterns[field] = matcher
    conditions.push({ cost: matcher.cost, holds: (facts) => matcher.matches(facts[field], facts) })
  }
  if (match.ip !== undefined) conditions.push(ipCondition(match.ip, contextOf(['ip'], false)))
  for (const [label, pattern] of Object.entries(match.labels ?? {})) {
    const matcher = compilePattern(pattern, substitution, contextOf(['labels', label], false))
    conditions.push({
      cost: matcher.cost,
      holds: (facts) =>
        labelValues(facts.labels, label)?.some((value) => matcher.matches(value, facts)) ?? false,
    })
  }
  conditions.sort((a, b) => a.cost - b.cost)
  const name = nameOf(index, rule.comment)
  return {
    name,
    patterns,
    matches(facts) {
      try {
        return conditions.every((condition) => condition.holds(facts))
      } catch (error) {
        throw new Error(`${name} can't be judged: ${(error as Error).message}`, { cause: error })
      }
    },
    grant: grantOf(actions),
  }
}

function ipCondition(pattern: string, context: PatternContext): Condition {
  const network = parseNetwork(pattern)
  if (!network) {
    context.invalid(
      `${JSON.stringify(pattern)} is neither an address nor a network; write 192.0.2.1 or 10.0.0.0/8`,
    )
  }
  return {
    cost: COST.glob,
    holds({ ip }) {
      const address = ip === undefined ? undefined : parseAddress(ip)
      return network !== undefined && address !== undefined && contains(network, address)
    },
  }
}

/** `*` alone grants what was asked, whatever it is. */
function grantOf(actions: readonly string[]): CompiledRule['grant'] {
  if (actions.length === 1 && actions[0] === '*') return (asked) => asked
  const granted = new Set(actions)
  return (asked) => asked.filter((action) => granted.has(action))
}

const LONGEST_COMMENT = 80

function nameOf(index: number, comment: string | undefined): string {
  const short = comment !== undefined && comment !== '' && comment.length <= LONGEST_COMMENT
  return `rule ${index + 1}${short ? ` (${comment})` : ''}`
}
