// Keeps entries in memory, for tests of plugins and for `check`: nothing of them outlives the process.
import type { Clock } from '../plugin.ts'
import type { Entries, Entry, EntryChange, Kept } from './entries.ts'

/** @example const entries = createMemoryEntries({ now: Date.now }) */
export function createMemoryEntries(clock: Clock): Entries {
  const spaces = new Map<string, Map<string, Entry>>()

  /** Without those whose end has come. */
  function entriesOf(space: string): Map<string, Entry> {
    const held = spaces.get(space) ?? new Map<string, Entry>()
    spaces.set(space, held)
    for (const [id, { end }] of held) if (end <= clock.now()) held.delete(id)
    return held
  }

  function put({ space, id, entry, expected, bounds }: EntryChange): Kept {
    const held = entriesOf(space)
    const current = held.get(id)
    if (current?.value === entry.value) return 'kept'
    if (expected === 'absent' && current) return 'differs'
    if (typeof expected === 'object' && current?.value !== expected.value) return 'differs'
    const others = [...held].filter(([other]) => other !== id)
    const bytes = others.reduce((sum, [, { size }]) => sum + size, entry.size)
    if (others.length + 1 > bounds.entries || bytes > bounds.bytes) return 'full'
    held.set(id, entry)
    return 'kept'
  }

  return {
    get: async (space, id) => entriesOf(space).get(id)?.value,
    put: async (change) => put(change),
    drop: async (space, id) => void entriesOf(space).delete(id),
  }
}
