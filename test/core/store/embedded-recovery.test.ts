// What becomes of an embedded store whose file is damaged while it is open, and put right again.
import { copyFile, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createEmbeddedStore } from '../../../core/store/embedded.ts'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { faultOf, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

/** So many that the file has pages which no store remembers from its beginning. */
const COUNT = 300
const MALFORMED = /malformed; put back a good copy, or move the file away: its tokens are lost then$/

describe('the embedded store, when its file is put right', () => {
  let folder: string
  let path: string
  let good: string
  let tokens: KeptToken[]
  let store: TokenStore

  const opened = () => createEmbeddedStore({ folder, clock: { now: Date.now }, log: keptLog() })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockwarden-recovery-'))
    path = join(folder, 'store.db')
    good = join(folder, 'good')
    tokens = newTokens(COUNT)
    const filled = opened()
    await Promise.all(tokens.map((token) => filled.add(token)))
    await filled.close()
    await copyFile(path, good)
    store = opened()
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  /** Everything but the first page, which says what the file is. */
  async function damage(): Promise<void> {
    const { size } = await stat(path)
    await using file = await open(path, 'r+')
    await file.write(Buffer.alloc(size - 4_096, 0xa5), 0, undefined, 4_096)
  }

  /** Every way to use a store, each of which names the file. */
  async function expectFaults(reason: RegExp): Promise<void> {
    const calls = {
      get: () => store.get(tokens[0]!.id),
      list: () => idsOf(store),
      add: () => store.add(newToken()),
      use: () => store.use(tokens[0]!.id, { used: 1 }),
      revoke: () => store.revoke(tokens[0]!.id, { at: 1, by: 'bob' }),
      lease: () => store.lease(tokens[0]!.id, 'one', 1_000),
      release: () => store.release(tokens[0]!.id, 'one'),
    }
    for (const [name, call] of Object.entries(calls)) {
      expect((await faultOf(call())).message, name)
        .contain(path)
        .and.match(reason)
    }
  }

  it('goes on with a good copy, without a restart', async () => {
    await damage()
    await expectFaults(MALFORMED)
    await rename(good, path)
    const added = newToken()
    await store.add(added)
    expect(await store.revoke(tokens[0]!.id, { at: 1, by: 'bob' })).equal(true)
    expect((await store.get(tokens[0]!.id))?.revoked).deep.equal({ at: 1, by: 'bob' })
    expect(await idsOf(store)).deep.equal(sortedIds([...tokens, added]))
  })

  it('goes on with a new file once the damaged one is moved away', async () => {
    await damage()
    await expectFaults(MALFORMED)
    await rename(path, join(folder, 'damaged'))
    expect(await store.get(tokens[0]!.id)).equal(undefined)
    const added = newToken()
    await store.add(added)
    expect(await idsOf(store)).deep.equal([added.id])
    expect((await stat(path)).mode & 0o777).equal(0o600)
    const elsewhere = opened()
    expect(await idsOf(elsewhere)).deep.equal([added.id])
    await elsewhere.close()
  })

  it('rejects every write of a batch that meets the damage, with the remedy, and does none of them', async () => {
    await damage()
    const faults = await Promise.all(newTokens(20).map((token) => faultOf(store.add(token))))
    for (const { message } of faults) expect(message).contain(path).and.match(MALFORMED)
    await rename(good, path)
    expect(await idsOf(store)).deep.equal(sortedIds(tokens))
  })

  it('takes an empty file for a new one', async () => {
    await writeFile(path, '')
    expect(await idsOf(store)).deep.equal([])
    expect(await store.revoke(tokens[0]!.id, { at: 1, by: 'bob' })).equal(false)
    await store.add(tokens[0]!)
    expect(await store.get(tokens[0]!.id)).deep.equal(tokens[0])
    await store.close()
    expect(await readdir(folder)).members(['store.db', 'good'])
  })
})
