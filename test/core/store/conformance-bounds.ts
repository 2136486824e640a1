// The part of the store's suite on how many refresh tokens an account may have.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Bound, KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import type { Nodes } from './conformance-concurrency.ts'
import { endlessToken, HOUR, idsOf, newToken, newTokens, ODD_NAMES, sortedIds } from './tokens.ts'

interface BoundedNodes extends Nodes {
  /** Lets some time of `one` pass. */
  letTimePass(): Promise<void>
}

const FEW: Bound = { unused: 3, all: 5 }

/** Describes the tests. @param nodes gives those of the test that runs, which are empty at first */
export function describeBounds(nodes: () => BoundedNodes): void {
  describe('with a bound of the refresh tokens of an account', () => {
    /** Tokens that were made one after the other. */
    const inTurn = (count: number, given: Partial<KeptToken> = {}) =>
      newTokens(count, given).map((token, place) => ({ ...token, created: token.created + place }))

    async function addAll(
      store: TokenStore,
      tokens: readonly KeptToken[],
      bound?: Bound,
    ): Promise<boolean[]> {
      const added: boolean[] = []
      for (const token of tokens) added.push(await store.add(token, bound))
      return added
    }

    const use = (store: TokenStore, { id, until }: KeptToken) =>
      store.use(id, { used: Date.now(), until: until! })

    it('the oldest that were never used end for a new one, on every node and in every list', async () => {
      const { one, other } = nodes()
      const tokens = inTurn(5, { client: 'docker' })
      // The order in which they come does not matter, but when they were made.
      const [first, second, third, ...later] = tokens
      expect(await addAll(one, [third!, first!, second!], FEW)).deep.equal([true, true, true])
      expect(await addAll(other, later, FEW)).deep.equal([true, true])
      for (const store of [one, other]) {
        expect(await store.get(first!.id)).equal(undefined)
        expect(await store.get(second!.id)).equal(undefined)
        for (const filter of [{}, { account: 'alice' }, { client: 'docker' }]) {
          expect(await idsOf(store, filter)).deep.equal(sortedIds(tokens.slice(2)))
        }
      }
    })

    it('one that was used stays, whatever comes, and none is kept beyond the bound of all', async () => {
      const { one, other } = nodes()
      const used = inTurn(5)
      for (const token of used) {
        expect(await one.add(token, FEW)).equal(true)
        expect(await use(other, token)).equal(true)
      }
      const late = inTurn(4)
      expect(await addAll(other, late, FEW)).deep.equal([false, false, false, false])
      expect(await idsOf(one)).deep.equal(sortedIds(used))
      for (const { id } of late) expect(await one.get(id)).equal(undefined)
    })

    it('a new one takes the place of the oldest unused one when there is no other room', async () => {
      const { one, other } = nodes()
      const used = inTurn(2)
      await addAll(one, used, FEW)
      for (const token of used) await use(one, token)
      const unused = inTurn(4)
      expect(await addAll(other, unused, FEW)).deep.equal([true, true, true, true])
      expect(await idsOf(one)).deep.equal(sortedIds([...used, ...unused.slice(1)]))
    })

    it('one that is refused ends nothing', async () => {
      const { one } = nodes()
      const used = inTurn(4)
      await addAll(one, used)
      for (const token of used) await use(one, token)
      const unused = newToken()
      expect(await one.add(unused, FEW)).equal(true)
      expect(await one.add(newToken(), FEW)).equal(false)
      expect(await idsOf(one)).deep.equal(sortedIds([...used, unused]))
    })

    it('a token that is taken already is an error, which ends nothing', async () => {
      const { one } = nodes()
      const tokens = inTurn(3)
      await addAll(one, tokens, FEW)
      const fault = await one.add(tokens[2]!, FEW).catch((error: Error) => error)
      expect(fault).instanceOf(Error)
      expect(await idsOf(one)).deep.equal(sortedIds(tokens))
    })

    it('other accounts, other kinds and revoked ones do not count', async () => {
      const { one, other } = nodes()
      const others = [
        ...inTurn(4, { account: 'Alice' }),
        ...inTurn(4, { kind: 'personal' }),
        ...inTurn(4, { kind: 'browser' }),
      ]
      for (const token of others) await one.add(token)
      const revoked = inTurn(5)
      await addAll(one, revoked, FEW)
      for (const { id } of revoked) await other.revoke(id, { at: 1, by: 'bob' })
      const own = inTurn(3)
      expect(await addAll(other, own, FEW)).deep.equal([true, true, true])
      // The first two made room for the last two.
      expect(await idsOf(one)).deep.equal(sortedIds([...others, ...revoked.slice(2), ...own]))
    })

    it('those that have ended do not count any more', async () => {
      const { one, other, letTimePass } = nodes()
      const until = Date.now() + 100
      for (const token of inTurn(5, { until })) {
        await one.add(token)
        await one.use(token.id, { used: 1, until })
      }
      const next = newToken()
      while (!(await other.add(next, FEW))) await letTimePass()
      expect(await other.get(next.id)).deep.equal(next)
    })

    it('a use moves the end, so that one counts as long as it is good', async () => {
      const { one, other, letTimePass } = nodes()
      const far = Date.now() + 100_000 * HOUR
      // The uses must come before the end that they move: where they were too slow, others get more time.
      for (let room = 500, account = ''; ; room *= 2) {
        account = `room ${room}`
        const until = Date.now() + room
        const tokens = inTurn(5, { account, until })
        for (const token of tokens) await one.add(token)
        const uses = await Promise.all(tokens.map(({ id }) => other.use(id, { used: 1, until: far })))
        const witness = newToken({ account: 'bob', until })
        await one.add(witness)
        while (await one.get(witness.id)) await letTimePass()
        if (uses.includes(false)) continue
        expect(await other.add(newToken({ account }), FEW)).equal(false)
        return
      }
    })

    it('a lower bound ends what is too many, and no used one', async () => {
      const { one } = nodes()
      const tokens = inTurn(260)
      await addAll(one, tokens)
      const used = tokens.slice(0, 2)
      for (const token of used) await use(one, token)
      const later = inTurn(4).map((token) => ({ ...token, created: token.created + HOUR }))
      expect(await addAll(one, later, FEW)).deep.equal([true, true, true, true])
      expect(await idsOf(one)).deep.equal(sortedIds([...used, ...later.slice(-3)]))
    })

    it('accounts of any spelling have counts of their own', async () => {
      const { one, other } = nodes()
      const bound = { unused: 1, all: 1 }
      for (const account of ODD_NAMES) {
        const [first, second] = inTurn(2, { account })
        expect(await addAll(one, [first!, second!], bound)).deep.equal([true, true])
        expect(await idsOf(other, { account }), JSON.stringify(account)).deep.equal([second!.id])
      }
    })

    it('takes one without an end', async () => {
      const { one } = nodes()
      const tokens = inTurn(4).map(({ created }) => endlessToken({ created }))
      await addAll(one, tokens, FEW)
      expect(await idsOf(one)).deep.equal(sortedIds(tokens.slice(1)))
      for (const { id } of tokens.slice(1)) await one.use(id, { used: 1 })
      const used = inTurn(4)
      expect(await addAll(one, used, { unused: 9, all: 5 })).deep.equal([true, true, false, false])
    })

    it('holds however many nodes add and use at once', async () => {
      const { one, other } = nodes()
      const bound = { unused: 4, all: 8 }
      const usedOnes: string[] = []
      const work = async (store: TokenStore, elsewhere: TokenStore) => {
        for (const [place, token] of inTurn(12).entries()) {
          const added = await store.add(token, bound)
          if (added && place % 3 === 0 && (await use(elsewhere, token))) usedOnes.push(token.id)
        }
      }
      await Promise.all([work(one, other), work(other, one), work(one, one)])
      const kept: KeptToken[] = await Array.fromAsync(one.list({ account: 'alice' }))
      const used = kept.filter((token) => token.used !== undefined)
      expect(used.map(({ id }) => id).sort()).deep.equal(usedOnes.sort())
      // A use takes away from the unused ones, and so makes room: at last one more add brings both within their bounds.
      await one.add(newToken(), bound)
      const all = await idsOf(one)
      expect(all.length).most(bound.all)
      expect(all.length - used.length).most(bound.unused)
    })

    it('counts rightly, whatever happens to tokens in any order', async () => {
      const { one, other } = nodes()
      let run = 0
      const step = fc.record({
        what: fc.constantFrom('add', 'use', 'revoke'),
        place: fc.nat({ max: 20 }),
        far: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const account = `run ${run++}`
          const model: { id: string; used: boolean }[] = []
          const made: KeptToken[] = []
          for (const { what, place, far } of steps) {
            const store = far ? other : one
            const token = made[place % Math.max(1, made.length)]
            if (what === 'add') {
              const next = newToken({ account, created: 1_000 + made.length })
              const unused = model.filter(({ used }) => !used)
              const excess = Math.max(0, unused.length + 1 - FEW.unused)
              const room = model.length + 1 - excess <= FEW.all
              expect(await store.add(next, FEW)).equal(room)
              if (!room) continue
              for (const { id } of unused.slice(0, excess))
                model.splice(
                  model.findIndex((each) => each.id === id),
                  1,
                )
              model.push({ id: next.id, used: false })
              made.push(next)
            } else if (token) {
              const place = model.findIndex(({ id }) => id === token.id)
              if (what === 'use') {
                expect(await use(store, token)).equal(place >= 0)
                if (place >= 0) model[place]!.used = true
              } else {
                expect(await store.revoke(token.id, { at: 1, by: 'bob' })).equal(place >= 0)
                if (place >= 0) model.splice(place, 1)
              }
            }
          }
          const good = (await Array.fromAsync(one.list({ account }))).filter(({ revoked }) => !revoked)
          expect(sortedIds(good)).deep.equal(model.map(({ id }) => id).sort())
        }),
        { numRuns: 20 },
      )
    })
  })
}
