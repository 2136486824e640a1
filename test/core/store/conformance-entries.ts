// The part of the store's suite on what plugins keep.
import { expect } from 'chai'
import type { Entries, EntryChange, Expected } from '../../../core/store/entries.ts'
import { HOUR } from './tokens.ts'

/** Two nodes over the same entries. */
export interface EntryNodes {
  readonly one: Entries
  readonly other: Entries
  letTimePass(): Promise<void>
}

const BOUNDS = { entries: 3, bytes: 100 }

/** A change that keeps a value for a long time, unless something else is given. */
function change(
  id: string,
  value: string,
  given: { expected?: Expected; end?: number; size?: number; space?: string } = {},
): EntryChange {
  const { expected = 'any', end = Date.now() + 1_000 * HOUR, size = value.length, space = 'space' } = given
  return { space, id, entry: { value, end, size }, expected, bounds: BOUNDS }
}

/** Describes the tests. @param nodes gives those of the test that runs, which are empty at first */
export function describeEntries(nodes: () => EntryNodes): void {
  describe('what plugins keep', () => {
    it('is seen on every node, by its space and id, until it is dropped', async () => {
      const { one, other } = nodes()
      for (const node of [one, other]) expect(await node.get('space', 'a')).equal(undefined)
      expect(await one.put(change('a', 'first'))).equal('kept')
      expect(await other.put(change('a', 'elsewhere', { space: 'other' }))).equal('kept')
      for (const node of [one, other]) {
        expect(await node.get('space', 'a')).equal('first')
        expect(await node.get('other', 'a')).equal('elsewhere')
        expect(await node.get('space', 'b')).equal(undefined)
      }
      expect(await other.put(change('a', 'second'))).equal('kept')
      expect(await one.get('space', 'a')).equal('second')
      await one.drop('space', 'a')
      await one.drop('space', 'a')
      for (const node of [one, other]) expect(await node.get('space', 'a')).equal(undefined)
      expect(await one.get('other', 'a')).equal('elsewhere')
    })

    it('looks and writes in one step', async () => {
      const { one, other } = nodes()
      const same = (value: string): Expected => ({ value })
      const cases: [Expected, string, string, string][] = [
        [same('none'), 'lost', 'differs', 'undefined'],
        ['absent', 'first', 'kept', 'first'],
        ['absent', 'second', 'differs', 'first'],
        [same('second'), 'third', 'differs', 'first'],
        [same('first'), 'fourth', 'kept', 'fourth'],
        // Repeated, since the answer was lost.
        [same('first'), 'fourth', 'kept', 'fourth'],
        ['absent', 'fourth', 'kept', 'fourth'],
      ]
      for (const [expected, value, kept, after] of cases) {
        expect(await other.put(change('a', value, { expected })), value).equal(kept)
        expect(String(await one.get('space', 'a'))).equal(after)
      }
    })

    it('of many who try at once to be the first, one is', async () => {
      const { one, other } = nodes()
      const tries = Array.from({ length: 40 }, (_, place) =>
        (place % 2 === 0 ? one : other).put(change('a', `value ${place}`, { expected: 'absent' })),
      )
      const kept = (await Promise.all(tries)).flatMap((result, place) =>
        result === 'kept' ? [`value ${place}`] : [],
      )
      expect(kept).lengthOf(1)
      expect(await other.get('space', 'a')).equal(kept[0])
    })

    it('has bounds of number and size for each space, over all nodes', async () => {
      const { one, other } = nodes()
      for (const id of ['a', 'b', 'c']) expect(await one.put(change(id, id))).equal('kept')
      expect(await other.put(change('d', 'd'))).equal('full')
      expect(await other.get('space', 'd')).equal(undefined)
      expect(await other.put(change('d', 'd', { space: 'other' }))).equal('kept')
      // What is there may be replaced, within the size.
      expect(await other.put(change('a', 'larger', { size: 98 }))).equal('kept')
      expect(await other.put(change('b', 'too large', { size: 2 }))).equal('full')
      expect(await one.get('space', 'b')).equal('b')
      expect(await one.put(change('a', 'small', { size: 1 }))).equal('kept')
      await other.drop('space', 'c')
      expect(await one.put(change('d', 'd'))).equal('kept')
      expect(await one.put(change('b', 'just fits', { size: 98 }))).equal('kept')
    })

    it('goes away at its end, makes room then, and not before the end that was written last', async () => {
      const { one, other, letTimePass } = nodes()
      const end = Date.now() + 500
      for (const id of ['short', 'long', 'other'])
        expect(await one.put(change(id, id, { end, size: 30 }))).equal('kept')
      await other.put(change('long', 'longer', { size: 30 }))
      while (await one.get('space', 'short')) await letTimePass()
      while (await one.get('space', 'other')) await letTimePass()
      expect(await one.get('space', 'long')).equal('longer')
      expect(await one.put(change('short', 'anew', { expected: 'absent', size: 30 }))).equal('kept')
      expect(await one.put(change('next', 'next', { expected: 'absent', size: 40 }))).equal('kept')
      expect(await one.put(change('last', 'last', { size: 1 }))).equal('full')
    })
  })
}
