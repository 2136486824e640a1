// The leases of an embedded store, in its file.
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { createEmbeddedStore } from '../../../core/store/embedded.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { HOUR, idsOf, newToken } from './tokens.ts'

const DAY = 24 * HOUR

describe('the embedded store, with leases', () => {
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

  it('makes the file for a lease too', async () => {
    expect(await opened().lease('a', 'one', HOUR)).equal(true)
    expect((await stat(path)).mode & 0o777).equal(0o600)
    expect(await opened().lease('a', 'other', HOUR)).equal(false)
  })

  it('holds leases in a file that was made before there were any', async () => {
    const token = newToken()
    const early = openHere(folder)
    await early.add(token)
    await early.close()
    const file = new DatabaseSync(path)
    file.exec('DROP TABLE leases')
    file.close()
    const store = opened()
    expect(await store.get(token.id)).deep.equal(token)
    expect(await store.lease(token.id, 'one', HOUR)).equal(true)
    expect(await opened().lease(token.id, 'other', HOUR)).equal(false)
    using database = new DatabaseSync(path)
    // Versions that know of no leases still take it.
    expect(database.prepare('PRAGMA user_version').get()).property('user_version', 1)
  })

  it('ends a lease by the clock, to the millisecond, before its row is dropped', async () => {
    let now = Date.now()
    const [one, other] = [opened(() => now), opened(() => now)]
    expect(await one.lease('a', 'one', 1_000)).equal(true)
    now += 999
    expect(await other.lease('a', 'other', 1_000)).equal(false)
    now += 1
    expect(await other.lease('a', 'other', 1_000)).equal(true)
    expect(await one.lease('a', 'one', 1_000)).equal(false)
  })

  it('drops leases that have ended, however many, and no other ones', async () => {
    const begin = Date.now()
    let now = begin
    const store = opened(() => now)
    const ids = Array.from({ length: 1_100 }, (_, place) => `lease ${place}`)
    await Promise.all(ids.map((id) => store.lease(id, 'one', HOUR)))
    await store.lease('later', 'one', DAY)
    await store.add(newToken({ until: begin + DAY }))
    using database = new DatabaseSync(path, { readOnly: true })
    const left = () => database.prepare('SELECT id FROM leases').all()
    expect(left()).lengthOf(ids.length + 1)
    now += HOUR
    await store.ready()
    while (left().length > 1) {
      await delay(10)
      // Ends the loop with the test.
      await store.get('a')
    }
    expect(left()).deep.equal([{ __proto__: null, id: 'later' }])
    expect(await idsOf(store)).lengthOf(1)
  })
})
