// Labels: what a plugin knows about an account (groups, teams, ...), read by labelers and authorizers.
import { frozenTexts } from './frozen.ts'

/** Label names to their values. Always frozen; objects of this type have no prototype. */
export type Labels = Readonly<Record<string, readonly string[]>>

/** No labels at all. */
export const NO_LABELS: Labels = Object.freeze(Object.create(null))

/**
 * Reads labels from what a backend sent: an object whose values are a string or a list of strings.
 * `null` and `undefined`, as the whole or as one label's value, mean "no such label".
 *
 * @param onNull is told the label that has `null` among its values, which is then left out; without it that is an error
 * @throws TypeError naming the label that has another shape (its value is not shown)
 * @example toLabels({ group: ['dev', 'ops'], site: 'berlin' }) // { group: ['dev', 'ops'], site: ['berlin'] }
 */
export function toLabels(value: unknown, onNull?: (label: string) => void): Labels {
  if (value === null || value === undefined) return NO_LABELS
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new TypeError('labels must be an object of name: [values]')
  }
  if (value instanceof Promise) throw new TypeError('labels are a promise; write await before it')
  if (value instanceof Map || value instanceof Set)
    throw new TypeError(`labels are a ${value.constructor.name}; write an object: { name: [values] }`)
  const entries = Object.entries(value)
  if (entries.length === 0) return NO_LABELS
  const labels: Record<string, readonly string[]> = Object.create(null)
  for (const [name, held] of entries) {
    if (held === null || held === undefined) continue
    const list = onNull && Array.isArray(held) ? withoutNull(held, () => onNull(name)) : held
    const values = frozenTexts(typeof list === 'string' ? [list] : list)
    if (!values) throw new TypeError(`label ${JSON.stringify(name)} must be a string or a list of strings`)
    labels[name] = values
  }
  return Object.freeze(labels)
}

function withoutNull(values: readonly unknown[], onNull: () => void): unknown[] {
  const kept = values.filter((value) => value !== null)
  if (kept.length < values.length) onNull()
  return kept
}

/**
 * The union of several sets of labels: for each name all values, each once, in the order given.
 *
 * @example mergeLabels({ group: ['a'] }, { group: ['a', 'b'] }) // { group: ['a', 'b'] }
 */
export function mergeLabels(...all: readonly Labels[]): Labels {
  const some = all.filter((labels) => labels !== NO_LABELS)
  if (some.length === 0) return NO_LABELS
  const sets = new Map<string, Set<string>>()
  for (const labels of some) {
    for (const name of Object.keys(labels)) {
      const held = sets.get(name)
      if (!held) sets.set(name, new Set(labels[name]))
      else for (const value of labels[name]!) held.add(value)
    }
  }
  if (sets.size === 0) return NO_LABELS
  const merged: Record<string, readonly string[]> = Object.create(null)
  for (const [name, values] of sets) merged[name] = Object.freeze([...values])
  return Object.freeze(merged)
}
