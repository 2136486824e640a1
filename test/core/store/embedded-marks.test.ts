// The marks of an embedded store, in its file.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { createEmbeddedStore } from '../../../core/store/embedded.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { newFolder } from './embedded-backend.ts'
import { HOUR, newToken } from './tokens.ts'

describe('the embedded store, with marks', () => {
  let folder: string
  let path: string
  let stack: AsyncDisposableStack

  beforeEach(async () => {
    folder = await newFolder()
    path = join(folder, 'store.db')
    stack = new AsyncDisposableStack()
  })
  afterEach(async () => {
    await stack.disposeAsync()
    await rm(folder, { recursive: true })
  })

  const opened = (now: () => number = Date.now) =>
    stack.adopt(createEmbeddedStore({ folder, clock: { now }, log: keptLog() }), (store) => store.close())

  it('ends one by the clock, and drops its row', async () => {
    let now = Date.now()
    const store = opened(() => now)
    await store.mark('a', now + 1_000)
    now += 999
    expect(await store.isMarked('a')).equal(true)
    now += 1
    expect(await store.isMarked('a')).equal(false)
    now += HOUR
    await store.mark('b', now + HOUR)
    using database = new DatabaseSync(path)
    const ids = () =>
      database
        .prepare('SELECT id FROM marks')
        .all()
        .map(({ id }) => id)
    while (ids().includes('a')) await new Promise(setImmediate)
    expect(ids()).deep.equal(['b'])
  })

  it('holds them in a file that was made before there were any, and reads it without', async () => {
    const early = opened()
    const token = newToken()
    await early.add(token)
    await early.close()
    const file = new DatabaseSync(path)
    file.exec('DROP TABLE marks')
    file.close()
    const store = opened()
    expect(await store.isMarked('a')).equal(false)
    expect(await store.get(token.id)).deep.equal(token)
    await store.mark('a', Date.now() + HOUR)
    expect(await store.isMarked('a')).equal(true)
  })
})
