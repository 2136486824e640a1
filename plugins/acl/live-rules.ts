// The rules in use: those of the configuration and of what it includes, read again when a file changes.
import {
  type AclRule,
  atOnce,
  compileRules,
  compileRulesInSlices,
  type Host,
  inSlices,
  type RuleSet,
  type Watch,
} from '../../core/plugin.ts'
import { type Found, filesNow, findRules, isUnchanged, type Sources, textsNow } from './includes.ts'
import type { Substitution } from './options.ts'
import { remarkOn } from './remarks.ts'

const NO_RULES = 'is empty, so that this authorizer grants nothing; write a rule, or remove it'

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
  const options = { substitution, around: host.surroundings }
  const found = atOnce(findRules(items, substitution, host))
  failOn(found)
  let current = compileRules(rulesOf(found, host), options)
  remarkOn(found, current, host)
  // In docker_auth's form an empty list is how it asks to write that nothing is granted.
  if (substitution === 'literal' && Array.isArray(items) && items.length === 0)
    host.remark({ at: ['rules'], message: NO_RULES })
  let inUse = sourcesOf(found)
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
          latest = sourcesOf(found)
          failOn(found)
          current = await compileRulesInSlices(rulesOf(found, host), options, work)
          inUse = latest
          log.info({ rules: found.rules.length }, 'included rules read again')
          remarkOn(found, current, host)
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

/** Once they are compiled, the rules as they were found are not kept. */
function sourcesOf({ files, folders, problems }: Found): Sources {
  return { files, folders, problems }
}

function failOn({ problems }: Sources): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** Each knows where it stands. */
function rulesOf({ rules }: Found, { placeOf }: Pick<Host, 'placeOf'>): AclRule[] {
  return rules.map(({ rule, path, file: content }) => {
    const { file, line } = content ? content.spotOf(path) : placeOf(['rules', ...path])
    return { ...rule, at: `${file}:${line}` }
  })
}
