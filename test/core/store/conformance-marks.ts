// The part of the store's suite on marks: something was so, for a while.
import { expect } from 'chai'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { HOUR, idsOf } from './tokens.ts'

/** Describes the tests. @param nodes gives those of the test that runs, which are empty at first */
export function describeMarks(
  nodes: () => { one: TokenStore; other: TokenStore; letTimePass(): Promise<void> },
): void {
  describe('a mark', () => {
    it('is seen on every node', async () => {
      const { one, other } = nodes()
      for (const store of [one, other]) expect(await store.isMarked('a')).equal(false)
      await one.mark('a', Date.now() + 1_000 * HOUR)
      for (const store of [one, other]) {
        expect(await store.isMarked('a')).equal(true)
        expect(await store.isMarked('b')).equal(false)
      }
      expect(await idsOf(one, {})).deep.equal([])
    })

    it('goes away by itself, and not before the end that was written last', async () => {
      const { one, other, letTimePass } = nodes()
      const soon = Date.now() + 500
      for (const id of ['short', 'long']) await one.mark(id, soon)
      await other.mark('long', soon + 1_000 * HOUR)
      while (await one.isMarked('short')) await letTimePass()
      expect(await one.isMarked('long')).equal(true)
    })
  })
}
