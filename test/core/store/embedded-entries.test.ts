// What plugins keep, in the embedded store's file: nothing of it is legible there, and nothing that was changed there is taken.
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { Store } from '../../../core/plugin.ts'
import { createStore } from '../../../core/services/store.ts'
import type { TokenStore } from '../../../core/store/token-store.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { faultOf, HOUR, newToken } from './tokens.ts'

const CANARIES = ['canary-key', 'canary-value', 'canary-id', 'canary-plugin'] as const

describe('what plugins keep in a file', () => {
  let folder: string
  let path: string
  let tokens: TokenStore
  let store: Store
  const keys = [randomBytes(32)]
  const end = Date.now() + 1_000 * HOUR

  function open(from: TokenStore): Store {
    const owner = { kind: 'authenticator', plugin: CANARIES[3], id: CANARIES[2] }
    const backing = async () => ({ entries: from.entries, keys })
    return createStore({ owner, backing, clock: { now: Date.now }, log: keptLog() })
  }

  beforeEach(async () => {
    folder = await newFolder()
    path = join(folder, 'store.db')
    tokens = openHere(folder)
    store = open(tokens)
    await store.set(CANARIES[0], { held: CANARIES[1] }, end)
    await store.set('other', 'held', end)
  })
  afterEach(async () => {
    await tokens.close()
    await rm(folder, { recursive: true })
  })

  /** Does something to the file behind the store's back. */
  function tamper(sql: string): void {
    using database = new DatabaseSync(path, { timeout: 5_000 })
    expect(database.prepare(sql).run().changes).above(0)
  }

  it('a stolen file shows nothing of it, nor of whose it is', async () => {
    const written = await Promise.all([path, `${path}-wal`].map((file) => readFile(file, 'latin1')))
    for (const canary of CANARIES) {
      for (const form of [
        canary,
        ...['base64', 'hex'].map((form) => Buffer.from(canary).toString(form as 'hex')),
      ])
        expect(written.join(), canary).not.contain(form)
    }
  })

  for (const [what, sql] of [
    [
      'a flipped character',
      `value = substr(value, 1, 40) || iif(substr(value, 41, 1) = 'A', 'B', 'A') || substr(value, 42)`,
    ],
    ['a later end', `value = '9' || substr(value, 2), gone = ${end * 2}`],
  ] as const) {
    it(`refuses ${what}`, async () => {
      tamper(`UPDATE entries SET ${sql} WHERE id <> 'names'`)
      for (const key of [CANARIES[0], 'other'])
        expect((await faultOf(store.get(key))).message).match(/can't be opened: it was changed/)
      expect(await store.setIfAbsent('other', 1, end)).equal(false)
    })
  }

  it('refuses one that stands in the place of another', async () => {
    tamper(
      `UPDATE entries SET value = (SELECT max(value) FROM entries WHERE id <> 'names') WHERE id <> 'names'`,
    )
    const found = await Promise.allSettled([store.get(CANARIES[0]), store.get('other')])
    expect(found.filter(({ status }) => status === 'rejected')).lengthOf(1)
  })

  it('refuses everything when what names the entries was changed', async () => {
    tamper(`UPDATE entries SET value = (SELECT value FROM entries WHERE id <> 'names') WHERE id = 'names'`)
    for (const call of [open(tokens).get('other'), open(tokens).setIfAbsent('new', 1, end)])
      expect((await faultOf(call)).message).match(/can't be opened: it was changed/)
  })

  it('agrees with the other nodes again after somebody has removed the file', async () => {
    await tokens.close()
    await Promise.all([path, `${path}-wal`, `${path}-shm`].map((file) => rm(file, { force: true })))
    tokens = openHere(folder)
    store = open(tokens)
    expect(await store.get('other')).equal(undefined)
    expect(await store.setIfAbsent('other', 1, end)).equal(true)
    expect(await open(tokens).setIfAbsent('other', 1, end)).equal(false)
  })

  it('stands beside the tokens in files of versions that did not know of it', async () => {
    await tokens.close()
    using database = new DatabaseSync(path)
    database.exec('DROP TABLE entries; DROP TABLE spaces')
    database.close()
    tokens = openHere(folder)
    store = open(tokens)
    const token = newToken()
    expect(await tokens.entries.get('space', 'id')).equal(undefined)
    await tokens.add(token)
    await store.set('key', 'value', end)
    expect(await store.get('key')).equal('value')
    expect(await tokens.get(token.id)).deep.equal(token)
    using after = new DatabaseSync(path)
    expect(after.prepare('PRAGMA user_version').get()).deep.include({ user_version: 1 })
  })
})
