// The part of the store's suite on the end of a store.
import { expect } from 'chai'
import type { TokenStore } from '../../../core/store/token-store.ts'
import type { StoreBackend } from './conformance.ts'
import { faultOf, newToken, newTokens } from './tokens.ts'

/** Describes the tests. @param backend gives that of the test that runs, which is empty at first */
export function describeClose(backend: () => StoreBackend): void {
  describe('a close', () => {
    let store: TokenStore
    let other: TokenStore
    beforeEach(() => {
      store = backend().open()
      other = backend().open()
    })
    afterEach(() => Promise.all([store.close(), other.close()]))

    for (const count of [1, 50]) {
      it(`waits for what was asked before: the first ${count === 1 ? 'token' : `${count} tokens`}`, async () => {
        const tokens = newTokens(count)
        const adding = Promise.allSettled(tokens.map((token) => store.add(token)))
        await store.close()
        expect(await Promise.all(tokens.map(({ id }) => other.get(id)))).deep.equal(tokens)
        expect((await adding).filter(({ status }) => status === 'rejected')).deep.equal([])
      })
    }

    it('ends every call that comes later, which rejects, and may be made again', async () => {
      const token = newToken()
      await store.add(token)
      const list = store.list({})[Symbol.asyncIterator]()
      await store.close()
      await store.close()
      const late = {
        add: store.add(newToken()),
        get: store.get(token.id),
        use: store.use(token.id, { used: 1 }),
        revoke: store.revoke(token.id, { at: 1, by: 'bob' }),
        list: list.next(),
        lease: store.lease(token.id, 'one', 1_000),
        release: store.release(token.id, 'one'),
        ready: store.ready(),
      }
      const results = await Promise.all(
        Object.entries(late).map(async ([name, call]) => [name, (await faultOf(call)).message] as const),
      )
      for (const [name, message] of results) expect(message, name).match(/^the token store, .+, is closed$/)
      expect(await other.get(token.id)).deep.equal(token)
    })
  })
}
