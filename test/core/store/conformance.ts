// What every token store does, whatever it keeps them in: each implementation runs this suite in its own test.
import { expect } from 'chai'
import fc from 'fast-check'
import type { KeptToken, TokenFilter, TokenStore } from '../../../core/store/token-store.ts'
import { describeBounds } from './conformance-bounds.ts'
import { describeClose } from './conformance-close.ts'
import { describeConcurrency } from './conformance-concurrency.ts'
import { describeEntries } from './conformance-entries.ts'
import { describeLeases } from './conformance-leases.ts'
import { describeMarks } from './conformance-marks.ts'
import {
  anyToken,
  endlessToken,
  faultOf,
  HOUR,
  idsOf,
  newToken,
  newTokens,
  ODD_NAMES,
  sortedIds,
} from './tokens.ts'

/** Later than a test can let time pass, which it may do in leaps. */
const FAR = 100_000 * HOUR

/** Where the tokens of one test are: empty at first. */
export interface StoreBackend extends AsyncDisposable {
  /** Opens one more store over the same tokens, as another node would. Whoever opens it closes it. */
  open(): TokenStore
  /**
   * Lets some of the store's time pass (a few minutes at most), and gives it the occasion to drop what has ended.
   * Called again until it has.
   */
  letTimePass(store: TokenStore): Promise<void>
}

/**
 * Describes the tests of one implementation.
 *
 * @param name of the implementation
 * @param start makes a backend for one test
 * @example
 * describeStore('the embedded store', async () => {
 *   const folder = await mkdtemp(join(tmpdir(), 'dockwarden-'))
 *   return { open: () => createEmbeddedStore({ folder, clock, log }), ... }
 * })
 */
