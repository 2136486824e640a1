// What becomes of an embedded store whose file is removed, or replaced by another one, while it is open.
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

describe('the embedded store, when its file is another one', () => {
  let folder: string
  let path: string
  let spare: string
  let old: KeptToken
  let inSpare: KeptToken[]
  let store: TokenStore

  beforeEach(async () => {
    folder = await newFolder()
    path = join(folder, 'store.db')
    spare = join(folder, 'spare')
    inSpare = newTokens(20)
    const filled = openHere(folder)
    await Promise.all(inSpare.map((token) => filled.add(token)))
    await filled.close()
    await rename(path, spare)
    // In use, with all that SQLite keeps beside the file, on both sides.
    store = openHere(folder)
    old = newToken()
    await store.add(old)
    expect(await store.get(old.id)).deep.equal(old)
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  /** The store of a process that begins now. */
  async function idsElsewhere(): Promise<string[]> {
    const elsewhere = openHere(folder)
    try {
      return await idsOf(elsewhere)
    } finally {
      await elsewhere.close()
    }
  }

  for (const [what, change] of [
    ['removed', () => rm(path)],
    ['moved away', () => rename(path, join(folder, 'away'))],
  ] as const) {
    it(`makes a new one with the next token when it was ${what}`, async () => {
      await change()
      expect(await store.revoke(old.id, { at: 1, by: 'bob' })).equal(false)
      expect(await store.get(old.id)).equal(undefined)
      const added = newTokens(30)
      await Promise.all(added.map((token) => store.add(token)))
      expect((await stat(path)).mode & 0o777).equal(0o600)
      expect(await idsOf(store)).deep.equal(sortedIds(added))
      expect(await idsElsewhere()).deep.equal(sortedIds(added))
    })
  }

  it('writes to the file that has taken its place, and to that alone', async () => {
    await rename(spare, path)
    const added = newToken()
    await store.add(added)
    expect(await store.revoke(inSpare[0]!.id, { at: 1, by: 'bob' })).equal(true)
    expect(await store.revoke(old.id, { at: 1, by: 'bob' })).equal(false)
    const expected = sortedIds([...inSpare, added])
    expect(await idsOf(store)).deep.equal(expected)
    await store.close()
    expect(await readdir(folder)).deep.equal(['store.db'])
    expect(await idsElsewhere()).deep.equal(expected)
    using file = new DatabaseSync(path)
    expect(file.prepare('PRAGMA integrity_check').get()).property('integrity_check', 'ok')
  })

  it('sees the other file in `ready`', async () => {
    await rename(spare, path)
    await store.ready()
    expect(await idsOf(store)).deep.equal(sortedIds(inSpare))
  })

  it('sees it by reading alone', async () => {
    await rename(spare, path)
    while (await store.get(old.id)) await delay(10)
    expect(await idsOf(store)).deep.equal(sortedIds(inSpare))
  })

  it('loses nothing of a file that was moved away: what its log held is in the file', async () => {
    const away = join(folder, 'away')
    await rename(path, away)
    await store.add(newToken())
    await store.close()
    await copyFile(away, path)
    expect(await idsElsewhere()).deep.equal([old.id])
  })
})
