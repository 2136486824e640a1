// A file that is changed as a whole, also by several at once, and by some that do not live to the end.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { changeFile } from '../../../core/kit/change-file.ts'
import { withFileLock } from '../../../core/kit/file-lock.ts'

const more = (text: string) => (bytes: Buffer | undefined) => Buffer.from(`${bytes ?? ''}${text}`)

async function failing(action: Promise<unknown>): Promise<string> {
  return await action.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  )
}

describe('a change of a file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-change-'))
    file = join(folder, 'users')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('makes a file for its owner alone, and leaves nothing beside it', async () => {
    expect(await changeFile(file, more('a'))).to.equal(true)
    expect(readFileSync(file, 'utf8')).to.equal('a')
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(readdirSync(folder)).to.deep.equal(['users'])
  })

  it('keeps mode and links, whatever the umask', async () => {
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/one'), 'a')
    chmodSync(join(folder, 'real/one'), 0o664)
    symlinkSync('real/one', join(folder, 'link'))
    symlinkSync('link', file)
    const umask = process.umask(0o077)
    try {
      await changeFile(file, more('b'))
    } finally {
      process.umask(umask)
    }
    expect(lstatSync(file).isSymbolicLink()).to.equal(true)
    expect(readFileSync(join(folder, 'real/one'), 'utf8')).to.equal('ab')
    expect(statSync(file).mode & 0o777).to.equal(0o664)
    expect(readdirSync(join(folder, 'real'))).to.deep.equal(['one'])
  })

  it('keeps the owner, and makes a new file its folder’s owner’s', async function () {
    if (process.geteuid?.() !== 0) return this.skip()
    writeFileSync(file, 'a')
    chownSync(file, 12_345, 23_456)
    await changeFile(file, more('b'))
    expect(statSync(file)).to.include({ uid: 12_345, gid: 23_456 })
    chownSync(folder, 12_345, 23_456)
    await changeFile(join(folder, 'new'), more('b'))
    expect(statSync(join(folder, 'new'))).to.include({ uid: 12_345, gid: 23_456 })
  })

  it('writes nothing when there is no change, or it fails', async () => {
    writeFileSync(file, 'a')
    const { ino } = statSync(file)
    expect(await changeFile(file, () => undefined)).to.equal(false)
    const broken = () => {
      throw new Error('no')
    }
    expect(await failing(changeFile(file, broken))).to.equal('no')
    expect(statSync(file).ino).to.equal(ino)
    expect(readdirSync(folder)).to.deep.equal(['users'])
  })

  it('loses nothing of many at once', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz']
    await Promise.all(letters.map((letter) => changeFile(file, more(letter))))
    expect([...readFileSync(file, 'utf8')].sort()).to.deep.equal(letters)
    expect(readdirSync(folder)).to.deep.equal(['users'])
  })

  it('waits for whoever holds the lock, and says which when that takes too long', async () => {
    const lock = join(folder, '.users.lock')
    const other = new DatabaseSync(lock)
    other.exec('BEGIN EXCLUSIVE')
    const waiting = withFileLock(file, async () => 'had it')
    expect(await failing(withFileLock(file, async () => {}, 20))).to.equal(
      `${lock} is held by another process; try again when that has ended`,
    )
    other.close()
    expect(await waiting).to.equal('had it')
    expect(existsSync(lock)).to.equal(false)
  })

  for (const [title, prepare, message] of [
    ['a folder', (path: string) => mkdirSync(path), /users: it is no file$/],
    [
      'a link that leads nowhere',
      (path: string) => symlinkSync('gone', path),
      /it is a link that leads nowhere$/,
    ],
    ['a link to itself', (path: string) => symlinkSync('users', path), /a circle|leads nowhere/],
  ] as const) {
    it(`refuses ${title}`, async () => {
      prepare(file)
      expect(await failing(changeFile(file, more('a')))).to.match(message)
    })
  }

  it('names the folder that is missing, or can’t be written', async () => {
    const below = join(folder, 'no/users')
    expect(await failing(changeFile(below, more('a')))).to.equal(
      `cannot make ${below}: its folder ${join(folder, 'no')}: there is no such file`,
    )
    expect(await failing(changeFile('/proc/users', more('a')))).to.match(/^cannot .*\/proc/)
  })
})
