// From the list as it is written (rules, groups of rules, includes) to a flat list of rules with their conditions complete.
import { ACL_FIELDS, type AclRule, type YamlContent } from '../../core/plugin.ts'

export type Path = readonly (string | number)[]

/** What holds for all rules of a list: the conditions and the name of the group around it. */
export interface Outside {
  readonly match: NonNullable<AclRule['match']>
  readonly when: readonly string[]
  /** The end of each rule's name, such as ` of group staff`. */
  readonly of: string
  /** Who sets these conditions, for messages. */
  readonly setBy: string
  /** Where they stand. */
  readonly group?: GroupPlace
}

/** A group and its own conditions. */
export interface GroupPlace {
  /** Its path in its list. */
  readonly path: Path
  readonly own: Conditions
  /** The group around it. */
  readonly outer?: GroupPlace | undefined
  /** What holds the list; left out: the same as the rule's. */
  readonly source?: { readonly file: YamlContent<unknown> | undefined }
}

export const NOTHING_OUTSIDE: Outside = { match: {}, when: [], of: '', setBy: '' }

/** One rule, or one include, in the order of the list. */
export type Entry =
  | { readonly kind: 'rule'; readonly path: Path; readonly rule: AclRule; readonly outside: Outside }
  /** The conditions of a group by themselves, to be checked where they stand. */
  | { readonly kind: 'group'; readonly path: Path; readonly rule: AclRule }
  | {
      readonly kind: 'include'
      readonly path: Path
      /** For messages, such as `rule 3`. */
      readonly name: string
      readonly include: string
      readonly outside: Outside
    }

/** A condition that both a group and one of its rules set. */
export interface Conflict {
  readonly path: Path
  readonly message: string
}

/**
 * Flattens a list.
 *
 * @param items as the schema wants them; of others, what can be understood
 * @param outside what holds for all of them
 * @param conflicts gets what is set twice
 */
export function flatten(items: unknown, outside: Outside, conflicts: Conflict[] = []): Entry[] {
  if (!Array.isArray(items)) return []
  return items.flatMap((held: unknown, index): Entry[] =>
    flattenItem(held, [index], index, outside, conflicts),
  )
}

/** One item of a list, as `flatten` has it. */
export function flattenItem(
  held: unknown,
  path: Path,
  index: number,
  outside: Outside,
  conflicts: Conflict[],
): Entry[] {
  const include = valueIn(held, 'include')
  const called = `rule ${index + 1}${outside.of}`
  if (typeof include === 'string') return [{ kind: 'include', path, name: called, include, outside }]
  const own = ownConditions(held)
  const conditions = combine(own, path, outside, conflicts)
  const name = valueIn(held, 'group')
  const rules = valueIn(held, 'rules')
  if (name === undefined && rules === undefined) {
    const rule = { ...conditions, ...rest(held), name: called }
    return [{ kind: 'rule', path, rule, outside }]
  }
  const group = `group ${String(name)}`
  const inside: Outside = {
    ...conditions,
    of: outside.of === '' ? ` of ${group}` : ` of ${group}${outside.of.replace(/^ of /, ' in ')}`,
    setBy: group,
    group: { path, own, outer: outside.group },
  }
  const members = (Array.isArray(rules) ? rules : []).flatMap((member: unknown, place) =>
    flattenItem(member, [...path, 'rules', place], place, inside, conflicts),
  )
  return [{ kind: 'group', path, rule: { ...own, actions: [] } }, ...members]
}

/** Conditions of a rule or a group. */
export interface Conditions {
  readonly match: NonNullable<AclRule['match']>
  readonly when: readonly string[]
}

/** Those conditions that are texts; the schema tells about the others. */
function ownConditions(held: unknown): Conditions {
  const match = valueIn(held, 'match')
  const labels = valueIn(match, 'labels')
  const names = typeof labels === 'object' && labels !== null ? Object.keys(labels) : []
  const when = valueIn(held, 'when')
  return {
    match: {
      ...textsOf(match, [...ACL_FIELDS, 'ip']),
      ...(names.length > 0 ? { labels: textsOf(labels, names) } : {}),
    },
    when: typeof when === 'string' ? [when] : [],
  }
}

function combine(own: Conditions, path: Path, outside: Outside, conflicts: Conflict[]): Conditions {
  const conflict = (keys: Path) =>
    conflicts.push({
      path: [...path, 'match', ...keys],
      message: `is set by ${outside.setBy} too; leave out one of them, or move the rule out of it`,
    })
  for (const key of [...ACL_FIELDS, 'ip'] as const) {
    if (own.match[key] !== undefined && outside.match[key] !== undefined) conflict([key])
  }
  for (const label of Object.keys(own.match.labels ?? {})) {
    if (Object.hasOwn(outside.match.labels ?? {}, label)) conflict(['labels', label])
  }
  const labels = { ...own.match.labels, ...outside.match.labels }
  return {
    match: {
      ...own.match,
      ...outside.match,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    },
    when: [...outside.when, ...own.when],
  }
}

/** What else a rule has: its effect, its actions and its comment. */
function rest(held: unknown): Pick<AclRule, 'effect' | 'actions' | 'comment'> {
  const effect = valueIn(held, 'effect')
  const actions = valueIn(held, 'actions')
  const comment = valueIn(held, 'comment')
  return {
    ...(effect === 'deny' ? { effect } : {}),
    // The schema tells of a rule that has none; what would be wrong with an empty list is not wrong with it.
    actions: Array.isArray(actions) ? actions.map(String) : ['*'],
    ...(typeof comment === 'string' ? { comment } : {}),
  }
}

function textsOf(held: unknown, names: readonly string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name of names) {
    const value = valueIn(held, name)
    if (typeof value === 'string') texts[name] = value
  }
  return texts
}

function valueIn(held: unknown, name: string): unknown {
  if (typeof held !== 'object' || held === null || !Object.hasOwn(held, name)) return undefined
  return (held as Record<string, unknown>)[name]
}
