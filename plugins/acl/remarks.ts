// Tells what is doubtful about rules, each at the place where it is written, and many alike at once.
import type { AclProblem, Host, Remark, RuleSet } from '../../core/plugin.ts'
import type { GroupPlace, Path } from './flatten.ts'
import type { Found, FoundRule } from './includes.ts'

/** So many alike are told one by one. */
const FEW = 3
/** So many rules are named behind the first one. */
const MOST_NAMED = 10

/** Tells what is strange about rules that were read. */
export function remarkOn({ rules, warnings }: Found, ruleSet: RuleSet, host: Pick<Host, 'remark'>): void {
  for (const warning of warnings) host.remark(warning)
  for (const alike of groupsOf(ruleSet.warnings, rules)) tell(alike, host)
  for (const alike of groupsOf(ruleSet.notes, rules)) tell(alike, host, 'note')
}

interface Told {
  readonly rule: string
  readonly message: string
  readonly at: Remark['at']
}

/** Those with the same message; what a group's conditions bring counts once, not for each rule of it. */
function groupsOf(problems: readonly AclProblem[], rules: readonly FoundRule[]): Iterable<Told[]> {
  const groups = new Map<string, Map<string, Told>>()
  for (const { path, message } of problems) {
    const [index, ...keys] = path
    const found = rules[index as number]!
    const at = placeOf(found, keys)
    const held = groups.get(message) ?? new Map<string, Told>()
    groups.set(message, held)
    const place = JSON.stringify(at)
    if (!held.has(place)) held.set(place, { rule: found.rule.name!, message, at })
  }
  return [...groups.values()].map((held) => [...held.values()])
}

function tell(alike: readonly Told[], host: Pick<Host, 'remark'>, kind?: 'note'): void {
  const all = { ...(kind && { kind }) }
  if (alike.length <= FEW) {
    for (const { at, message } of alike) host.remark({ at, message, ...all })
    return
  }
  const [{ at, message }, ...others] = alike as [Told, ...Told[]]
  const named = others.slice(0, MOST_NAMED).map(({ rule }) => rule)
  const more = others.length > named.length ? `, ${others.length - named.length} more` : ''
  host.remark({ at, message: `${message} (and ${others.length} alike: ${named.join(', ')}${more})`, ...all })
}

/** Where a part of a rule is written: in the rule, or in a group around it. */
function placeOf({ path, outside, file }: FoundRule, keys: AclProblem['path']): Remark['at'] {
  let own: Path = path
  let source = file
  for (let group = outside.group; group; group = group.outer) {
    if (!sets(group, keys)) continue
    own = group.path
    source = group.source ? group.source.file : file
    break
  }
  const whole = [...own, ...keys]
  if (!source) return ['rules', ...whole]
  const place = source.spotOf(whole)
  return { ...place, path: `rules${place.path}` }
}

function sets({ own }: GroupPlace, [key, name, label]: AclProblem['path']): boolean {
  if (key !== 'match' || name === undefined) return false
  if (name === 'labels') return label !== undefined && Object.hasOwn(own.match.labels ?? {}, label)
  return Object.hasOwn(own.match, name)
}
