// An ACL that a backend stores: its entries become rules as a whole or not at all, are kept, and are read again in the background.
import { decideByRules, explainByRules, whoByRules } from '../acl/outcome.ts'
import type { AclProblem, Rule } from '../acl/rule.ts'
import { compileRulesInSlices, type RuleSet, type RulesOptions, UnusableRules } from '../acl/ruleset.ts'
import type { Host } from '../contract/host.ts'
import type { Authorizer } from '../contract/plugin.ts'
import type { Work } from '../contract/steps.ts'
import { keep } from './kept.ts'

/** Something to be said of one entry. */
export interface EntryNote {
  /** The entry, as its reader finds it. @example 'seq 20' */
  readonly place: string
  readonly message: string
}

/** What a backend gave. */
export interface StoredEntries {
  /** In the order in which they are asked. */
  readonly entries: readonly { readonly place: string; readonly rule: Rule }[]
  /** What is no rule. */
  readonly faults: readonly EntryNote[]
  readonly warnings: readonly EntryNote[]
}

/** Rules made of entries, and what is odd about them. */
export interface StoredRules {
  readonly rules: RuleSet
  readonly warnings: readonly string[]
}

const RULES_TIMEOUT_MS = 10_000

/** A longer comment would not stand in a rule's name. */
const LONGEST_COMMENT = 80

/**
 * The comment of a rule that was made of an entry: the audit log then names both, `rule 3 (seq 20: Admins may do everything)`.
 *
 * @param place undefined when the backend has no name for it
 */
export function entryComment(place: string | undefined, comment: string | undefined): string | undefined {
  const whole = [place, comment].filter((part) => part).join(': ')
  return whole.length <= LONGEST_COMMENT ? whole || undefined : place
}

/**
 * Compiles entries. All of them or none: a rule left out could be the one that denies.
 *
 * @param work where thousands of rules give way to requests
 * @throws Error that names every entry which is no rule
 */
export async function compileStored(
  { entries, faults, warnings }: StoredEntries,
  options: RulesOptions,
  work: Work,
): Promise<StoredRules> {
  const noted = ({ path: [index, ...path], message }: AclProblem) => ({
    place: entries[Number(index)]!.place,
    message: `${path.join('.')} ${message}`.trimStart(),
  })
  let rules: RuleSet | undefined
  const wrong = [...faults]
  try {
    rules = await compileRulesInSlices(
      entries.map(({ rule }) => rule),
      options,
      work,
    )
  } catch (error) {
    if (!(error instanceof UnusableRules)) throw error
    wrong.push(...error.problems.map(noted))
  }
  if (!rules || wrong.length > 0) throw new Error(wrong.map(lineOf).join('; '))
  return { rules, warnings: [...warnings, ...rules.warnings.map(noted)].map(lineOf) }
}

function lineOf({ place, message }: EntryNote): string {
  return `the entry with ${place}: ${message}`
}

/** Where the rules come from. */
export interface RulesBackend {
  read(signal: AbortSignal): Promise<StoredRules>
  /** Milliseconds from one reading to the next; between, and while they can't be read, those read last hold. */
  readonly every: number
  close(): Promise<void>
}

/** Makes the authorizer of such a backend. Each warning is told once. */
export function storedRulesAuthorizer(
  { read, every, close }: RulesBackend,
  { clock, log }: Pick<Host, 'clock' | 'log'>,
): Authorizer {
  let told: ReadonlySet<string> = new Set()
  const kept = keep({
    what: 'rules',
    read,
    every,
    changed({ warnings }) {
      for (const warning of warnings) if (!told.has(warning)) log.warn({}, warning)
      told = new Set(warnings)
    },
    log,
  })
  return {
    async authorize(resource, request) {
      const { rules } = await kept.get(request.signal)
      return decideByRules(rules, resource, request, clock)
    },
    async explain(resource, request) {
      const { rules } = await kept.get(request.signal)
      return explainByRules(rules, resource, request, clock)
    },
    async who(resource, request) {
      const { rules } = await kept.get(request.signal)
      return whoByRules(rules, resource, request, clock)
    },
    async rules() {
      const { rules } = await kept.get(AbortSignal.timeout(RULES_TIMEOUT_MS))
      return rules.listed
    },
    ready: () => kept.ready(),
    async close() {
      await kept.close()
      await close()
    },
  }
}
