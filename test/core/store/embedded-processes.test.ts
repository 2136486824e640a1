import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { describeStore } from './conformance.ts'
import { newFolder, openHere, startBackend } from './embedded-backend.ts'
import { type StoreProcess, startStoreProcess } from './embedded-process.ts'
import { idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

describe('with another process', () => {
  let elsewhere: StoreProcess
  before(() => {
    elsewhere = startStoreProcess()
  })
  after(() => elsewhere[Symbol.asyncDispose]())

  describeStore('the embedded store of two processes', () => startBackend((folder) => elsewhere.open(folder)))
})

describe('the embedded store of several processes', () => {
  let root: string
  let folder: string
  let stack: AsyncDisposableStack

  beforeEach(async () => {
    root = await newFolder()
    folder = join(root, 'var')
    stack = new AsyncDisposableStack()
  })
  afterEach(async () => {
    await stack.disposeAsync()
    await rm(root, { recursive: true })
  })

  const opened = () => stack.adopt(openHere(folder), (store) => store.close())

  it('does not keep a process alive that forgot to close it', async () => {
    await using elsewhere = startStoreProcess()
    const token = newToken()
    await elsewhere.open(folder).add(token)
    expect(await elsewhere.leave()).equal(0)
    expect(await opened().get(token.id)).deep.equal(token)
  })

  it('works when all of them start with a new file at once', async () => {
    for (let round = 0; round < 3; round++) {
      await using processes = new AsyncDisposableStack()
      const stores = Array.from({ length: 4 }, () => processes.use(startStoreProcess()).open(folder))
      // They are up when they have answered.
      await Promise.all(stores.map((store) => store.ready()))
      const tokens = newTokens(stores.length)
      await Promise.all(stores.map((store, place) => store.add(tokens[place]!)))
      for (const store of stores) expect(await idsOf(store)).deep.equal(sortedIds(tokens))
      await processes.disposeAsync()
      await rm(folder, { recursive: true })
    }
  }).timeout(60_000)

  it('keeps what it acknowledged when a process is killed in the middle of its writes', async () => {
    const here = opened()
    const added = new Set<string>()
    const revoked = new Set<string>()
    for (let round = 0; round < 5; round++) {
      await using doomed = startStoreProcess()
      const elsewhere = doomed.open(folder)
      let over = false
      const work = async (store: TokenStore) => {
        for (let turn = 0; !over; turn++) {
          const token = newToken({ client: 'docker' })
          await store.add(token)
          added.add(token.id)
          await store.use(token.id, { used: turn, until: token.until! })
          if (turn % 2 === 0) continue
          await store.revoke(token.id, { at: turn, by: 'bob' })
          revoked.add(token.id)
          await store.use(token.id, { used: turn, until: token.until! })
        }
      }
      // Those of the killed process end with it; what it did not answer is not counted.
      const killed = Array.from({ length: 8 }, () => work(elsewhere).catch(() => {}))
      const others = Array.from({ length: 2 }, () => work(here))
      const before = added.size
      while (added.size < before + 200 + 37 * round) await delay(1)
      await doomed.kill()
      over = true
      await Promise.all([...killed, ...others])

      for (const store of [here, opened()]) {
        for (const id of added) {
          const token = await store.get(id)
          expect(token, 'a token is lost').not.equal(undefined)
          expect(token?.revoked !== undefined || !revoked.has(id), 'a revocation is lost').equal(true)
        }
        const listed = new Set(await idsOf(store, { client: 'docker' }))
        expect([...added].filter((id) => !listed.has(id))).deep.equal([])
      }
    }
    expect(added.size).above(1_000)
    expect(revoked.size).above(100)
  }).timeout(60_000)
})
