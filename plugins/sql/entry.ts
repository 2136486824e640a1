// One row of an ACL table: JSON, with the names that docker_auth's Go structs have there (Match, Actions, Comment). Go reads
// names whatever their case, so entries that were written by hand may have `match` as well.
import { ACL_FIELDS, type AclRule, entryComment, type JsonValue, oneOf } from '../../core/plugin.ts'

const CONDITIONS: readonly string[] = [...ACL_FIELDS, 'ip']

type JsonObject = { readonly [name: string]: JsonValue }

/** A rule, and what in its entry has no effect. */
export interface Entry {
  readonly rule: AclRule
  readonly warnings: readonly string[]
}

/**
 * Reads an entry. Null is absent, as in Go.
 *
 * @param seq its place as the table has it; it names the rule in the audit log
 * @throws TypeError that says what is wrong, without the entry
 * @example readEntry({ Match: { account: 'ann' }, Actions: ['*'], Comment: null }, '10')
 */
export function readEntry(entry: JsonValue, seq: string | undefined): Entry {
  const warnings: string[] = []
  const given = fields(entry, 'the entry', ['match', 'actions', 'comment'], warnings)
  const match = given.get('match')
  if (match === undefined) throw new TypeError('Match is missing; write {} to match everything')
  const actions = given.get('actions')
  if (actions === undefined) warnings.push('Actions is missing, so that the rule grants nothing; write []')
  const comment = given.get('comment')
  const name = entryComment(
    seq === undefined ? undefined : `seq ${seq}`,
    comment === undefined ? undefined : text(comment, 'Comment'),
  )
  return {
    rule: {
      match: readMatch(match, warnings),
      actions: readActions(actions ?? []),
      ...(name !== undefined && { comment: name }),
    },
    warnings,
  }
}

function readMatch(match: JsonValue, warnings: string[]): NonNullable<AclRule['match']> {
  const given = fields(match, 'Match', [...CONDITIONS, 'labels'], warnings)
  const conditions: [string, string][] = []
  for (const key of CONDITIONS) {
    const pattern = given.get(key)
    if (pattern !== undefined) conditions.push([key, text(pattern, `Match.${key}`, key !== 'ip')])
  }
  const labels = given.get('labels')
  return {
    ...(Object.fromEntries(conditions) as NonNullable<AclRule['match']>),
    ...(labels !== undefined && { labels: readLabels(labels) }),
  }
}

/** Names of labels are just names, and null is the empty pattern. */
function readLabels(labels: JsonValue): Record<string, string> {
  const patterns = Object.entries(object(labels, 'Match.labels'))
  return Object.fromEntries(
    patterns.map(([name, pattern]) => [name, text(pattern ?? '', 'each of Match.labels', true)]),
  )
}

function readActions(actions: JsonValue): string[] {
  if (!Array.isArray(actions)) throw new TypeError('Actions must be a list, such as ["pull"]')
  return actions.map((action) => text(action ?? '', 'each of Actions'))
}

/** The values that an object has for the known names, whatever their case; of several, the last. */
function fields(
  value: JsonValue,
  what: string,
  known: readonly string[],
  warnings: string[],
): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>()
  for (const [name, held] of Object.entries(object(value, what))) {
    const key = name.toLowerCase()
    if (!known.includes(key)) {
      warnings.push(`${JSON.stringify(name)} in ${what} is unknown and ignored; correct it, or remove it`)
    } else if (held !== null) found.set(key, held)
  }
  return found
}

function object(value: JsonValue, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new TypeError(`${what} must be a JSON object`)
}

/** @param isPattern whether a list can become one */
function text(value: JsonValue, what: string, isPattern = false): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw new TypeError(`${what} must be text in quotes`)
  throw new TypeError(`${what} must be text; ${isPattern ? oneOf(value) : 'write an entry for each'}`)
}