export function describeStore(name: string, start: () => Promise<StoreBackend>): void {
  describe(`${name} as a token store`, () => {
    let stack: AsyncDisposableStack
    let backend: StoreBackend
    let one: TokenStore
    let other: TokenStore

    beforeEach(async () => {
      stack = new AsyncDisposableStack()
      backend = stack.use(await start())
      one = stack.adopt(backend.open(), (store) => store.close())
      other = stack.adopt(backend.open(), (store) => store.close())
    })
    afterEach(() => stack.disposeAsync())

    it('gives back every token as it was added, from every node', async () => {
      await fc.assert(
        fc.asyncProperty(anyToken, async (token) => {
          await one.add(token)
          expect(await one.get(token.id)).deep.equal(token)
          expect(await other.get(token.id)).deep.equal(token)
        }),
      )
    })

    it('keeps label names of any spelling apart, whatever was read before', async () => {
      // V8's JSON.parse can read the second as the first.
      for (const name of ['\\', '"', ...ODD_NAMES]) {
        const labels = Object.fromEntries([
          ['first', []],
          [name, [name]],
        ])
        const token = newToken({ labels })
        await one.add(token)
        expect(await one.get(token.id), JSON.stringify(name)).deep.equal(token)
      }
    })

    it('keeps what a browser that has signed in shows, as it keeps any other token', async () => {
      const token = newToken({ kind: 'browser', authenticator: 'oidc', plugin: 'oidc', session: 'sealed' })
      await one.add(token)
      expect(await other.get(token.id)).deep.equal(token)
      expect(await Array.fromAsync(other.list({ account: 'alice' }))).deep.equal([token])
      const use = { used: token.created + 1, until: token.until! + 1, session: 'new' }
      await other.use(token.id, use)
      const revoked = { at: token.created + 2, by: 'alice' }
      expect(await one.revoke(token.id, revoked)).equal(true)
      expect(await other.get(token.id)).deep.equal({ ...token, ...use, revoked })
    })

    it('takes a field that is undefined for one that is missing', async () => {
      const token = endlessToken()
      await one.add({ ...token, client: undefined, session: undefined, until: undefined, revoked: undefined })
      expect(await one.get(token.id)).deep.equal(token)
    })

    it('knows nothing of what was never added', async () => {
      await one.add(newToken())
      for (const id of ['unknown', ...ODD_NAMES]) {
        expect(await one.get(id), id).equal(undefined)
        expect(await one.revoke(id, { at: 1, by: 'bob' }), id).equal(false)
        await one.use(id, { used: 1, until: Date.now() + HOUR })
        expect(await one.get(id), id).equal(undefined)
      }
      expect(await idsOf(one)).lengthOf(1)
    })

    it('is of use while it is empty', async () => {
      await one.ready()
      expect(await one.get('unknown')).equal(undefined)
      expect(await one.revoke('unknown', { at: 1, by: 'bob' })).equal(false)
      await one.use('unknown', { used: 1 })
      expect(await idsOf(one)).deep.equal([])
      expect(await idsOf(one, { account: 'alice' })).deep.equal([])
    })

    it('refuses a second token with the same id, also after a revocation, and keeps the first', async () => {
      const token = newToken()
      await one.add(token)
      const second = newToken({ id: token.id, account: 'bob' })
      expect((await faultOf(other.add(second))).message).contain(token.id)
      expect(await one.get(token.id)).deep.equal(token)
      expect(await idsOf(one, { account: 'bob' })).deep.equal([])
      const revoked = { at: 1, by: 'carol' }
      await one.revoke(token.id, revoked)
      await faultOf(other.add(second))
      expect(await one.get(token.id)).deep.equal({ ...token, revoked })
    })

    describe('a use', () => {
      it('changes the time, the end and the session, and nothing else', async () => {
        const token = newToken({ session: 'old', client: 'docker' })
        const bystander = newToken({ session: 'old' })
        await one.add(token)
        await one.add(bystander)
        const first = { used: token.created + 1, until: token.until! + 1 }
        await other.use(token.id, first)
        expect(await one.get(token.id)).deep.equal({ ...token, ...first })
        const next = { used: token.created + 2, until: token.until! - 1, session: 'new' }
        await other.use(token.id, next)
        expect(await one.get(token.id)).deep.equal({ ...token, ...next })
        expect(await one.get(bystander.id)).deep.equal(bystander)
      })

      it('without an end takes the end away', async () => {
        const { until: _, ...endless } = newToken()
        await one.add({ ...endless, until: Date.now() + HOUR })
        await one.use(endless.id, { used: 7 })
        expect(await one.get(endless.id)).deep.equal({ ...endless, used: 7 })
      })

      it('changes nothing of a revoked token', async () => {
        const token = newToken({ session: 'old' })
        const revoked = { at: 5, by: 'bob' }
        await one.add(token)
        await one.revoke(token.id, revoked)
        for (const store of [one, other]) {
          await store.use(token.id, { used: 9, until: token.until! + HOUR, session: 'new' })
          expect(await store.get(token.id)).deep.equal({ ...token, revoked })
        }
      })
    })

    describe('a revocation', () => {
      it('is seen on every node as soon as it is acknowledged, with who and when', async () => {
        const token = newToken()
        await one.add(token)
        const revoked = { at: Date.now(), by: 'b\u00f6b "the" __proto__' }
        expect(await one.revoke(token.id, revoked)).equal(true)
        expect(await other.get(token.id)).deep.equal({ ...token, revoked })
        expect(await one.get(token.id)).deep.equal({ ...token, revoked })
      })

      it('happens once: the first one stays', async () => {
        const token = newToken()
        await one.add(token)
        expect(await one.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
        expect(await one.revoke(token.id, { at: 2, by: 'eve' })).equal(false)
        expect(await other.revoke(token.id, { at: 3, by: 'eve' })).equal(false)
        expect((await other.get(token.id))?.revoked).deep.equal({ at: 1, by: 'bob' })
      })
    })

    describe('a list', () => {
      it('has what fits all that is asked for, revoked ones too, as they are now', async () => {
        const tokens = [
          newToken({ account: 'alice', client: 'docker' }),
          newToken({ account: 'alice', client: 'podman' }),
          newToken({ account: 'alice' }),
          newToken({ account: 'bob', client: 'docker' }),
          endlessToken({ account: 'bob', kind: 'personal', name: 'ci' }),
        ]
        for (const token of tokens) await one.add(token)
        const revoked = { at: 1, by: 'carol' }
        await one.revoke(tokens[0]!.id, revoked)
        await one.use(tokens[1]!.id, { used: 2, until: tokens[1]!.until! })
        const cases: [TokenFilter, number[]][] = [
          [{}, [0, 1, 2, 3, 4]],
          [{ account: 'alice' }, [0, 1, 2]],
          [{ client: 'docker' }, [0, 3]],
          [{ account: 'alice', client: 'docker' }, [0]],
          [{ account: 'bob', client: 'podman' }, []],
          [{ account: 'carol' }, []],
          [{ client: 'crane' }, []],
          [{ account: undefined, client: undefined }, [0, 1, 2, 3, 4]],
        ]
        for (const [filter, places] of cases) {
          const expected = places.map((place) => tokens[place]!)
          expect(await idsOf(other, filter), JSON.stringify(filter)).deep.equal(sortedIds(expected))
        }
        const now = new Map<string, unknown>()
        for await (const token of other.list({})) now.set(token.id, token)
        expect(now.get(tokens[0]!.id)).deep.equal({ ...tokens[0], revoked })
        expect(now.get(tokens[1]!.id)).deep.equal({ ...tokens[1], used: 2 })
        expect(now.get(tokens[4]!.id)).deep.equal(tokens[4])
      })

      it('tells accounts and clients of any spelling apart', async () => {
        const tokens = ODD_NAMES.map((name) => newToken({ account: name, client: `${name}.` }))
        for (const token of tokens) await one.add(token)
        for (const { id, account, client } of tokens) {
          expect(await idsOf(other, { account }), JSON.stringify(account)).deep.equal([id])
          expect(await idsOf(other, { client: client! }), JSON.stringify(client)).deep.equal([id])
        }
        expect(await idsOf(other)).deep.equal(sortedIds(tokens))
      })

      it('goes through any number of tokens, and may be left before its end', async () => {
        const tokens = newTokens(1_201, { client: 'docker' })
        await Promise.all(tokens.map((token) => one.add(token)))
        for (const filter of [{}, { account: 'alice' }, { client: 'docker' }]) {
          expect(await idsOf(other, filter), JSON.stringify(filter)).deep.equal(sortedIds(tokens))
        }
        for await (const _ of other.list({})) break
        expect(await other.get(tokens[0]!.id)).deep.equal(tokens[0])
      })
    })

    describe('when the time of a token is over', () => {
      /** Waits until the token is gone; the test's own time limit ends it otherwise. */
      async function untilGone(id: string): Promise<void> {
        while (await one.get(id)) await backend.letTimePass(one)
      }

      it('it goes away by itself, on every node and from every list, used and revoked ones too', async () => {
        const later = newToken({ client: 'docker', until: Date.now() + FAR })
        const endless = endlessToken({ client: 'docker' })
        const until = Date.now() + 100
        const ended = newTokens(3, { client: 'docker', until })
        for (const token of [later, endless, ...ended]) await one.add(token)
        await one.use(ended[1]!.id, { used: 1, until })
        await one.revoke(ended[2]!.id, { at: 1, by: 'bob' })
        for (const { id } of ended) await untilGone(id)
        for (const { id } of ended) {
          expect(await other.get(id)).equal(undefined)
          expect(await other.revoke(id, { at: 1, by: 'bob' })).equal(false)
          await other.use(id, { used: 1, until: Date.now() + HOUR })
          expect(await one.get(id)).equal(undefined)
        }
        for (const filter of [{}, { account: 'alice' }, { client: 'docker' }]) {
          expect(await idsOf(other, filter)).deep.equal(sortedIds([later, endless]))
        }
      })

      it('the end that counts is the one of the last use', async () => {
        let shorter = newToken()
        let others: KeptToken[] = []
        // The uses must come before the end that they move: where they were too slow, others get more time.
        for (let room = 1_500, soon = 0; Date.now() >= soon; room *= 2) {
          const account = `room ${room}`
          const late = Date.now() + FAR
          soon = Date.now() + room
          shorter = newToken({ account, until: late })
          const witness = newToken({ account, until: late })
          const [longer, freed] = newTokens(2, { account, until: soon })
          others = [longer!, freed!, witness]
          for (const token of [shorter, ...others]) await one.add(token)
          await one.use(longer!.id, { used: 1, until: late })
          await one.use(freed!.id, { used: 1 })
          await one.use(shorter.id, { used: 1, until: soon })
        }
        await untilGone(shorter.id)
        expect(await idsOf(other, { account: shorter.account })).deep.equal(sortedIds(others))
      })
    })

    describeClose(() => backend)
    describeConcurrency(() => ({ one, other }))
    describeBounds(() => ({ one, other, letTimePass: () => backend.letTimePass(one) }))
    describeMarks(() => ({ one, other, letTimePass: () => backend.letTimePass(one) }))
    describeEntries(() => ({
      one: one.entries,
      other: other.entries,
      letTimePass: () => backend.letTimePass(one),
    }))
    describeLeases(() => ({ one, other, letTimePass: () => backend.letTimePass(one) }))
  })
}
