// The thread that writes the embedded store: it is there while there is something to write.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { toMark } from '../../../core/store/embedded-row.ts'
import { EmbeddedWriter } from '../../../core/store/embedded-writer.ts'
import { until } from '../../support/processes.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { idsOf, newToken } from './tokens.ts'

describe('the writer of the embedded store', () => {
  it('ends its thread when there is nothing to write, and begins another for what comes then', async () => {
    const folder = await newFolder()
    const path = join(folder, 'store.db')
    const store = openHere(folder)
    const token = newToken()
    await store.add(token)
    await store.close()
    const writer = new EmbeddedWriter({ path, clock: { now: Date.now }, check: () => {}, rest: 1 })
    for (const id of ['one', 'other']) {
      expect(await writer.write(toMark(id, Date.now() + 60_000))).to.equal(1)
      // SQLite takes its log away when nobody has the file open any more.
      await until(() => !existsSync(`${path}-wal`))
    }
    await writer.close()
    const again = openHere(folder)
    expect(await idsOf(again)).to.deep.equal([token.id])
    expect([await again.isMarked('one'), await again.isMarked('other')]).to.deep.equal([true, true])
    await again.close()
    await rm(folder, { recursive: true })
  })
})
