import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { scripted } from '../../support/plugins/index.ts'

const MAIN = fileURLToPath(new URL('../../../core/main.ts', import.meta.url))
const DAY = 86_400_000
const accept = { answer: { outcome: 'accept' } }
const blind = scripted.authenticator('blind', accept)
const seeing = (id: string, script: object) => scripted.authenticator(id, { ...accept, refresh: script })
const CONFIG = JSON.stringify({
  server: { listen: '127.0.0.1:5001' },
  authenticators: [
    {
      plugin: 'static',
      options: { users: { '': {}, alice: { any_password: true }, off: { disabled: true } } },
    },
    blind,
    seeing('renaming', { answer: { outcome: 'accept', account: 'root' } }),
    seeing('down', { does: 'throw' }),
  ],
  authorizers: [{ plugin: 'acl', options: { rules: [] } }],
})

describe('dockwarden token', () => {
  let folder: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-token-'))
    file = join(folder, 'dockwarden.yml')
    writeFileSync(file, CONFIG)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function token(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const output = {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => err.push(text) },
    }
    const status = await runCommandLine(['token', ...args, '--config', file], output)
    return { status, stdout: out.join(''), stderr: err.join('') }
  }

  async function create(...args: string[]) {
    const { status, stdout } = await token('create', ...args, '--json')
    expect(status).to.equal(0)
    return JSON.parse(stdout)
  }

  async function list(...args: string[]): Promise<Record<string, unknown>[]> {
    const { status, stdout } = await token('list', ...args, '--json')
    expect(status).to.equal(0)
    return JSON.parse(stdout)
  }

  describe('create', () => {
    it('prints the token alone on standard output, and never on standard error', async () => {
      const { status, stdout, stderr } = await token('create', '--account', 'alice')
      expect(status).to.equal(0)
      expect(stdout).to.match(/^dwp_[0-9A-Za-z]{49}\n$/)
      expect(stderr).to.contain('docker login -u alice').and.not.to.contain(stdout.trim())
      expect(stderr).to.match(/"audit":"token created".*"by":"[^"]+@[^"]+"/)
    })

    it('ends after 90 days unless told otherwise', async () => {
      const before = Date.now()
      const ends = (made: { expires: string }) => Date.parse(made.expires) - before
      expect(ends(await create('--account', 'a'))).to.be.within(90 * DAY, 90 * DAY + 60_000)
      expect(ends(await create('--account', 'a', '--expires', '12h'))).to.be.within(DAY / 2, DAY / 2 + 60_000)
      expect(await create('--account', 'a', '--expires', 'never')).not.to.have.property('expires')
    })

    it('keeps name, labels and limits', async () => {
      const made = await create(
        ...[
          '--account',
          'ci',
          '--name',
          'nightly',
          '--label',
          'group=dev',
          '--label',
          'group=ops',
          '--label',
          'site=a=b',
        ],
        ...['--allow', 'repository:team/*:pull', '--allow', 'repository:x:*'],
      )
      const expected = {
        account: 'ci',
        name: 'nightly',
        labels: { group: ['dev', 'ops'], site: ['a=b'] },
        allow: ['repository:team/*:pull', 'repository:x:*'],
      }
      expect(made).to.deep.include(expected)
      const [kept] = await list()
      expect(kept).to.deep.include({ ...expected, id: made.id, kind: 'personal' })
      expect(JSON.stringify(kept)).not.to.contain(made.token)
      expect(kept).not.to.have.any.keys('digest', 'session')
    })

    it('with an authenticator makes one only for an account that it knows', async () => {
      expect(await create('--account', 'alice', '--authenticator', 'static')).to.include({
        authenticator: 'static',
      })
      for (const [account, reason] of [
        ['eve', /no longer configured/],
        ['off', /disabled/],
      ] as const) {
        const { status, stdout, stderr } = await token(
          'create',
          '--account',
          account,
          '--authenticator',
          'static',
        )
        expect(status).to.equal(1)
        expect(stdout).to.equal('')
        expect(stderr).to.match(reason)
      }
      expect(await list()).to.have.length(1)
    })

    it('refuses a name that the authenticator will replace by another, which no use would be good for', async () => {
      const { status, stderr } = await token('create', '--account', 'alice', '--authenticator', 'renaming')
      expect(status).to.equal(1)
      expect(stderr).to.contain('calls the account "root"; use that name')
    })

    const wrong: [string[], RegExp][] = [
      [['--account', ''], /--account "" is no user name/],
      [['--account', 'a:b'], /--account "a:b".*colon/],
      [['--account', '<token>'], /--account/],
      [['--account', 'a\n'], /--account has U\+000A in it/],
      [['--account', 'a\u202eb'], /--account has U\+202E in it; write/],
      [['--account', 'a', '--label', 'group'], /--label "group" is not name=value/],
      [['--account', 'a', '--expires', 'soon'], /--expires "soon".*90d/],
      [['--account', 'a', '--allow', 'repository'], /--allow "repository".*repository:team/],
      [['--account', 'alice', '--authenticator', 'static', '--label', 'a=b'], /robot/],
      [
        ['--account', 'alice', '--authenticator', 'ldap'],
        /"ldap" is not configured; there is static, blind, renaming, down/,
      ],
      [['--account', 'alice', '--authenticator', 'blind'], /robot account/],
      [
        ['--account', 'alice', '--authenticator', 'down'],
        /--authenticator down could not be asked: .*scripted fault/,
      ],
      [['--account', 'a', '--expires', '99999999d'], /36500d/],
      [['--account', 'a', '--name', ''], /--name/],
      [['--account', 'a', '--label', 'a=\u001b[31m'], /--label/],
      [['--account', 'a', '--allow', 'repository:a:pull, push'], /--allow/],
      [['--account', `dwp_${'0'.repeat(43)}2aAb5q`], /--account is a token/],
      [[], /--account/],
    ]
    for (const [args, message] of wrong) {
      it(`refuses ${JSON.stringify(args)} and makes nothing`, async () => {
        const { status, stdout, stderr } = await token('create', ...args)
        expect(status).to.equal(2)
        expect(stdout).to.equal('')
        expect(stderr).to.match(message)
        expect(existsSync(join(folder, 'var'))).to.equal(false)
      })
    }
  })

  describe('list', () => {
    it('is empty before the first token, and makes nothing', async () => {
      expect(await list()).to.deep.equal([])
      expect((await token('list')).stdout).to.match(/^ID +KIND +ACCOUNT/)
      expect(existsSync(join(folder, 'var'))).to.equal(false)
    })

    it('shows the good ones of an account, and with --all those that ended', async () => {
      const { id } = await create('--account', 'alice', '--name', 'laptop')
      await create('--account', 'bob')
      expect((await list()).map(({ account }) => account)).to.have.members(['alice', 'bob'])
      await token('revoke', id)
      expect(await list('--account', 'alice')).to.deep.equal([])
      const [ended] = await list('--account', 'alice', '--all')
      expect(ended).to.include({ id, name: 'laptop' })
      expect(ended!.over).to.match(/^revoked by .+@.+ at 20/)
      const { stdout } = await token('list', '--all')
      expect(stdout.split('\n')).to.have.length(4)
      expect(stdout).to.match(
        new RegExp(`^${id}  personal +alice +\\(robot\\) +laptop +20\\S+ +never +revoked by`, 'm'),
      )
    })
  })

  describe('revoke', () => {
    it('ends a token by id or by its own text, and says which', async () => {
      const first = await create('--account', 'alice')
      const second = await create('--account', 'alice')
      const { status, stdout, stderr } = await token('revoke', first.id, second.token)
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: `${first.id}\n${second.id}\n` })
      expect(stderr)
        .to.match(/"audit":"tokens revoked".*"by":"[^"]+@[^"]+"/)
        .and.not.to.contain(second.token)
      expect(await list()).to.deep.equal([])
    })

    it('ends all of an account, and of nobody else', async () => {
      await create('--account', 'alice')
      await create('--account', 'alice')
      await create('--account', 'bob')
      expect((await token('revoke', '--account', 'alice')).stdout.trim().split('\n')).to.have.length(2)
      expect(await list()).to.have.length(1)
    })

    it('exits 1 for what is not there, and ends the others', async () => {
      const { id } = await create('--account', 'alice')
      const { status, stdout, stderr } = await token('revoke', '0123456789abcdef0123', id, '--json')
      expect(status).to.equal(1)
      expect(JSON.parse(stdout)).to.deep.equal({ revoked: [id], missing: ['0123456789abcdef0123'] })
      expect(stderr).to.contain('no token "0123456789abcdef0123"')
      expect((await token('revoke', '--account', 'nobody')).status).to.equal(1)
    })

    it('reads from standard input what should stand in no list of processes', async () => {
      const { id, token: text } = await create('--account', 'alice')
      expect(await revokeRead(`${text}\n`)).to.deep.include({ status: 0, stdout: `${id}\n` })
      expect(await list()).to.deep.equal([])
    })

    it('ends what is named beside standard input, too', async () => {
      const [first, second] = [await create('--account', 'alice'), await create('--account', 'alice')]
      const { stdout } = await revokeRead(`${second.token}\n`, first.id)
      expect(stdout.trim().split('\n')).to.have.members([first.id, second.id])
    })

    for (const nothing of ['', ' \n'])
      it(`says that standard input has no token: ${JSON.stringify(nothing)}`, async () => {
        const { status, stderr } = await revokeRead(nothing)
        expect(status).to.equal(2)
        expect(stderr).to.equal(
          'dockwarden: there is no token on standard input; hand one over, or name its id\n',
        )
      })

    async function revokeRead(input: string, ...named: string[]) {
      const child = spawn(process.execPath, [MAIN, 'token', 'revoke', '-', ...named, '--config', file])
      child.stdin.end(input)
      const ended = once(child, 'close')
      const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)])
      return { status: (await ended)[0], stdout: stdout.toString(), stderr: stderr.toString() }
    }

    it('does not repeat a mistyped token', async () => {
      const { token: text } = await create('--account', 'alice')
      const { status, stderr } = await token('revoke', `${text.slice(0, -1)}!`)
      expect(status).to.equal(1)
      expect(stderr).not.to.contain(text.slice(0, 20))
    })

    for (const args of [[], ['x', '--account', 'alice']]) {
      it(`refuses ${JSON.stringify(args)}: it must be clear what ends`, async () => {
        expect((await token('revoke', ...args)).status).to.equal(2)
      })
    }
  })
})
