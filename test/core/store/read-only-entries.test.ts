// Entries for a question that must change nothing.
import { expect } from 'chai'
import type { Expected } from '../../../core/store/entries.ts'
import { createMemoryEntries } from '../../../core/store/memory-entries.ts'
import { readOnlyEntries } from '../../../core/store/read-only-entries.ts'
import { HOUR } from './tokens.ts'

describe('entries that are only read', () => {
  const entries = createMemoryEntries({ now: Date.now })
  const readOnly = readOnlyEntries(() => entries)
  const change = (id: string, expected: Expected) => ({
    space: 'space',
    id,
    entry: { value: 'new', end: Date.now() + HOUR, size: 1 },
    expected,
    bounds: { entries: 1, bytes: 1 },
  })

  before(async () => {
    await entries.put({
      ...change('there', 'absent'),
      entry: { value: 'old', end: Date.now() + HOUR, size: 1 },
    })
  })

  for (const [id, expected, kept] of [
    ['there', 'any', 'kept'],
    ['there', 'absent', 'differs'],
    ['there', { value: 'old' }, 'kept'],
    ['there', { value: 'another' }, 'differs'],
    ['missing', 'absent', 'kept'],
    ['missing', { value: 'old' }, 'differs'],
  ] as const) {
    it(`answer ${kept}, and keep nothing: ${id}, ${JSON.stringify(expected)}`, async () => {
      expect(await readOnly.put(change(id, expected))).equal(kept)
      await readOnly.drop('space', id)
      expect(await entries.get('space', 'there')).equal('old')
      expect(await readOnly.get('space', 'there')).equal('old')
      expect(await readOnly.get('space', 'missing')).equal(undefined)
    })
  }
})
