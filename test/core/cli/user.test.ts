// `dockwarden user`, in processes of its own, and what the server says of what it wrote.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { Secret } from '../../../core/plugin.ts'
import { testHost, testRequest } from '../../../core/testing/index.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import plugin from '../../../plugins/htpasswd/index.ts'
import { needs } from '../../support/debian.ts'
import { runMain } from '../../support/run-main.ts'

const PASSWORD = 'correct horse battery'
const MD5 = 'old:$apr1$a1b2c3d4$0123456789abcdefghijkl'

describe('dockwarden user', function () {
  this.timeout(120_000)
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-user-'))
    file = join(folder, 'htpasswd')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const user = (
    [command = '', ...more]: readonly string[],
    given: string | Buffer = '',
    node: readonly string[] = [],
  ) => runMain(['user', command, '--file', file, ...more], given, { node })
  const text = () => readFileSync(file, 'utf8')

  /** What the server's plugin makes of it. */
  async function login(account: string, password: string): Promise<string> {
    const instance = await plugin.create(plugin.options.parse({ file }), testHost())
    try {
      const credentials = { kind: 'password', account, password: new Secret(password) } as const
      const { outcome } = await instance.authenticate(credentials, testRequest())
      return outcome
    } finally {
      await instance.close?.()
    }
  }

  it('adds users whom the server lets in, gives them other passwords, and removes them', async () => {
    const added = await user(['add', 'alice'], PASSWORD)
    expect(added).to.deep.equal({
      status: 0,
      stdout: '',
      stderr: `The user alice was added to the new file ${file}.\n`,
    })
    expect(await login('alice', PASSWORD)).to.equal('accept')
    expect(await login('alice', 'another')).to.equal('reject')

    expect((await user(['add', 'bob', '--algorithm', 'argon2'], `${PASSWORD}\r\n`)).status).to.equal(0)
    expect(await login('bob', PASSWORD)).to.equal('accept')

    const other = 'x'.repeat(40) + 'y'.repeat(40)
    expect((await user(['passwd', 'bob'], `${other}\n`)).status).to.equal(0)
    expect(await login('bob', other), 'argon2 as before, which looks at every byte').to.equal('accept')
    expect(await login('bob', other.slice(0, 72))).to.equal('reject')

    expect((await user(['remove', 'alice'])).status).to.equal(0)
    expect(await login('alice', PASSWORD)).to.equal('pass')
    expect(text()).to.match(/^bob:\$argon2id\$/)
  })

  it('makes a password, and shows it once, alone on a line of standard output', async () => {
    const { status, stdout, stderr } = await user(['add', 'ci', '--generate'])
    expect(status).to.equal(0)
    expect(stdout).to.match(/^([a-z2-7]{5}-){5}[a-z2-7]{5}\n$/)
    expect(stderr + text()).not.to.include(stdout.trim())
    expect(await login('ci', stdout.trim())).to.equal('accept')
    const { password, ...facts } = JSON.parse((await user(['passwd', 'ci', '--generate', '--json'])).stdout)
    expect(facts).to.deep.equal({ file, user: 'ci', algorithm: 'bcrypt' })
    expect(await login('ci', password)).to.equal('accept')
  })

  it('shows the users, and who of them can not log in', async () => {
    writeFileSync(file, `# team\n${MD5}\nnothing\n`)
    await user(['add', 'alice'], PASSWORD)
    const { status, stdout, stderr } = await user(['list'])
    expect(status).to.equal(0)
    expect(stdout).to.equal('USER   HASH\nold    none: can not log in\nalice  bcrypt, cost 10\n')
    expect(stderr).to.match(/:2: the user "old" has an MD5 hash.*\n.*:3: is no user:hash/)
    const { users, faults } = JSON.parse((await user(['list', '--json'])).stdout)
    expect(users).to.deep.equal([
      { user: 'old', hash: null },
      { user: 'alice', hash: 'bcrypt, cost 10' },
    ])
    expect(faults.map(({ line }: { line: number }) => line)).to.deep.equal([2, 3])
  })

  it('says no to a user who is there, or is not, and changes nothing', async () => {
    await user(['add', 'alice'], PASSWORD)
    const before = text()
    for (const [args, message] of [
      [['add', 'alice'], /the user "alice" is in .* already; dockwarden user passwd/],
      [['passwd', 'alcie'], /is not in .*; did you mean "alice"\?/],
      [['remove', 'bob'], /is not in .*; known: alice/],
    ] as const) {
      const { status, stdout, stderr } = await user(args, PASSWORD)
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' })
      expect(stderr).to.match(message)
    }
    expect(text()).to.equal(before)
  })

  for (const [name, message] of [
    ['', /is empty/],
    ['a:b', /has a colon in it/],
    ['#a', /begins with #/],
    [' a', /has white space at an end/],
    ['a\nb', /has U\+000A in it/],
    ['bo\u200bb', /has U\+200B in it/],
    ['\ufeffa', /has U\+FEFF in it/],
    ['a'.repeat(257), /more than 256 characters/],
    ['<token>', /identity token/],
  ] as const) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 9))}`, async () => {
      const { status, stderr } = await user(['add', '--', name], PASSWORD)
      expect(status).to.equal(2)
      expect(stderr).to.match(message)
      expect(existsSync(file)).to.equal(false)
    })
  }

  for (const [title, password, message] of [
    ['nothing', '', /no password on standard input.*--generate/],
    ['an empty line', '\n', /no password on standard input/],
    ['two lines', 'correct horse\nbattery\n', /has a line end/],
    ['what is no UTF-8', Buffer.from('correct\xffhorse', 'latin1'), /nobody can type/],
    ['73 bytes for bcrypt', `${'é'.repeat(36)}x`, /more than the 72 bytes.*--algorithm argon2/],
    ['a token', createSecretToken('personal').secret.reveal(), /is a token of Dockwarden/],
    ['too much', 'x'.repeat(70_000), /holds more than a password/],
  ] as const) {
    it(`refuses ${title} as a password`, async () => {
      const { status, stderr } = await user(['add', 'alice'], password)
      expect(status, stderr).to.equal(2)
      expect(stderr).to.match(message)
      expect(stderr).not.to.include('horse')
      expect(existsSync(file)).to.equal(false)
    })
  }

  for (const [password, message] of [
    ['seven77', /less than 8 characters/],
    ['alice-2026', /the name of the user, and little else/],
    ['ababababab', /the same characters over and over/],
  ] as const) {
    it(`warns of the weak password ${password}, without it`, async () => {
      const { status, stderr } = await user(['add', 'alice'], password)
      expect(status).to.equal(0)
      expect(stderr).to.match(message).and.not.include(password)
    })
  }

  it('takes what is no password file for none', async () => {
    writeFileSync(file, Buffer.from('\ufeffalice:x\n', 'utf16le'))
    expect((await user(['add', 'bob'], PASSWORD)).stderr).to.match(/is not UTF-8/)
    writeFileSync(file, Buffer.from([0x61, 0x3a, 0xff, 0x0a]))
    expect((await user(['add', 'bob'], PASSWORD)).stderr).to.match(/:1:3: the byte at offset 2 is not UTF-8/)
    expect((await user(['passwd', 'bob', '--file', join(folder, 'no')], PASSWORD)).stderr).to.match(
      /there is no such file/,
    )
  })

  it('loses nobody when several add users at once, and one of two gets a name', async () => {
    const names = ['a', 'b', 'c', 'd', 'd', 'd']
    const ended = await Promise.all(names.map((name) => user(['add', name], PASSWORD)))
    expect(ended.map(({ status }) => status).sort()).to.deep.equal([0, 0, 0, 0, 1, 1])
    expect(
      text()
        .match(/^[^:]+/gm)!
        .sort(),
    ).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(readdirSync(folder)).to.deep.equal(['htpasswd'])
  })

  it('leaves the old file when it is killed in the middle, and holds up nobody', async () => {
    await user(['add', 'alice'], PASSWORD)
    const before = text()
    for (const [index, call] of ['rename', 'realpath', 'open'].entries()) {
      const hook = join(folder, `${call}.mjs`)
      writeFileSync(
        hook,
        `import fs from 'node:fs/promises'
         import { syncBuiltinESMExports } from 'node:module'
         const real = fs.${call}
         fs.${call} = (path, ...more) => {
           if (String(path).includes('htpasswd')) process.kill(process.pid, 'SIGKILL')
           return real(path, ...more)
         }
         syncBuiltinESMExports()`,
      )
      const { status } = await user(['passwd', 'alice', '--generate'], '', [
        '--import',
        pathToFileURL(hook).href,
      ])
      expect(status, call).to.equal(null)
      expect(text()).to.equal(before)
      rmSync(hook)
      expect((await user(['add', `after${index}`], PASSWORD)).status).to.equal(0)
      expect((await user(['remove', `after${index}`])).status).to.equal(0)
      expect(readdirSync(folder)).to.deep.equal(['htpasswd'])
    }
  })

  describe('on a terminal', () => {
    needs('script')

    /** Types an answer to each question, at the moment at which it is asked. */
    function typed(
      args: readonly string[],
      answers: readonly string[],
    ): Promise<{ status: number | null; shown: string }> {
      const words = [
        process.execPath,
        join(import.meta.dirname, '../../../core/main.ts'),
        'user',
        ...args,
        '--file',
        file,
      ]
      const command = words.map((word) => `'${word}'`).join(' ')
      const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
      let shown = ''
      let answered = 0
      child.stdout.on('data', (chunk) => {
        shown += chunk
        const asked = shown.match(/(Password of \w+|The same again): /g)?.length ?? 0
        if (asked > answered) child.stdin.write(answers[answered++]!)
      })
      return new Promise((resolve) => child.once('close', (status) => resolve({ status, shown })))
    }

    it('asks twice, and shows nothing of it', async () => {
      const { status, shown } = await typed(['add', 'alice'], [`${PASSWORD}x\x7f\r`, `${PASSWORD}\r`])
      expect(status, shown).to.equal(0)
      expect(shown).to.match(/Password of alice: \r?\nThe same again: \r?\n.*was added/)
      expect(shown).not.to.include('horse')
      expect(await login('alice', PASSWORD)).to.equal('accept')
    })

    for (const [title, answers, message] of [
      ['two that differ', [`${PASSWORD}\r`, 'another\r'], /the two are not the same/],
      ['Ctrl-C', ['abc\x03'], /no password was given; nothing was changed/],
      ['Ctrl-D', [`${PASSWORD}\r`, '\x04'], /no password was given; nothing was changed/],
    ] as const) {
      it(`changes nothing after ${title}`, async () => {
        const { status, shown } = await typed(['add', 'alice'], answers)
        expect(status, shown).to.equal(1)
        expect(shown).to.match(message)
        expect(existsSync(file)).to.equal(false)
      })
    }

    it('refuses an empty one', async () => {
      const { status, shown } = await typed(['add', 'alice'], ['\r', '\r'])
      expect(status, shown).to.equal(2)
      expect(shown).to.match(/the password is empty/)
    })
  })
})
