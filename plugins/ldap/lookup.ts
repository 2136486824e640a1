// Who an account is in the directory: its one entry, and the labels that its attributes give.
import type { Clock, Labels, Why } from '../../core/plugin.ts'
import type { Connection } from './connection.ts'
import { escapeDnValue } from './dn.ts'
import { type Entry, valuesOf } from './entry.ts'
import { LdapRefusal } from './failures.ts'
import { allOf } from './filter.ts'
import type { LookupOptions } from './options.ts'
import { labelValues } from './values.ts'

/** What a search for an account's entry comes to. */
export type Found =
  | { readonly kind: 'one'; readonly entry: Entry }
  | { readonly kind: 'none' | 'many' | 'disabled' }

const NO_SUCH_OBJECT = 32

/** What an account's entry is searched with. */
export interface Lookup {
  readonly options: LookupOptions
  /** Attributes to read besides those of the labels. */
  readonly attributes: readonly string[]
  readonly clock: Clock
  /** Learns what is searched for, and what is found. */
  readonly why?: Why | undefined
}

export async function findAccount(
  connection: Connection,
  account: string,
  { options, attributes: further, clock, why }: Lookup,
  signal: AbortSignal,
): Promise<Found> {
  const attributes = [
    ...new Set([...further, ...Array.from(options.labels.values(), (label) => label.attribute)]),
  ]
  const base = options.base.render({ account }, escapeDnValue)
  const filter = options.filter.render({ account })
  const disabled = options.disabled?.(clock.now())
  const search = async (filter: string) => {
    try {
      // Two are enough to know that it is not one.
      return await connection.search({ base, filter, attributes, limit: 2 }, signal)
    } catch (error) {
      const perAccount = options.base.variables.length > 0
      if (perAccount && error instanceof LdapRefusal && error.code === NO_SUCH_OBJECT) return []
      throw error
    }
  }
  why?.say(`searches ${base} for ${filter}`)
  const found = await find()
  why?.say(foundIn(found))
  return found

  async function find(): Promise<Found> {
    const entries = await search(disabled ? allOf(filter, `(!${disabled})`) : filter)
    if (entries.length > 1) return { kind: 'many' }
    const [entry] = entries
    // The root of the directory has an empty name: to bind as that is to bind as nobody.
    if (entry && entry.dn !== '') return { kind: 'one', entry }
    if (disabled && (await search(filter)).length > 0) return { kind: 'disabled' }
    return { kind: 'none' }
  }
}

function foundIn(found: Found): string {
  switch (found.kind) {
    case 'one':
      return `the entry is ${found.entry.dn}`
    case 'none':
      return 'there is no entry'
    case 'many':
      return 'there is more than one entry; make `filter` narrower'
    case 'disabled':
      return 'the entry is disabled'
  }
}

/** The labels that an entry's own attributes give; a label without values is left out. */
export function labelsOf(entry: Entry, { labels }: LookupOptions): Labels {
  const found: Record<string, readonly string[]> = Object.create(null)
  for (const [name, rule] of labels) {
    const values = labelValues(valuesOf(entry, rule.attribute), rule)
    if (values.length > 0) found[name] = values
  }
  return found
}
