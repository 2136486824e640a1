// The part of the store's suite on leases: who may renew the session of a token.
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { TokenStore } from '../../../core/store/token-store.ts'
import type { Nodes } from './conformance-concurrency.ts'
import { HOUR, idsOf, newToken, ODD_NAMES } from './tokens.ts'

/** Later than a test lets time pass. */
const FAR = 100_000 * HOUR

interface LeaseNodes extends Nodes {
  /** Lets some time of `one` pass. */
  letTimePass(): Promise<void>
}

/** Describes the tests. @param nodes gives those of the test that runs, which are empty at first */
export function describeLeases(nodes: () => LeaseNodes): void {
  describe('a lease', () => {
    it('is had by one owner, on every node, until it is given back', async () => {
      const { one, other } = nodes()
      expect(await one.lease('a', 'first', FAR)).equal(true)
      for (const store of [one, other]) expect(await store.lease('a', 'second', FAR)).equal(false)
      await one.release('a', 'first')
      expect(await other.lease('a', 'second', FAR)).equal(true)
      for (const store of [one, other]) expect(await store.lease('a', 'first', FAR)).equal(false)
    })

    it('is given again to the owner that has it, on every node', async () => {
      const { one, other } = nodes()
      for (const store of [one, one, other]) expect(await store.lease('a', 'first', FAR)).equal(true)
      expect(await other.lease('a', 'second', FAR)).equal(false)
      // However often it was taken, it is given back once.
      await other.release('a', 'first')
      expect(await one.lease('a', 'second', FAR)).equal(true)
    })

    it('stays when somebody gives it back who does not have it', async () => {
      const { one, other } = nodes()
      await one.release('a', 'second')
      expect(await one.lease('a', 'first', FAR)).equal(true)
      for (const store of [one, other]) {
        await store.release('a', 'second')
        await store.release('b', 'first')
      }
      expect(await other.lease('a', 'second', FAR)).equal(false)
      await one.release('a', 'first')
      await one.release('a', 'first')
      expect(await other.lease('a', 'second', FAR)).equal(true)
      await one.release('a', 'first')
      expect(await one.lease('a', 'third', FAR)).equal(false)
    })

    it('goes away by itself, and then belongs to who takes it next', async () => {
      const { one, other, letTimePass } = nodes()
      expect(await one.lease('witness', 'first', FAR)).equal(true)
      expect(await other.lease('a', 'first', 100)).equal(true)
      while (!(await one.lease('a', 'second', FAR))) await letTimePass()
      expect(await other.lease('a', 'first', FAR)).equal(false)
      // Its first owner comes too late.
      await other.release('a', 'first')
      expect(await one.lease('a', 'third', FAR)).equal(false)
      expect(await one.lease('witness', 'second', FAR)).equal(false)
    })

    it('lasts as long as its owner asked for the last time', async () => {
      const { one, other, letTimePass } = nodes()
      expect(await one.lease('longer', 'first', 100)).equal(true)
      // The first time may be over already: it is its owner's again then.
      expect(await one.lease('longer', 'first', FAR)).equal(true)
      expect(await one.lease('shorter', 'first', FAR)).equal(true)
      expect(await one.lease('shorter', 'first', 100)).equal(true)
      while (!(await one.lease('shorter', 'second', FAR))) await letTimePass()
      for (const store of [one, other]) expect(await store.lease('longer', 'second', FAR)).equal(false)
    })

    it('is of one id alone, and of one owner, of any spelling', async () => {
      const { one, other } = nodes()
      for (const name of ODD_NAMES) expect(await one.lease(name, name, FAR), name).equal(true)
      for (const [place, name] of ODD_NAMES.entries()) {
        const next = ODD_NAMES[(place + 1) % ODD_NAMES.length]!
        await other.release(name, next)
        expect(await other.lease(name, next, FAR), name).equal(false)
        expect(await other.lease(name, name, FAR), name).equal(true)
      }
    })

    it('needs no token, makes none, and changes nothing of one', async () => {
      const { one, other } = nodes()
      const token = newToken({ session: 'sealed' })
      expect(await one.lease(token.id, 'first', FAR)).equal(true)
      expect(await other.get(token.id)).equal(undefined)
      expect(await idsOf(other)).deep.equal([])
      await one.add(token)
      expect(await other.lease(token.id, 'second', FAR)).equal(false)
      expect(await one.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
      expect(await other.lease(token.id, 'second', FAR)).equal(false)
      await one.release(token.id, 'first')
      expect(await other.get(token.id)).deep.equal({ ...token, revoked: { at: 1, by: 'bob' } })
    })

    it('is had by one of many that ask at once', async () => {
      const { one, other } = nodes()
      const owners = Array.from({ length: 40 }, () => randomUUID())
      const told = await Promise.all(
        owners.map((owner, place) => (place % 2 ? one : other).lease('a', owner, FAR)),
      )
      expect(told.filter(Boolean)).lengthOf(1)
      const winner = owners[told.indexOf(true)]!
      expect(await one.lease('a', winner, FAR)).equal(true)
    })

    it('is never had by two, however often it changes hands', async () => {
      const { one, other } = nodes()
      const had: string[] = []
      let turns = 0
      const work = async (store: TokenStore) => {
        const owner = randomUUID()
        for (let got = 0; got < 5; ) {
          if (!(await store.lease('a', owner, FAR))) continue
          had.push(owner)
          await setImmediate()
          expect(had).deep.equal([owner])
          had.pop()
          got += 1
          turns += 1
          await store.release('a', owner)
        }
      }
      await Promise.all([one, other].flatMap((store) => [work(store), work(store), work(store)]))
      expect(turns).equal(30)
    })
  })
}
