import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type AuthnOutcome, NO_LABELS, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { until } from '../../test/support/processes.ts'
import { authenticatorOf } from './authenticator.ts'
import { type LiveUsers, openPasswordFile } from './reread.ts'

const OLD = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse

describe('htpasswd, when the file changes', () => {
  let folder: string
  let file: string
  let now: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-htpasswd-'))
    file = join(folder, 'users')
    now = Date.now()
    write(`bob:${OLD}\n`)
  })
  afterEach(() => {
    for (const { close } of opened.splice(0)) close()
    rmSync(folder, { recursive: true })
  })

  const opened: LiveUsers[] = []
  const write = (text: string, changedAt = now) => {
    writeFileSync(file, text)
    utimesSync(file, changedAt / 1000, changedAt / 1000)
  }
  /** Without looks by itself, unless it is told when. */
  const start = async (times: Parameters<typeof openPasswordFile>[2] = { lookEvery: 3_600_000 }) => {
    const host = testHost({ base: folder, clock: { now: () => now } })
    const users = await openPasswordFile(file, host, times)
    opened.push(users)
    const instance = authenticatorOf(users, NO_LABELS, host)
    const nextLook = () => {
      now += 1_000
      return users.look()
    }
    const login = async (account: string, password = 'correct horse'): Promise<AuthnOutcome> =>
      instance.authenticate({ kind: 'password', account, password: new Secret(password) }, testRequest())
    const outcome = async (account: string, password?: string) => (await login(account, password)).outcome
    const warnings = () =>
      host.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
    return { instance, host, login, nextLook, outcome, users, warnings }
  }

  it('sees a user that was added and one that was removed', async () => {
    const { nextLook, outcome } = await start()
    expect(await outcome('bob')).to.equal('accept')
    write(`ann:${OLD}\n`)
    await nextLook()
    expect([await outcome('bob'), await outcome('ann')]).to.deep.equal(['pass', 'accept'])
  })

  it('sees another file of the same size and time that was moved into its place', async () => {
    const { nextLook, outcome } = await start()
    const draft = join(folder, 'draft')
    writeFileSync(draft, `ann:${OLD}\n`)
    utimesSync(draft, now / 1000, now / 1000)
    renameSync(draft, file)
    await nextLook()
    expect([await outcome('bob'), await outcome('ann')]).to.deep.equal(['pass', 'accept'])
  })

  it('looks by itself, again and again, until it is closed', async () => {
    const { instance, outcome } = await start({ lookEvery: 1 })
    for (const name of ['ann', 'bob', 'ann']) {
      write(`${name}:${OLD}\n`)
      await until(async () => (await outcome(name)) === 'accept')
    }
    await instance.close!()
    write(`bob:${OLD}\n`)
    for (let turn = 0; turn < 20; turn++) await outcome('bob')
    expect(await outcome('bob')).to.equal('pass')
  })

  it('sees a change after the clock was set back', async () => {
    const { outcome, users } = await start()
    write(`ann:${OLD}\n`)
    now -= 3_600_000
    await users.look()
    expect(await outcome('ann')).to.equal('accept')
  })

  it('answers with what is known while the file system hangs, says so once, and goes on when it is back', async () => {
    const { outcome, users, warnings } = await start({ lookEvery: 3_600_000, patience: 1 })
    unlinkSync(file)
    // Whoever reads it waits until its writers have closed it.
    execFileSync('sh', ['-c', 'mkfifo "$0"', file])
    const writer = openSync(file, 'r+')
    const look = users.look()
    await until(() => warnings().length === 1)
    expect(warnings()[0]).to.match(/users: the file system does not answer; its last content stays in use/)
    expect([await outcome('bob'), await outcome('ann')]).to.deep.equal(['accept', 'pass'])
    writeSync(writer, `ann:${OLD}\n`)
    closeSync(writer)
    await look
    expect([await outcome('bob'), await outcome('ann')]).to.deep.equal(['pass', 'accept'])
    expect(warnings()).to.have.length(1)
  })

  const losses: [string, () => void][] = [
    ['is gone', () => unlinkSync(file)],
    [
      'can not be read',
      () => {
        unlinkSync(file)
        mkdirSync(file)
      },
    ],
  ]
  for (const [what, lose] of losses) {
    it(`keeps the last content when the file ${what}, with one warning until it is back`, async () => {
      const { nextLook, outcome, warnings } = await start()
      lose()
      for (let look = 0; look < 3; look++) {
        await nextLook()
        expect(await outcome('bob')).to.equal('accept')
      }
      expect(warnings()).to.have.length(1)
      expect(warnings()[0]).to.include(`cannot read ${file}`).and.include('last content stays in use')

      rmSync(file, { recursive: true, force: true })
      write(`ann:${OLD}\n`)
      await nextLook()
      expect(await outcome('bob')).to.equal('pass')
      unlinkSync(file)
      await nextLook()
      await outcome('ann')
      expect(warnings()).to.have.length(2)
    })
  }

  it('never takes a byte that is no UTF-8 for another character, but for comments', async () => {
    writeFileSync(file, `# f\xFCr alle\nbob:${OLD}\n`, 'latin1')
    const { nextLook, outcome, warnings } = await start()
    expect(await outcome('bob')).to.equal('accept')
    writeFileSync(file, `J\xF6rg:${OLD}\n`, 'latin1')
    await nextLook()
    expect([await outcome('J\uFFFDrg'), await outcome('bob')]).to.deep.equal(['pass', 'accept'])
    expect(warnings()).to.deep.equal([
      `${file}:1:2: the byte at offset 1 is not UTF-8; save the file as UTF-8, or correct this character; its last content stays in use until it can be read`,
    ])
    await start().then(
      () => expect.fail('started'),
      ({ message }: Error) => expect(message).to.match(/:1:2: .* or correct this character$/),
    )
  })

  it('reads a file that an editor began with a byte order mark', async () => {
    write(`\uFEFFbob:${OLD}\n`)
    expect(await (await start()).outcome('bob')).to.equal('accept')
  })

  it('takes an empty file that has just changed for one that is being written', async () => {
    const { nextLook, outcome } = await start()
    await nextLook()
    write('', now - 500)
    expect(await outcome('bob')).to.equal('accept')
    write(`bob:${OLD}\nann:${OLD}\n`)
    await nextLook()
    expect([await outcome('bob'), await outcome('ann')]).to.deep.equal(['accept', 'accept'])
  })

  it('lets nobody log in when the file stays empty, also at a look long after', async () => {
    const { outcome, users } = await start()
    write('')
    now += 3_600_000
    await users.look()
    expect(await outcome('bob')).to.equal('pass')
  })

  it('takes an empty file from the future as it is', async () => {
    const { nextLook, outcome } = await start()
    write('', now + 3_600_000)
    await nextLook()
    expect(await outcome('bob')).to.equal('pass')
  })

  it('reports faulty lines once for each reading, ten at most by themselves', async () => {
    write('bob:plain\n')
    const { nextLook, outcome, warnings } = await start()
    await outcome('bob')
    await nextLook()
    await outcome('bob')
    expect(warnings()).to.have.length(1)
    expect(warnings()[0]).to.include(`${file}:1: `).and.not.include('plain\n')

    write(Array.from({ length: 25 }, (_, index) => `user${index}:plain\n`).join(''))
    await nextLook()
    await outcome('bob')
    expect(warnings()).to.have.length(12)
    expect(warnings().at(-1)).to.include('15 more lines')
  })

  describe('refresh', () => {
    const session = async ({ login }: Awaited<ReturnType<typeof start>>) => {
      const outcome = await login('bob')
      if (outcome.outcome !== 'accept') throw new Error(`expected an accept, got ${outcome.outcome}`)
      return { account: 'bob', labels: NO_LABELS, session: outcome.session as string }
    }

    it('accepts while the line is the same', async () => {
      const started = await start()
      const held = await session(started)
      write(`ann:${OLD}\nbob:${OLD}\n`)
      await started.nextLook()
      expect(await started.instance.refresh!(held, testRequest())).to.have.property('outcome', 'accept')
    })

    const changes: [string, () => Promise<string>][] = [
      ['hash', async () => `bob:${await testHost().passwords.hash(new Secret('correct horse'))}\n`],
      ['absence', async () => `ann:${OLD}\n`],
      ['unsupported hash', async () => 'bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n'],
    ]
    for (const [what, line] of changes) {
      it(`rejects after a new ${what}`, async () => {
        const started = await start()
        const held = await session(started)
        write(await line())
        await started.nextLook()
        expect(await started.instance.refresh!(held, testRequest())).to.have.property('outcome', 'reject')
      })
    }
  })
})
