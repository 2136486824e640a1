import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createCheckedState, createState, makeStateFile, whyNotWritable } from '../../../core/kit/state.ts'
import { Secret } from '../../../core/plugin.ts'
import { openDatabase } from '../../../core/store/embedded-file.ts'

const PEM = '-----BEGIN PRIVATE KEY-----\r\nMIIÄ\u2028\0\n-----END PRIVATE KEY-----\n'

describe('the state directory', () => {
  let root: string
  let folder: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dockwarden-state-'))
    folder = join(root, 'a', 'var')
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const open = (readOnly?: boolean) => createState(folder, { readOnly, announce: () => {} })
  const modeOf = (path: string) => statSync(path).mode & 0o777
  const refused = async (made: Promise<unknown>) =>
    made.then(
      () => expect.fail('expected an error'),
      (error: Error) => error,
    )

  it('makes nothing before it is asked for a file', () => {
    open()
    expect(existsSync(join(root, 'a'))).to.equal(false)
  })

  it('opened for a check makes nothing, and says what could not be made', async () => {
    const state = createCheckedState(folder)
    const make = () => expect.fail('made')
    expect(await state.file('key', make)).to.equal(undefined)
    expect(existsSync(join(root, 'a'))).to.equal(false)
    writeFileSync(join(root, 'a'), '')
    expect((await refused(state.file('key', make))).message).to.equal(
      `cannot write ${folder}: a part of the path is not a folder; needed for key; set server.state_dir or DOCKWARDEN_STATE_DIR to a folder that can be written`,
    )
  })

  it('makes a missing file with the content, byte for byte, and leaves nothing else', async () => {
    const path = await open().file('ca.key.pem', async () => PEM)
    expect(path).to.equal(join(folder, 'ca.key.pem'))
    expect(readFileSync(path!, 'utf8')).to.equal(PEM)
    expect(readdirSync(folder)).to.deep.equal(['ca.key.pem'])
  })

  it('takes the file that is there, without making one', async () => {
    await open().file('key', async () => 'first')
    const path = await open().file('key', () => expect.fail('made again'))
    expect(readFileSync(path!, 'utf8')).to.equal('first')
  })

  describe('made by root', () => {
    before('needs root', function () {
      if (process.geteuid?.() !== 0) this.skip()
    })

    const ownerOf = (path: string) => [statSync(path).uid, statSync(path).gid]

    it('what it makes belongs to the owner of the folder above: the server can read it', async () => {
      chownSync(root, 1000, 1001)
      const key = await open().file('key', async () => PEM)
      const store = await makeStateFile(folder, 'store.db')
      for (const path of [join(root, 'a'), folder, key!, store]) {
        expect(ownerOf(path), path).to.deep.equal([1000, 1001])
      }
      expect([modeOf(folder), modeOf(key!), modeOf(store)]).to.deep.equal([0o700, 0o600, 0o600])
    })

    it('what SQLite puts beside the store too', async () => {
      chownSync(root, 1000, 1001)
      const path = await makeStateFile(folder, 'store.db')
      const database = openDatabase(path, 1000)
      try {
        database.exec("INSERT INTO tokens (id, account, token) VALUES ('1', 'alice', '{}')")
        for (const name of readdirSync(folder)) {
          expect(ownerOf(join(folder, name)), name).to.deep.equal([1000, 1001])
        }
        expect(readdirSync(folder)).to.include.members(['store.db', 'store.db-wal', 'store.db-shm'])
      } finally {
        database.close()
      }
    })

    it('a folder that was there keeps its owner', async () => {
      chownSync(root, 1000, 1001)
      mkdirSync(folder, { recursive: true })
      await open().file('key', async () => PEM)
      expect(ownerOf(folder)).to.deep.equal([0, 0])
      expect(ownerOf(join(folder, 'key'))).to.deep.equal([0, 0])
    })
  })

  it('keeps others out whatever the umask is', async () => {
    for (const umask of [0o000, 0o022, 0o777]) {
      folder = join(root, umask.toString(8))
      const before = process.umask(umask)
      try {
        const path = await open().file('key', async () => 'text')
        expect([modeOf(folder), modeOf(path!)]).to.deep.equal([0o700, 0o600])
      } finally {
        process.umask(before)
      }
    }
  })

  it('leaves the mode of a folder that was there', async () => {
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    await open().file('key', async () => 'text')
    expect(modeOf(folder)).to.equal(0o750)
  })

  it('makes a file once for all who ask at the same time', async () => {
    const state = open()
    let made = 0
    const make = async () => `content ${++made}`
    const paths = await Promise.all(Array.from({ length: 10 }, () => state.file('key', make)))
    expect(made).to.equal(1)
    expect(new Set(paths)).to.deep.equal(new Set([join(folder, 'key')]))
  })

  it('can be asked again after the making failed, and left nothing', async () => {
    const state = open()
    const error = await refused(state.file('key', () => Promise.reject(new Error('no entropy'))))
    expect(error.message).to.equal('no entropy')
    expect(readdirSync(folder)).to.deep.equal([])
    expect(await state.file('key', async () => 'text')).to.equal(join(folder, 'key'))
  })

  it('gives all processes that start at once one content', async () => {
    const program = join(root, 'starts.mjs')
    const state = new URL('../../../core/kit/state.ts', import.meta.url).href
    writeFileSync(
      program,
      `import { readFileSync } from 'node:fs'
       const { createState } = await import(${JSON.stringify(state)})
       process.once('message', async () => {
         const made = String(process.pid).repeat(50_000)
         const path = await createState(${JSON.stringify(folder)}, {}).file('key', async () => made)
         process.send({ held: readFileSync(path, 'utf8').slice(0, 100), whole: readFileSync(path, 'utf8').length % 50_000 === 0 })
         process.disconnect()
       })
       process.send('ready')`,
    )
    const children: ChildProcess[] = Array.from({ length: 3 }, () => fork(program))
    try {
      await Promise.all(children.map((child) => once(child, 'message')))
      const answers = children.map((child) => once(child, 'message'))
      const ends = children.map((child) => once(child, 'exit'))
      for (const child of children) child.send('go')
      const held = (await Promise.all(answers)).map(([answer]) => answer as { held: string; whole: boolean })
      expect(new Set(held.map((answer) => answer.held)).size).to.equal(1)
      expect(held.every((answer) => answer.whole)).to.equal(true)
      expect(readdirSync(folder)).to.deep.equal(['key'])
      expect((await Promise.all(ends)).map(([code]) => code)).to.deep.equal([0, 0, 0])
    } finally {
      for (const child of children) child.kill()
    }
  })

  it('makes nothing when it is only to be read', async () => {
    expect(await open(true).file('key', () => expect.fail('made'))).to.equal(undefined)
    expect(existsSync(join(root, 'a'))).to.equal(false)
    const path = await open().file('key', async () => 'text')
    expect(await open(true).file('key', () => expect.fail('made'))).to.equal(path)
  })

  it('says what a folder that can not be written is needed for, and what to do', async () => {
    writeFileSync(join(root, 'a'), '')
    const error = await refused(open().file('ca.pem', async () => 'text'))
    expect(error.message).to.include(`cannot write ${folder}: `).and.include('needed for ca.pem')
    expect(error.message).to.include('server.state_dir').and.include('DOCKWARDEN_STATE_DIR')
  })

  it('comes back from a place where no folder can ever be made', async () => {
    const state = createState('/proc/dockwarden/var', { announce: () => {} })
    expect((await refused(state.file('ca.pem', async () => 'text'))).message).to.include('cannot write /proc')
  })

  it('can be written while a file is made and removed there, and not through a link that leads nowhere', async () => {
    for (let round = 0; round < 200; round += 1) {
      const looks = Array.from({ length: 4 }, () => whyNotWritable(root, 'store.db-wal'))
      const making = writeFile(join(root, 'store.db-wal'), '')
      expect(await Promise.all(looks)).to.deep.equal([undefined, undefined, undefined, undefined])
      await making
      rmSync(join(root, 'store.db-wal'))
    }
    symlinkSync(join(root, 'nowhere'), join(root, 'store.db-wal'))
    expect(await whyNotWritable(root, 'store.db-wal')).to.contain('needed for store.db-wal')
  })

  it('refuses something else in the place of a file', async () => {
    mkdirSync(join(folder, 'key'), { recursive: true })
    const error = await refused(open().file('key', async () => 'text'))
    expect(error.message).to.include(join(folder, 'key')).and.include('must be a file')
  })

  for (const name of ['', '.', '..', '../key', 'a/b', 'a\\b', '/key', '.hidden', 'a\0b', 'a\nb', '-rf']) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      expect(await refused(open().file(name, async () => 'text'))).to.be.instanceOf(TypeError)
      expect(existsSync(join(root, 'a'))).to.equal(false)
    })
  }

  it('hands on what is to be announced', () => {
    const announced: unknown[] = []
    const user = { account: 'admin', password: new Secret('text') }
    createState(folder, { announce: (given) => announced.push(given) }).announce(user)
    expect(announced).to.deep.equal([user])
  })
})
