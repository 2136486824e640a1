// The store of a worker: it reads the file, and another process writes it.
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { remoteWriter, writerVerbs } from '../../../../core/server/workers/remote-writer.ts'
import { Wire } from '../../../../core/server/workers/wire.ts'
import { createEmbeddedStore, createEmbeddedWriter } from '../../../../core/store/embedded.ts'
import type { StoreWriter } from '../../../../core/store/embedded-writer.ts'
import type { TokenStore } from '../../../../core/store/token-store.ts'
import { keptLog } from '../../../../core/testing/host.ts'
import { newFolder, openHere } from '../../store/embedded-backend.ts'
import { faultOf, idsOf, newToken, newTokens, sortedIds } from '../../store/tokens.ts'

describe('the embedded store of two workers', () => {
  const clock = { now: Date.now }
  let folder: string
  let writer: StoreWriter
  let one: TokenStore
  let other: TokenStore

  function worker(): TokenStore {
    const over = (to: () => Wire) => (message: object) => to().take(JSON.parse(JSON.stringify(message)))
    const there: Wire = new Wire(
      over(() => here),
      writerVerbs(writer),
    )
    const here: Wire = new Wire(
      over(() => there),
      {},
    )
    return createEmbeddedStore({ folder, clock, log: keptLog(), writer: remoteWriter(here) })
  }

  beforeEach(async () => {
    folder = await newFolder()
    writer = createEmbeddedWriter({ folder, clock })
    one = worker()
    other = worker()
  })
  afterEach(async () => {
    await Promise.all([one.close(), other.close()])
    await writer.close()
    await rm(folder, { recursive: true })
  })

  it('keeps what either has written, for both and for everybody else', async () => {
    const tokens = newTokens(20)
    await Promise.all(tokens.map((token, place) => (place % 2 ? one : other).add(token)))
    const [first] = tokens as [(typeof tokens)[number]]
    expect(await one.revoke(first.id, { at: 1, by: 'ann' })).to.equal(true)
    expect(await other.revoke(first.id, { at: 2, by: 'bob' })).to.equal(false)
    expect(await one.lease('turn', 'one', 10_000)).to.equal(true)
    expect(await other.lease('turn', 'other', 10_000)).to.equal(false)
    const put = (store: TokenStore) => {
      const entry = { value: 'v', size: 1, end: Date.now() + 10_000 }
      const bounds = { entries: 10, bytes: 100 }
      return store.entries.put({ space: 's', id: 'i', entry, expected: 'absent', bounds })
    }
    await put(one)
    expect(await other.entries.get('s', 'i')).to.equal('v')
    const elsewhere = openHere(folder)
    expect(await idsOf(elsewhere)).to.deep.equal(sortedIds(tokens))
    expect((await elsewhere.get(first.id))?.revoked).to.deep.equal({ at: 1, by: 'ann' })
    await elsewhere.close()
  })

  it('says what is wrong, in the words of the store', async () => {
    const token = newToken()
    await one.add(token)
    expect((await faultOf(other.add(token))).message).to.match(/there is a token with the id/)
  })

  it('writes to the file that stands there', async () => {
    await one.add(newToken())
    await rename(join(folder, 'store.db'), join(folder, 'old'))
    const token = newToken()
    await other.add(token)
    const elsewhere = openHere(folder)
    expect(await idsOf(elsewhere)).to.deep.equal([token.id])
    await elsewhere.close()
  })
})
