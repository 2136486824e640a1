// The groups of an account by search, level by level: the groups that it is in, the groups that those are in, ...
import { type Host, type Labels, NO_LABELS, type Why } from '../../core/plugin.ts'
import type { Connection } from './connection.ts'
import { type Entry, valuesOf } from './entry.ts'
import { anyOf } from './filter.ts'
import type { LookupOptions } from './options.ts'
import { labelValues } from './values.ts'

type GroupOptions = NonNullable<LookupOptions['groups']>

const MAX_GROUPS = 5_000
/** So many members one search asks for. */
const CHUNK = 50

/** Whose groups are wanted: an account's entry. */
export interface Member {
  readonly dn: string
  readonly account: string
}

/** Does a search on a connection that is lent for it. */
export type Searching = (
  search: (connection: Connection, signal: AbortSignal) => Promise<Labels>,
) => Promise<Labels>

/** The groups of members. Without options nobody is in any. */
export type Groups = (member: Member, searching: Searching, why?: Why) => Promise<Labels>

/** How many accounts' groups are kept. */
const MOST_KEPT = 10_000

/** Finds groups, and keeps what was found for as long as `cache` says. */
export function openGroups(options: GroupOptions | undefined, host: Pick<Host, 'cache'>): Groups {
  if (!options) return async () => NO_LABELS
  const { cache } = options
  const kept = cache === undefined ? undefined : host.cache<Labels>('groups', { ttl: cache, max: MOST_KEPT })
  return async (member, searching, why) => {
    const key = [member.dn, member.account]
    const known = kept?.get(key)
    const found =
      known ?? (await searching((connection, signal) => groupLabels(connection, member, options, signal)))
    const names = found[options.label] ?? []
    const how = known ? ', as found before (cache)' : ''
    why?.say(
      `searches ${options.base} for its groups: ${names.length === 0 ? 'none' : names.join(', ')}${how}`,
    )
    if (!known) kept?.set(key, found)
    return found
  }
}

/**
 * @param member the account's entry
 * @returns the label with the groups' names, each once; none when there are no groups
 * @throws Error when there are more than 5,000 groups
 */
async function groupLabels(
  connection: Connection,
  { dn, account }: Member,
  options: GroupOptions,
  signal: AbortSignal,
): Promise<Labels> {
  const found = new Map<string, Entry>()
  let members: readonly string[] = [dn]
  for (let level = 0; level <= options.nested && members.length > 0; level++) {
    const around: string[] = []
    for (const group of await groupsOf(connection, members, account, options, signal)) {
      // Groups may be in each other, in a ring.
      const key = group.dn.toLowerCase()
      if (found.has(key)) continue
      found.set(key, group)
      around.push(group.dn)
    }
    if (found.size > MAX_GROUPS) {
      throw new Error(
        `${dn} is in more than ${MAX_GROUPS} groups; make groups.filter or groups.base narrower`,
      )
    }
    members = around
  }
  const names = [...found.values()].flatMap((group) => namesOf(group, options.name))
  const values = new Set(labelValues(names, { ...options, parse_cn: false }))
  return values.size > 0 ? { [options.label]: [...values] } : {}
}

async function groupsOf(
  connection: Connection,
  members: readonly string[],
  account: string,
  { base, filter, name }: GroupOptions,
  signal: AbortSignal,
): Promise<Entry[]> {
  const groups: Entry[] = []
  for (let start = 0; start < members.length; start += CHUNK) {
    const filters = members.slice(start, start + CHUNK).map((dn) => filter.render({ dn, account }))
    const search = { base, filter: anyOf(...new Set(filters)), attributes: [name] }
    groups.push(...(await connection.search(search, signal)))
  }
  return groups
}

/** The name that is written is the DN's own, or else every value of the attribute. */
function namesOf(group: Entry, name: string): readonly string[] {
  return name.toLowerCase() === 'dn' ? [group.dn] : valuesOf(group, name)
}
