// The embedded store behind a process that keeps its file locked, for writers or for readers too.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { faultOf, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

const LOCKED = /store\.db can't be used: database is locked; another process keeps it locked; end that one$/

describe('the embedded store, behind a process that wants its file alone', () => {
  let folder: string
  let token: KeptToken
  let holder: DatabaseSync
  let store: TokenStore

  beforeEach(async () => {
    folder = await newFolder()
    token = newToken()
    const filled = openHere(folder)
    await filled.add(token)
    await filled.close()
    holder = new DatabaseSync(join(folder, 'store.db'))
    holder.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT')
    store = openHere(folder)
  })
  afterEach(async () => {
    if (holder.isOpen) holder.close()
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('answers as soon as the file is free, and leaves the process free meanwhile', async () => {
    const got = Promise.all(Array.from({ length: 50 }, () => store.get(token.id)))
    const listed = idsOf(store)
    const added = newToken()
    const adding = store.add(added)
    // The holder is in this process: it can let go only if nobody waits on the event loop.
    await delay(100)
    holder.close()
    for (const each of await got) expect(each).deep.equal(token)
    await adding
    expect(await listed).include(token.id)
    expect(await idsOf(store)).deep.equal(sortedIds([token, added]))
  })

  it('rejects every call together, and those that come next at once', async () => {
    const writing = [
      faultOf(store.add(newToken())),
      faultOf(store.use(token.id, { used: 1 })),
      faultOf(store.revoke(token.id, { at: 1, by: 'bob' })),
      faultOf(store.lease(token.id, 'one', 1_000)),
      faultOf(store.release(token.id, 'one')),
      faultOf(store.ready()),
    ]
    const reading = [faultOf(idsOf(store)), ...[1, 2, 3].map(() => faultOf(store.get(token.id)))]
    for (const { message } of await Promise.all(reading)) expect(message).match(LOCKED)
    // One that waits anew would wait for a timer.
    const soon = await Promise.race([faultOf(store.get(token.id)), setImmediate()])
    expect(soon?.message).match(LOCKED)
    for (const { message } of await Promise.all(writing)) expect(message).match(LOCKED)
    holder.close()
    // The fault is remembered for a moment.
    const ready = () =>
      store.ready().then(
        () => true,
        () => false,
      )
    while (!(await ready())) await delay(10)
    expect(await store.get(token.id)).deep.equal(token)
  }).timeout(20_000)
})

describe('the embedded store, behind a process that keeps its file locked for writers', () => {
  let holder: DatabaseSync
  let token: KeptToken
  let store: TokenStore
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await newFolder()
    path = join(folder, 'store.db')
    store = openHere(folder)
    token = newToken()
    await store.add(token)
    holder = new DatabaseSync(path, { timeout: 5_000 })
    holder.exec('BEGIN IMMEDIATE')
  })
  afterEach(async () => {
    holder.close()
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('still answers what can be read, and writes once the lock is gone', async () => {
    const tokens = newTokens(10)
    const adding = Promise.all(tokens.map((each) => store.add(each)))
    const revoking = store.revoke(token.id, { at: 1, by: 'bob' })
    for (let turn = 0; turn < 10; turn++) {
      await delay(5)
      expect(await store.get(token.id)).deep.equal(token)
      expect(await idsOf(store)).deep.equal([token.id])
    }
    holder.exec('COMMIT')
    await adding
    expect(await revoking).equal(true)
    expect(await idsOf(store)).deep.equal(sortedIds([token, ...tokens]))
  })

  it('rejects within seconds when it is never gone, and nothing of it was done', async () => {
    const late = newToken()
    const faults = await Promise.all([
      faultOf(store.add(late)),
      faultOf(store.revoke(token.id, { at: 1, by: 'bob' })),
    ])
    for (const { message } of faults) {
      expect(message)
        .contain(path)
        .and.match(/locked; another process keeps it locked/)
    }
    holder.exec('COMMIT')
    expect(await store.get(late.id)).equal(undefined)
    expect(await store.get(token.id)).deep.equal(token)
    await store.add(late)
  }).timeout(20_000)

  it('is not ready while nothing can be written, although everything can be read', async () => {
    expect(await idsOf(store)).lengthOf(1)
    const faults = await Promise.all([faultOf(store.ready()), faultOf(store.ready())])
    for (const { message } of faults)
      expect(message)
        .contain(path)
        .and.match(/keeps it locked/)
    holder.exec('COMMIT')
    await store.ready()
  }).timeout(20_000)
})
