// The rules in use: those of the configuration and of what it includes, read again when a file changes.
import {
  type AclProblem,
  type AclRule,
  atOnce,
  compileRules,
  compileRulesInSlices,
  type Host,
  inSlices,
  type RuleSet,
  type Watch,
} from '../../core/plugin.ts'
import { type Found, type FoundRule, filesNow, findRules, isUnchanged, textsNow } from './includes.ts'
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
  const { files, log, work } = host
  let inUse = atOnce(findRules(items, substitution, host))
  failOn(inUse)
  let current = compileRules(rulesOf(inUse), { substitution })
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
          // To read thousands of rules takes a while.
          const texts = await textsNow(latest, host)
          if (isUnchanged(latest, texts)) return failOn(latest)
          const found = await inSlices(findRules(items, substitution, host, inUse, texts), work)
          latest = found
          failOn(found)
          current = await compileRulesInSlices(rulesOf(found), { substitution }, work)
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

function rulesOf({ rules }: Found): AclRule[] {
  return rules.map(({ rule }) => rule)
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
