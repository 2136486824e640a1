import { existsSync } from 'node:fs'
import { chmod, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { createEmbeddedStore, whyNoEmbeddedStore } from '../../../core/store/embedded.ts'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { describeStore } from './conformance.ts'
import { newFolder, openHere, startBackend } from './embedded-backend.ts'
import { endlessToken, faultOf, HOUR, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

const MINUTE = 60_000
const DAY = 24 * HOUR
describeStore('the embedded store', () => startBackend())

describe('the embedded store', () => {
  let root: string
  let folder: string
  let path: string
  let stack: AsyncDisposableStack

  beforeEach(async () => {
    root = await newFolder()
    folder = join(root, 'a', 'var')
    path = join(folder, 'store.db')
    stack = new AsyncDisposableStack()
  })
  afterEach(async () => {
    await stack.disposeAsync()
    await rm(root, { recursive: true })
  })

  const opened = (now: () => number = Date.now) =>
    stack.adopt(createEmbeddedStore({ folder, clock: { now }, log: keptLog() }), (store) => store.close())

  async function openedAndFilled(): Promise<TokenStore> {
    const store = opened()
    await store.add(newToken())
    return store
  }

  describe('its file', () => {
    it('is made for the first token, not before, with all folders, and for the owner alone', async () => {
      const store = opened()
      await store.ready()
      await store.get('a')
      await store.use('a', { used: 1 })
      await store.revoke('a', { at: 1, by: 'bob' })
      await store.release('a', 'one')
      await idsOf(store)
      expect(await readdir(root)).deep.equal([])
      const before = process.umask(0)
      try {
        await store.add(newToken())
      } finally {
        process.umask(before)
      }
      expect((await stat(folder)).mode & 0o777).equal(0o700)
      const names = await readdir(folder)
      expect(names.sort()).deep.equal(['store.db', 'store.db-shm', 'store.db-wal'])
      for (const name of names) expect((await stat(join(folder, name))).mode & 0o777, name).equal(0o600)
    })

    it('is found when somebody else makes it later', async () => {
      const [early, late] = [opened(), opened()]
      expect(await early.get('a')).equal(undefined)
      const token = newToken()
      await late.add(token)
      expect(await early.get(token.id)).deep.equal(token)
      expect(await early.revoke(token.id, { at: 1, by: 'bob' })).equal(true)
    })

    it('holds everything in one piece once the last store is closed', async () => {
      const token = newToken()
      const store = openHere(folder)
      await store.add(token)
      await store.get(token.id)
      await store.close()
      expect(await readdir(folder)).deep.equal(['store.db'])
      expect(await opened().get(token.id)).deep.equal(token)
    })
  })

  describe('with a file that it can’t use', () => {
    const calls: Record<string, (store: TokenStore) => Promise<unknown>> = {
      ready: (store) => store.ready(),
      add: (store) => store.add(newToken()),
      get: (store) => store.get('a'),
      use: (store) => store.use('a', { used: 1 }),
      revoke: (store) => store.revoke('a', { at: 1, by: 'bob' }),
      lease: (store) => store.lease('a', 'one', HOUR),
      release: (store) => store.release('a', 'one'),
      list: (store) => idsOf(store),
    }

    /** Every call names the file, and what is wrong with it. */
    async function refuses(reason: RegExp): Promise<void> {
      for (const [name, call] of Object.entries(calls)) {
        const { message } = await faultOf(call(opened()))
        expect(message, name).contain(path).and.match(reason)
      }
    }

    it('refuses what is no database, says so, and leaves it alone', async () => {
      await mkdir(folder, { recursive: true })
      await writeFile(path, 'these are not the tokens you are looking for\n'.repeat(100))
      await refuses(/not a database; put back a good copy, or move the file away/)
      expect((await stat(path)).size).equal(4_500)
    })

    it('refuses a damaged database, and is of use again with a good one', async () => {
      const tokens = newTokens(200)
      const filled = openHere(folder)
      await Promise.all(tokens.map((token) => filled.add(token)))
      await filled.close()
      const { size } = await stat(path)
      const file = await open(path, 'r+')
      await file.write(Buffer.alloc(size - 100, 0xa5), 0, undefined, 100)
      await file.close()
      await refuses(/malformed; put back a good copy, or move the file away/)
      await rm(path)
      const store = opened()
      await store.add(tokens[0]!)
      expect(await idsOf(store)).deep.equal([tokens[0]!.id])
    })

    it('refuses the format of a newer version', async () => {
      const filled = openHere(folder)
      await filled.add(newToken())
      await filled.close()
      const database = new DatabaseSync(path)
      database.exec('DROP TABLE leases; PRAGMA user_version = 99')
      database.close()
      await refuses(/made by a newer version of Dockwarden \(its format is 99, this one knows 1\); run that/)
      using after = new DatabaseSync(path)
      expect(after.prepare("SELECT name FROM sqlite_schema WHERE name = 'leases'").all()).deep.equal([])
    })

    it('refuses a folder in its place', async () => {
      await mkdir(path, { recursive: true })
      const { message } = await faultOf(opened().add(newToken()))
      expect(message)
        .contain(path)
        .and.match(/must be a file; move away/)
    })

    it('says what to do when the state directory can’t be made or written', async () => {
      const remedy = /set server.state_dir or DOCKWARDEN_STATE_DIR to a folder that can be written/
      await writeFile(join(root, 'a'), 'a file where a folder should be')
      expect((await faultOf(opened().add(newToken()))).message)
        .contain(folder)
        .and.match(remedy)
      expect((await faultOf(opened().ready())).message).match(remedy)
      expect(await whyNoEmbeddedStore(folder)).match(remedy)
      await rm(join(root, 'a'))
      expect(await whyNoEmbeddedStore(folder)).equal(undefined)
      expect(existsSync(join(root, 'a'))).equal(false)
    })

    it('says what to do when the state directory belongs to somebody else, and is of use once it does not', async () => {
      await mkdir(folder, { recursive: true })
      await chmod(root, 0o755)
      await chmod(folder, 0o555)
      const store = opened()
      const { message } = await asNobody(() => faultOf(store.add(newToken())))
      expect(message).match(
        /cannot write .*: permission denied .*; needed for store.db; set server.state_dir/,
      )
      await chmod(folder, 0o755)
      await store.add(newToken())
    })

    it('says so when the state directory can’t be looked into', async () => {
      await openedAndFilled()
      await chmod(root, 0o755)
      await chmod(folder, 0o000)
      await asNobody(() => refuses(/permission denied for the user that runs Dockwarden/))
      await chmod(folder, 0o700)
    })
  })

  describe('with a row that it did not write', () => {
    it('lists the others, and says which one it left out, without what it holds', async () => {
      const log = keptLog()
      const store = stack.adopt(createEmbeddedStore({ folder, clock: { now: Date.now }, log }), (each) =>
        each.close(),
      )
      const tokens = newTokens(3)
      await Promise.all(tokens.map((token) => store.add(token)))
      const [odd, ...others] = tokens
      using database = new DatabaseSync(path)
      database.prepare('UPDATE tokens SET token = ? WHERE id = ?').run('{"account": "alice', odd!.id)
      expect(await idsOf(store)).deep.equal(sortedIds(others))
      expect(log.lines).lengthOf(1)
      expect(log.lines[0]!.message).contain(`dockwarden token revoke ${odd!.id}`).and.not.contain('alice')
      expect((await faultOf(store.get(odd!.id))).message).equal(log.lines[0]!.message)
      expect(await store.revoke(odd!.id, { at: 1, by: 'bob' })).equal(true)
    })
  })

  describe('drops what has ended', () => {
    it('all of it, however much, and nothing else', async () => {
      let now = Date.now()
      const store = opened(() => now)
      const ended = newTokens(1_300, { until: now + HOUR })
      const others = [endlessToken(), newToken({ until: now + DAY })]
      await Promise.all([...ended, ...others].map((token) => store.add(token)))
      expect(await idsOf(store)).lengthOf(ended.length + others.length)
      now += HOUR
      await store.ready()
      while ((await idsOf(store)).length > others.length) await delay(10)
      expect(await idsOf(store)).deep.equal(sortedIds(others))
    })

    it('a revoked token without an end 90 days after its revocation', async () => {
      const begin = Date.now()
      let now = begin
      const store = opened(() => now)
      const revoked = endlessToken()
      await store.add(revoked)
      await store.revoke(revoked.id, { at: begin, by: 'bob' })
      for (const [days, expected] of [
        [89, 1],
        [90, 0],
      ] as const) {
        now = begin + days * DAY
        // When the other one is gone, whatever had to go is.
        const witness = newToken({ until: now })
        await store.add(witness)
        while (await store.get(witness.id)) {
          now += MINUTE
          await store.ready()
        }
        expect(await idsOf(store), `after ${days} days`).lengthOf(expected)
      }
    })
  })

  it('answers nothing any more when it is closed, and leaves no thread and no file open', async () => {
    const store = openHere(folder)
    const token = newToken()
    await store.add(token)
    const list = store.list({})[Symbol.asyncIterator]()
    await store.close()
    const late = [
      store.add(newToken()),
      store.get(token.id),
      store.use(token.id, { used: 1 }),
      store.revoke(token.id, { at: 1, by: 'bob' }),
      store.ready(),
      list.next(),
    ]
    for (const call of late) expect((await faultOf(call)).message).contain(`${path}, is closed`)
    expect(await readdir(folder)).deep.equal(['store.db'])
  })
})

/** Does something without the rights of root, which may write everywhere. */
async function asNobody<T>(step: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return step()
  process.seteuid!(65_534)
  try {
    return await step()
  } finally {
    process.seteuid!(0)
  }
}
