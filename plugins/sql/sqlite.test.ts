// SQLite as a file: locks of other programs, other files in its place.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { type Authenticator, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { WorkPlaces } from '../../core/work/places.ts'
import { CORRECT_HORSE } from '../../test/support/sql-databases.ts'
import plugin from './index.ts'

describe('sql: the file of sqlite', () => {
  let folder: string
  let instance: Authenticator
  let places: WorkPlaces

  const make = (file: string, account: string, mode = 'DELETE') => {
    const database = new DatabaseSync(join(folder, file))
    database.exec(`PRAGMA journal_mode = ${mode}`)
    database.exec('CREATE TABLE xorm_user (id INTEGER, username TEXT, password_hash TEXT, labels TEXT)')
    database.exec(`INSERT INTO xorm_user VALUES (1, '${account}', '${CORRECT_HORSE}', NULL)`)
    return database
  }
  const open = async (more: object = {}) => {
    const options = plugin.options.parse({ database: 'sqlite', file: 'users.db', ...more })
    places = new WorkPlaces()
    instance = await plugin.create(options, testHost({ base: folder, places }))
  }
  const login = async (account: string, timeout = 5_000) => {
    const credentials = { kind: 'password', account, password: new Secret('correct horse') } as const
    return (await instance.authenticate(credentials, testRequest({ timeout }))).outcome
  }
  const failure = (call: Promise<unknown>) =>
    call.then(
      (outcome) => expect.fail(JSON.stringify(outcome)),
      (error: Error) => error.message,
    )

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockwarden-sqlite-'))
  })
  afterEach(async () => {
    await instance.close?.()
    await rm(folder, { recursive: true })
  })

  it('is relative to the configuration, and another file that is moved into its place is taken', async () => {
    make('users.db', 'ann').close()
    await open()
    expect([await login('ann'), await login('bob')]).to.deep.equal(['accept', 'pass'])
    make('new.db', 'bob').close()
    await rename(join(folder, 'new.db'), join(folder, 'users.db'))
    expect([await login('ann'), await login('bob')]).to.deep.equal(['pass', 'accept'])
  })

  it('is waited for while another program holds its lock: in time accepted, else unavailable', async () => {
    const writer = make('users.db', 'ann')
    await open()
    writer.exec('BEGIN EXCLUSIVE')
    expect(await failure(login('ann', 50))).to.match(/^sqlite .*users\.db: no answer in time/)
    const waiting = login('ann')
    // Behind the first try, which found the lock.
    await new Promise((resolve) => setImmediate(resolve))
    writer.exec('COMMIT')
    expect(await waiting).to.equal('accept')
    writer.close()
  })

  it('is tried by a few at once only while it is locked; the others wait for their turn', async () => {
    const writer = make('users.db', 'ann')
    await open({ connections: 2 })
    writer.exec('BEGIN EXCLUSIVE')
    const waiting = Array.from({ length: 10 }, () => login('ann'))
    expect(places.counts()).to.have.length(1)
    expect(places.counts()[0]).to.include({ running: 2, waiting: 8 })
    writer.exec('COMMIT')
    expect(await Promise.all(waiting)).to.deep.equal(Array(10).fill('accept'))
    writer.close()
  })

  it('a writer in WAL mode holds up nobody, and what it commits counts at once', async () => {
    const writer = make('users.db', 'ann', 'WAL')
    await open()
    writer.exec('BEGIN IMMEDIATE')
    writer.exec(`INSERT INTO xorm_user VALUES (2, 'bob', '${CORRECT_HORSE}', NULL)`)
    expect([await login('ann'), await login('bob')]).to.deep.equal(['accept', 'pass'])
    writer.exec('COMMIT')
    expect(await login('bob')).to.equal('accept')
    writer.close()
  })

  it('is only read: a query that writes is an error', async () => {
    make('users.db', 'ann').close()
    const query = 'DELETE FROM xorm_user WHERE username = ${account} RETURNING password_hash'
    const options = plugin.options.parse({ database: 'sqlite', file: 'users.db', query })
    instance = await plugin.create(options, testHost({ base: folder }))
    expect(await failure(login('ann'))).to.match(/users\.db: .*read-?only/)
  })

  it('that is gone or no database is unavailable, with the remedy', async () => {
    make('users.db', 'ann').close()
    await open()
    await rm(join(folder, 'users.db'))
    expect(await failure(login('ann'))).to.match(/users\.db: there is no such file; correct file/)
    await writeFile(
      join(folder, 'users.db'),
      'a text that is no database, and long enough to look like one'.repeat(9),
    )
    expect(await failure(login('ann'))).to.match(/users\.db: is no SQLite database; correct file/)
    await rm(join(folder, 'users.db'))
    make('users.db', 'ann').close()
    expect(await login('ann')).to.equal('accept')
  })
})
