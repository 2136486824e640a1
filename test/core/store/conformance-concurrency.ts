// The part of the store's suite in which several nodes do everything at once.
import { expect } from 'chai'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { HOUR, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

/** Two stores over the same tokens. */
export interface Nodes {
  readonly one: TokenStore
  readonly other: TokenStore
}

/** Describes the tests. @param nodes gives those of the test that runs, which are empty at first */
export function describeConcurrency(nodes: () => Nodes): void {
  describe('when several nodes work at once', () => {
    it('one of many that revoke a token is told that it did', async () => {
      const { one, other } = nodes()
      const token = newToken()
      await one.add(token)
      const names = Array.from({ length: 40 }, (_, place) => `user ${place}`)
      const told = await Promise.all(
        names.map((by, place) => (place % 2 ? one : other).revoke(token.id, { at: place, by })),
      )
      expect(told.filter(Boolean)).lengthOf(1)
      const winner = told.indexOf(true)
      expect((await one.get(token.id))?.revoked).deep.equal({ at: winner, by: names[winner] })
    })

    it('one of many that add a token with the same id succeeds, and its token is kept', async () => {
      const { one, other } = nodes()
      const { id } = newToken()
      const rivals = Array.from({ length: 20 }, (_, place) => newToken({ id, account: `user ${place}` }))
      const results = await Promise.allSettled(
        rivals.map((token, place) => (place % 2 ? one : other).add(token)),
      )
      const kept = rivals.filter((_, place) => results[place]!.status === 'fulfilled')
      expect(kept).lengthOf(1)
      expect(await one.get(id)).deep.equal(kept[0])
      expect(await idsOf(other)).deep.equal([id])
    })

    it('nothing is lost, and every acknowledgement is true on the other node at once', async () => {
      const { one, other } = nodes()
      const final: KeptToken[] = []
      const work = async (mine: TokenStore, theirs: TokenStore, worker: number) => {
        for (let round = 0; round < 20; round++) {
          let token = newToken({ account: `account ${worker}`, client: `client ${round % 3}` })
          await mine.add(token)
          expect(await theirs.get(token.id)).deep.equal(token)
          const use = { used: round, until: token.until! + round, session: `session ${round}` }
          await theirs.use(token.id, use)
          token = { ...token, ...use }
          expect(await mine.get(token.id)).deep.equal(token)
          if (round % 2 === 0) {
            const revoked = { at: round, by: `worker ${worker}` }
            expect(await mine.revoke(token.id, revoked)).equal(true)
            token = { ...token, revoked }
            expect(await theirs.get(token.id)).deep.equal(token)
          }
          final.push(token)
        }
      }
      const workers = Array.from({ length: 16 }, (_, place) => place)
      await Promise.all(
        workers.map((worker) => (worker % 2 ? work(one, other, worker) : work(other, one, worker))),
      )
      expect(await idsOf(one)).deep.equal(sortedIds(final))
      expect(await Promise.all(final.map(({ id }) => other.get(id)))).deep.equal(final)
      const third = final.filter(({ account }) => account === 'account 3')
      expect(await idsOf(one, { account: 'account 3' })).deep.equal(sortedIds(third))
    })

    it('no use, however late, makes a revoked token live again', async () => {
      const { one, other } = nodes()
      const tokens = newTokens(20, { session: 'old' })
      await Promise.all(tokens.map((token) => one.add(token)))
      const revoked = new Map<string, object>()
      let over = false
      const useAll = async (store: TokenStore) => {
        for (let round = 1; !over; round++) {
          const use = { used: round, until: Date.now() + HOUR, session: `session ${round}` }
          await Promise.all(tokens.map(({ id }) => store.use(id, use)))
        }
      }
      const watch = async (store: TokenStore) => {
        while (!over) {
          // What was acknowledged before the question must be in the answer.
          for (const [id, revocation] of [...revoked]) {
            expect((await store.get(id))?.revoked).deep.equal(revocation)
          }
          await new Promise(setImmediate)
        }
      }
      const revokeAll = async () => {
        for (const [place, { id }] of tokens.entries()) {
          const revocation = { at: place, by: 'bob' }
          expect(await (place % 2 ? one : other).revoke(id, revocation)).equal(true)
          revoked.set(id, revocation)
        }
      }
      const others = [one, other].flatMap((store) => [useAll(store), watch(store)])
      try {
        await revokeAll()
      } finally {
        over = true
        await Promise.all(others)
      }
      for (const { id } of tokens) expect((await one.get(id))?.revoked).deep.equal(revoked.get(id))
    })

    it('a list has every token that is there all the time, once', async () => {
      const { one, other } = nodes()
      const lasting = newTokens(700)
      await Promise.all(lasting.map((token) => one.add(token)))
      let over = false
      const disturb = async (store: TokenStore, part: number) => {
        for (let place = part; !over; place += 2) {
          const { id, until } = lasting[place % lasting.length]!
          await Promise.all([
            store.add(newToken()),
            store.use(id, { used: place, until: until! }),
            store.revoke(id, { at: place, by: 'bob' }),
          ])
        }
      }
      const disturbers = [disturb(one, 0), disturb(other, 1)]
      const expected = new Set(lasting.map(({ id }) => id))
      try {
        for (const filter of [{}, { account: 'alice' }]) {
          const found = await idsOf(other, filter)
          expect(new Set(found).size, 'a token is listed twice').equal(found.length)
          expect(found.filter((id) => expected.has(id))).lengthOf(expected.size)
        }
      } finally {
        over = true
        await Promise.all(disturbers)
      }
    })
  })
}
