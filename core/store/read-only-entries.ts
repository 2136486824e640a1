// What plugins keep, for a question that must change nothing: it sees what is there, and what it would keep is not kept.
import type { Entries } from './entries.ts'

/** @param entries asked for with each call */
export function readOnlyEntries(entries: () => Entries): Entries {
  return {
    get: (space, id) => entries().get(space, id),
    async put({ space, id, expected }) {
      const current = await entries().get(space, id)
      const fits =
        expected === 'any' || (expected === 'absent' ? current === undefined : current === expected.value)
      return fits ? 'kept' : 'differs'
    },
    async drop() {},
  }
}
