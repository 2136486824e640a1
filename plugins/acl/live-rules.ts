// The rules in use: those of the configuration and of what it includes, read again when a file changes.
import {
  type AclProblem,
  compileRules,
  type Host,
  type RuleSet,
  type Watch,
} from '../../core/contract/index.ts'
import { type Found, type FoundRule, filesNow, findRules, isUnchanged } from './includes.ts'
import type { Substitution } from './options.ts'

/** Rules that may change while the server runs. */
export interface LiveRules {
  /** Those of the moment: a change replaces all of them at once. */
  readonly current: RuleSet
  close(): Promise<void>
}

/**
 * Reads the rules, and watches the files and folders that they include.
 *
 * @param items the list in the configuration, checked
 * @throws Error that tells everything that is wrong with what is included
 */
export function openRules(items: unknown, substitution: Substitution, host: Host): LiveRules {
  const { files, log } = host
  let inUse = findRules(items, substitution, host)
  let current = compile(inUse, substitution)
  report(inUse, current, log)
  /** What was read last; maybe wrong, and then not in use. */
  let latest = inUse
  let watch: Watch | undefined
  if (latest.files.size + latest.folders.size > 0) {
    watch = files.watch(
      {
        name: 'the included rules',
        paths: async () => [...latest.files.keys(), ...latest.folders.keys(), ...filesNow(latest)],
        async reload() {
          // To read thousands of rules takes a while, in which nobody gets an answer.
          if (isUnchanged(latest, host)) return failOn(latest)
          const found = findRules(items, substitution, host, inUse)
          latest = found
          current = compile(found, substitution)
          inUse = found
          log.info({ rules: found.rules.length }, 'included rules read again')
          report(found, current, log)
        },
      },
      log,
    )
  }
  return {
    get current() {
      return current
    },
    async close() {
      await watch?.stop()
    },
  }
}

function failOn({ problems }: Found): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

function compile(found: Found, substitution: Substitution): RuleSet {
  failOn(found)
  const { rules } = found
  return compileRules(
    rules.map(({ rule }) => rule),
    { substitution },
  )
}

function report({ rules, warnings }: Found, ruleSet: RuleSet, log: Host['log']): void {
  for (const warning of warnings) log.warn({}, warning)
  const told = new Map<FoundRule['outside'], Set<string>>()
  for (const problem of ruleSet.warnings) {
    const found = rules[problem.path[0] as number]!
    const place = problem.path.slice(1)
    if (place.length > 0 && found.outside.setBy !== '') {
      // What a group's conditions bring is told once, not for each rule of it.
      const before = told.get(found.outside) ?? new Set()
      if (before.has(problem.message)) continue
      told.set(found.outside, before.add(problem.message))
    }
    log.warn(factsOf(found, place), problem.message)
  }
}

/** Which rule, and what in it. */
function factsOf({ rule, path, outside, file }: FoundRule, place: AclProblem['path']): object {
  return {
    // A rule of the configuration's own list by its number.
    rule: outside.of === '' ? Number(path[0]) + 1 : rule.name,
    ...(place.length > 0 ? { place: place.join('.') } : {}),
    ...(file ? { at: file.placeOf([...path, ...place]) } : {}),
  }
}
