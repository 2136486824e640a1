// The entries that the ACL query answered.
import type { EntryNote, Steps, StoredEntries } from '../../core/plugin.ts'
import { readEntry } from './entry.ts'
import { jsonOf, type Result, requireColumns, textOf } from './rows.ts'

const STEPS_AN_ENTRY = 10

/**
 * Reads the entries, in the order of the rows.
 *
 * @throws Error naming what to write in the query
 */
export function* readEntries(result: Result): Steps<StoredEntries> {
  requireColumns(result, 'acl_entry')
  const entries: StoredEntries['entries'][number][] = []
  const faults: EntryNote[] = []
  const warnings: EntryNote[] = []
  for (const [index, row] of result.rows.entries()) {
    yield STEPS_AN_ENTRY
    const seq = textOf(row, 'seq')
    const place = seq === undefined ? `no seq, row ${index + 1}` : `seq ${seq}`
    try {
      const { rule, warnings: odd } = readEntry(jsonOf(row, 'acl_entry'), seq)
      warnings.push(...odd.map((message) => ({ place, message })))
      entries.push({ place, rule })
    } catch (error) {
      faults.push({ place, message: (error as Error).message })
    }
  }
  return { entries, faults, warnings }
}
