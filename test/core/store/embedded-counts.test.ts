// How the embedded store counts an account's refresh tokens, in its file.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import type { KeptToken, TokenStore } from '../../../core/store/token-store.ts'
import { newFolder, openHere } from './embedded-backend.ts'
import { endlessToken, idsOf, newToken, newTokens, sortedIds } from './tokens.ts'

const FEW = { unused: 3, all: 5 }
/** A file as it was before anything counted. */
const UNCOUNTED = `
  DROP TRIGGER counts_add; DROP TRIGGER counts_change; DROP TRIGGER counts_drop;
  DROP TABLE counts; DROP INDEX tokens_unused; ALTER TABLE tokens DROP COLUMN born`

describe('the embedded store, counting refresh tokens', () => {
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

  const opened = (): TokenStore => stack.adopt(openHere(folder), (store) => store.close())

  function counts(): unknown[] {
    using database = new DatabaseSync(path)
    const rows = database.prepare('SELECT account, live, unused FROM counts ORDER BY account').all()
    return rows.map(({ account, live, unused }) => [account, live, unused])
  }

  it('counts those of a file that was made before, and other versions still take it', async () => {
    const early = openHere(folder)
    const revoked = newToken()
    const used = newTokens(2, { used: 1 })
    const unused = newTokens(3, { created: 1 })
    for (const token of [revoked, ...used, ...unused]) await early.add(token)
    for (const other of [newToken({ account: 'bob' }), endlessToken({ kind: 'personal' })])
      await early.add(other)
    await early.revoke(revoked.id, { at: 1, by: 'bob' })
    await early.close()
    const file = new DatabaseSync(path)
    file.exec(UNCOUNTED)
    file
      .prepare('INSERT INTO tokens (id, account, token) VALUES (?, ?, ?)')
      .run('odd', 'alice', '{"kind":"ref')
    file.close()

    const [store, other] = [opened(), opened()]
    const next = newToken()
    expect(
      await Promise.all([store.add(next, FEW), other.add(newToken({ account: 'carol' }), FEW)]),
    ).deep.equal([true, true])
    expect(counts()).deep.equal([
      ['alice', 5, 3],
      ['bob', 1, 1],
      ['carol', 1, 1],
    ])
    const good = await idsOf(store, { account: 'alice' })
    expect(good)
      .include.members(sortedIds([...used, next]))
      .and.lengthOf(7)
    using database = new DatabaseSync(path)
    expect(database.prepare('PRAGMA user_version').get()).property('user_version', 1)
  })

  it('counts what another version writes', async () => {
    const store = opened()
    const [one, two, three] = newTokens(3)
    await store.add(one!)
    using database = new DatabaseSync(path)
    const insert = database.prepare(
      'INSERT OR IGNORE INTO tokens (id, account, client, token, used, until, session, revoked, gone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    const write = ({ id, account, created, until }: KeptToken) =>
      insert.run(
        id,
        account,
        null,
        JSON.stringify({ id, kind: 'refresh', account, created, labels: [] }),
        null,
        until!,
        null,
        null,
        until!,
      )
    for (const token of [two!, three!, three!]) write(token)
    expect(counts()).deep.equal([['alice', 3, 3]])
    database.prepare('UPDATE tokens SET used = ? WHERE id = ?').run(1, two!.id)
    database.prepare('UPDATE tokens SET used = ? WHERE id = ?').run(2, two!.id)
    expect(counts()).deep.equal([['alice', 3, 2]])
    database.prepare('UPDATE tokens SET revoked = ? WHERE id = ?').run('{"at":1,"by":"bob"}', two!.id)
    expect(counts()).deep.equal([['alice', 2, 2]])
    database.prepare('UPDATE tokens SET token = ? WHERE id = ?').run('{"kind":', three!.id)
    expect(counts()).deep.equal([['alice', 1, 1]])
    database.prepare('DELETE FROM tokens').run()
    expect(counts()).deep.equal([])
  })
})
