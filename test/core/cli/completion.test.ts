// What Tab offers: from the commands themselves, and in the shells that ask.
import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { findProgram, needs } from '../../support/debian.ts'

const MAIN = join(import.meta.dirname, '../../../core/main.ts')
const CONFIG = `
server: { listen: 127.0.0.1:5001 }
authenticators:
  - { plugin: static, id: robots, options: { users: { ann: { password: $2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm } } } }
  - { plugin: static, options: { users: { bob: { password: $2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm } } } }
authorizers: [{ plugin: acl, id: rules, options: { rules: [] } }]
`

async function printed(...args: string[]): Promise<string> {
  const texts: string[] = []
  await runCommandLine(args, {
    stdout: { write: (text) => texts.push(text) },
    stderr: { write: () => true },
  })
  return texts.join('')
}

async function offered(...words: string[]): Promise<{ values: string[]; also: string }> {
  const lines = (await printed('__complete', '--', ...words)).trimEnd().split('\n')
  return { values: lines.slice(0, -1).map((line) => line.split('\t')[0]!), also: lines.at(-1)! }
}

describe('completion', function () {
  this.timeout(120_000)
  let folder: string
  let config: string
  let users: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-completion-'))
    config = join(folder, 'auth.yml')
    users = join(folder, 'users')
    writeFileSync(config, CONFIG)
    writeFileSync(users, 'ann:x\nbob:y\n')
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'dockwarden'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`)
    chmodSync(join(bin, 'dockwarden'), 0o755)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('offers each command and each option that help names, whatever they are', async () => {
    const visit = async (path: readonly string[]): Promise<number> => {
      const help = await printed(...path, '--help')
      const [, options = ''] = /\nOptions:\n((?: {2}.*\n)+)/.exec(help) ?? []
      const named = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name)
      const { values } = await offered(...path, '--')
      expect(values.toSorted(), path.join(' ')).to.deep.equal(named.toSorted())
      const [, commands = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(help) ?? []
      const inner = [...commands.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name!)
      if (inner.length === 0) return 1
      expect((await offered(...path, '')).values).to.include.members(inner)
      let all = 1
      for (const name of inner) if (name !== 'help') all += await visit([...path, name])
      return all
    }
    expect(await visit([])).to.be.greaterThan(20)
  })

  const cases: [string, () => string[], { values: string[]; also?: string }][] = [
    ['a command', () => ['tok'], { values: ['token'] }],
    ['a command of a group', () => ['token', 'r'], { values: ['revoke'] }],
    ['commands behind help', () => ['help', 'ke'], { values: ['key'] }],
    ['nothing that is not there', () => ['nothing', 'x'], { values: [] }],
    ['not the hidden one', () => ['__'], { values: [] }],
    ['the rest of an option', () => ['serve', '--log'], { values: ['--log-level'] }],
    ['choices of an option', () => ['serve', '--log-level', 'wa'], { values: ['warn'] }],
    ['the same behind =', () => ['serve', '--log-level=wa'], { values: ['--log-level=warn'] }],
    ['choices of an argument', () => ['completion', 'f'], { values: ['fish'] }],
    ['an option once', () => ['check', '--json', '--j'], { values: [] }],
    ['a repeatable option again', () => ['explain', '--label', 'a=b', '--lab'], { values: ['--label'] }],
    ['files for a configuration', () => ['check', ''], { values: [], also: ':files' }],
    ['files for an option', () => ['guard', 'list', '--config', ''], { values: [], also: ':files' }],
    ['files behind =', () => ['guard', 'list', '--config='], { values: [], also: ':files' }],
    ['folders', () => ['init', ''], { values: [], also: ':folders' }],
    ['a file alone, as for docker_auth', () => ['./a'], { values: [], also: ':files' }],
    ['a file and then scopes', () => ['explain', config, ''], { values: [] }],
    [
      'authenticators of --config',
      () => ['token', 'create', '--config', config, '--authenticator', ''],
      { values: ['robots', 'static'] },
    ],
    ['authenticators of a file', () => ['explain', config, '--authenticator', 'r'], { values: ['robots'] }],
    ['none of a file that is none', () => ['explain', folder, '--authenticator', ''], { values: [] }],
    ['users of a file', () => ['user', 'remove', '--file', users, 'b'], { values: ['bob'] }],
    ['no users to add', () => ['user', 'add', '--file', users, ''], { values: [] }],
    ['options behind -- never', () => ['check', '--', '--'], { values: [], also: ':files' }],
    ['glog’s flags as words', () => ['-v', '2', 'tok'], { values: [] }],
  ]
  for (const [title, words, { values, also = ':nothing' }] of cases) {
    it(`offers ${title}`, async () => {
      expect(await offered(...words())).to.deep.equal({ values, also })
    })
  }

  it('says which ids are which plugin', async () => {
    const lines = await printed('__complete', '--', 'explain', config, '--authenticator', '')
    expect(lines).to.equal('robots\tauthenticator static\nstatic\tauthenticator\n:nothing\n')
  })

  it('knows three shells', async () => {
    expect(
      await runCommandLine(['completion', 'tcsh'], { stdout: { write() {} }, stderr: { write() {} } }),
    ).to.equal(2)
  })

  const environment = () => ({
    ...process.env,
    PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
    HOME: folder,
    TERM: 'xterm',
  })

  /** Starts a shell on a terminal, and presses keys when it has shown what comes before them. */
  async function pressed(
    command: string,
    keys: readonly (readonly [shown: RegExp, keys: string])[],
  ): Promise<void> {
    const child = spawn('script', ['-qec', `stty cols 200 rows 50; ${command}`, '/dev/null'], {
      cwd: folder,
      env: environment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let shown = ''
    let next = 0
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.stdout.on('data', (chunk) => {
      shown += chunk
      for (;;) {
        const [wanted, key] = keys[next] ?? []
        const found = wanted?.exec(plain(shown))
        if (!found) return
        shown = ''
        next += 1
        child.stdin.write(key!)
      }
    })
    child.once('close', () =>
      next === keys.length
        ? resolve()
        : reject(new Error(`waited for ${keys[next]![0]} in:\n${plain(shown)}`)),
    )
    const kill = setTimeout(() => child.kill('SIGTERM'), 90_000)
    await promise.finally(() => clearTimeout(kill))
  }

  function plain(shown: string): string {
    return shown.replace(/\x1b(\[[\d;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)|[\r\x07]/g, '')
  }

  describe('in bash', () => {
    needs('bash', 'script')

    it('offers what fits, also where = and : cut words', async () => {
      const ask = async (...words: string[]) => {
        const script = `source <(dockwarden completion bash)
          COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dockwarden; printf '%s\\n' "\${COMPREPLY[@]}"`
        const args = ['--norc', '-c', script, 'bash', 'dockwarden', ...words]
        const { stdout } = await promisify(execFile)('bash', args, { env: environment() })
        return stdout.split('\n').filter((line) => line !== '')
      }
      expect(await ask('tok')).to.deep.equal(['token'])
      expect(await ask('key', 'export', '--format', 'b')).to.deep.equal(['bundle'])
      expect(await ask('key', 'export', '--format', '=', 'b')).to.deep.equal(['bundle'])
      expect(await ask('key', 'export', '--format', '=')).to.deep.equal(['jwks', 'bundle', 'certificate'])
      expect(await ask('explain', config, '--authenticator', 'ro')).to.deep.equal(['robots'])
    })

    it('completes on a terminal: commands, options, ids, files', async () => {
      await pressed('bash --norc -i', [
        [/\$ |# /, 'PS1="REA""DY> "; source <(dockwarden completion bash)\r'],
        [/READY> /, 'dockwarden tok\t'],
        [/token /, 'cr\t'],
        [/create /, '--authen\t'],
        [/--authenticator /, '\x15dockwarden check au\t'],
        [/auth\.yml /, '\x15dockwarden explain auth.yml --authenticator ro\t'],
        [/robots /, '\x15exit\r'],
      ])
    })
  })

  describe('in zsh', () => {
    needs('zsh', 'script')

    it('completes on a terminal: commands, options, ids, files', async () => {
      mkdirSync(join(folder, 'zfunc'))
      const zsh = findProgram('zsh') ?? 'zsh'
      await pressed(`${zsh} -f -i`, [
        [/% |# /, 'dockwarden completion zsh > zfunc/_dockwarden\r'],
        [/% |# /, 'fpath=($PWD/zfunc $fpath); autoload -Uz compinit; compinit -u -D; PS1="REA""DY> "\r'],
        [/READY> /, 'dockwarden tok\t'],
        [/token /, 'cr\t'],
        [/create /, '--authen\t'],
        [/--authenticator /, '\x15dockwarden check au\t'],
        [/auth\.yml /, '\x15dockwarden explain auth.yml --authenticator ro\t'],
        [/robots /, '\x15dockwarden key export --format=bu\t'],
        [/--format=bundle /, '\x15exit\r'],
      ])
    })
  })

  describe('in fish', () => {
    needs('fish')

    it('completes commands, options, ids and files', async () => {
      const ask = async (line: string) => {
        const script = `dockwarden completion fish | source; complete -C '${line}'`
        const options = { env: environment(), cwd: folder }
        const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', script], options)
        return stdout.trimEnd().split('\n')
      }
      expect(await ask('dockwarden tok')).to.deep.equal(['token\tpersonal access tokens and refresh tokens'])
      expect(await ask('dockwarden token ')).to.include(
        'create\tmake a personal access token, a password for one account',
      )
      expect(await ask('dockwarden serve --log-level wa')).to.deep.equal(['warn'])
      expect(await ask('dockwarden serve --log')).to.deep.equal(['--log-level\thow much is logged'])
      expect(await ask('dockwarden explain auth.yml --authenticator ro')).to.deep.equal([
        'robots\tauthenticator static',
      ])
      expect((await ask('dockwarden check au'))[0]).to.match(/^auth\.yml/)
    })
  })
})
