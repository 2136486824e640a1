// The store's suite on what plugins keep, on the entries in memory.
import { createMemoryEntries } from '../../../core/store/memory-entries.ts'
import { describeEntries, type EntryNodes } from './conformance-entries.ts'

const MINUTE = 60_000

describe('entries in memory', () => {
  let nodes: EntryNodes
  beforeEach(() => {
    let passed = 0
    const entries = createMemoryEntries({ now: () => Date.now() + passed })
    nodes = {
      one: entries,
      other: entries,
      async letTimePass() {
        passed += MINUTE
      },
    }
  })
  describeEntries(() => nodes)
})
