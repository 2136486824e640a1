// Reloads of a server in a process of its own: by signal and by command, at any moment, and killed in the middle of one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { type DockwardenProcess, startDockwarden } from '../../support/dockwarden.ts'
import { basic } from '../../support/http-question.ts'
import { eventually } from '../../support/server.ts'

const MAIN = fileURLToPath(new URL('../../../core/main.ts', import.meta.url))

describe('a server process', () => {
  let folder: string
  let server: DockwardenProcess | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-reload-'))
    writeFileSync(join(folder, 'ann.txt'), 'canary of ann')
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
    rmSync(folder, { recursive: true })
  })
  const path = (name: string) => join(folder, name)
  const write = (account: string, more = '', listen = '127.0.0.1:0') =>
    writeFileSync(
      path('dockwarden.yml'),
      `server: { listen: "${listen}" }\nauthenticators: [{ plugin: static, options: { users: { ann: { password: !file ann.txt } } } }]\n` +
        `authorizers: [{ plugin: acl, options: { rules: [{ match: { account: ${account} }, actions: [pull] }] } }]\n${more}`,
    )
  const start = async () => {
    server = await startDockwarden(['serve', path('dockwarden.yml')], { DOCKWARDEN_STATE_DIR: path('state') })
    return server
  }
  const access = async () => {
    const answer = await fetch(`http://127.0.0.1:${server!.port}/auth?service=r&scope=repository:a:pull`, {
      headers: { authorization: basic('ann', 'canary of ann') },
    })
    const { token } = (await answer.json()) as { token: string }
    const { access } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
    return access[0].actions.join()
  }
  const run = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []]
    const before = process.env.DOCKWARDEN_STATE_DIR
    process.env.DOCKWARDEN_STATE_DIR = path('state')
    try {
      const status = await runCommandLine(args, {
        stdout: { write: (text) => out.push(text) },
        stderr: { write: (text) => err.push(text) },
      })
      return { status, stdout: out.join(''), stderr: err.join('') }
    } finally {
      if (before === undefined) delete process.env.DOCKWARDEN_STATE_DIR
      else process.env.DOCKWARDEN_STATE_DIR = before
    }
  }
  const reload = (...args: string[]) => run('reload', '--config', path('dockwarden.yml'), ...args)

  it('reads its file again on SIGHUP, and lives', async () => {
    write('ben')
    const { child, until } = await start()
    expect(await access()).to.equal('')
    write('ann')
    child.kill('SIGHUP')
    await until(/"audit":"reload","by":"SIGHUP","result":"reloaded","changed":\["authorizers.acl"\]/)
    expect(await access()).to.equal('pull')
  })

  it('answers dockwarden reload with what is different, and the log says who asked', async () => {
    write('ben')
    const { output } = await start()
    write('ann')
    expect(await reload()).to.deep.equal({
      status: 0,
      stdout: 'authorizers.acl\n',
      stderr: 'in force\n',
    })
    expect(await access()).to.equal('pull')
    expect(output()).to.match(
      new RegExp(
        `"audit":"reload","by":"dockwarden reload, [^"]+","uid":${process.getuid!()},"pid":${process.pid},`,
      ),
    )
    expect(await reload()).to.deep.equal({
      status: 0,
      stdout: '',
      stderr: 'in force; nothing is different\n',
    })
    write('ann', '', '127.0.0.1:1')
    const { stdout, ...answered } = await reload('--json')
    expect(answered).to.deep.equal({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).to.deep.equal({
      outcome: 'reloaded',
      changed: [],
      restart: ['server.listen'],
      warnings: [],
    })
    expect((await reload()).stderr).to.match(/^server\.listen: changed, and only a restart/)
  })

  it('says what is wrong with the file, and goes on as before', async () => {
    write('ann')
    const { output } = await start()
    write('ben', 'sever: {}\n')
    const refused = await reload()
    expect([refused.status, refused.stdout]).to.deep.equal([2, ''])
    expect(refused.stderr).to.match(
      /dockwarden\.yml:4:1: sever: unknown key.*\nnot read again: nothing has changed/,
    )
    const { status, stdout } = await reload('--json')
    expect([status, JSON.parse(stdout).outcome, JSON.parse(stdout).problems[0].line]).to.deep.equal([
      2,
      'refused',
      4,
    ])
    expect(await access()).to.equal('pull')
    expect(output()).not.to.contain('canary')
  })

  it('says the same of a file that can not be read at all, and so does its log', async () => {
    write('ann')
    const { output } = await start()
    const log = () => output().split('"by":"dockwarden reload').length - 1
    const ways: [string, () => void][] = [
      ['is empty', () => writeFileSync(path('dockwarden.yml'), '')],
      ['begin all keys of a map', () => writeFileSync(path('dockwarden.yml'), 'server: [\n')],
      ['there is no such file', () => rmSync(path('dockwarden.yml'))],
    ]
    for (const [at, [words, spoil]] of ways.entries()) {
      spoil()
      const { status, stdout } = await reload('--json')
      const { outcome, problems } = JSON.parse(stdout)
      expect([status, outcome]).to.deep.equal([2, 'refused'])
      expect(problems[0].message).to.contain(words)
      await eventually(() => log() === at + 1)
    }
    await server!.stop()
    const alone = await reload('--json')
    expect([alone.status, JSON.parse(alone.stdout).outcome]).to.deep.equal([2, 'refused'])
  })

  it('refuses a command that names another file, and a command says where no server is', async () => {
    write('ann')
    writeFileSync(path('other.yml'), 'authenticators: []\nauthorizers: []\n')
    const alone = await reload()
    expect([alone.status, alone.stderr]).to.deep.equal([
      2,
      `dockwarden: no server answers at ${path('state/control.sock')}; start one, or name its configuration with --config (DOCKWARDEN_STATE_DIR must be as for the server)\n`,
    ])
    await start()
    const other = await run('reload', '--config', path('other.yml'))
    expect([other.status, other.stderr]).to.deep.equal([
      2,
      `dockwarden: this server runs with ${path('dockwarden.yml')}, not with "${path('other.yml')}"; name that with --config\n`,
    ])
  })

  it('takes a SIGHUP during its start when it has started, and several as one', async () => {
    write('ann')
    writeFileSync(
      path('slow.ts'),
      `import { existsSync, writeFileSync } from 'node:fs'
       writeFileSync(new URL('./loading', import.meta.url), '')
       while (!existsSync(new URL('./go', import.meta.url))) await new Promise((done) => setTimeout(done, 5))
       import { definePlugin, z } from 'dockwarden/plugin'
       export default definePlugin({ kind: 'labeler', name: 'slow', options: z.strictObject({}), create: () => ({ label: async () => ({}) }) })`,
    )
    write('ann', 'labelers: [{ plugin: ./slow.ts }]\n')
    const child: ChildProcess = spawn(process.execPath, [MAIN, 'serve', path('dockwarden.yml')], {
      env: { ...process.env, DOCKWARDEN_STATE_DIR: path('state') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const closed = once(child, 'close')
    let log = ''
    child.stderr!.on('data', (text) => {
      log += text
    })
    try {
      await eventually(() => existsSync(path('loading')))
      for (let time = 0; time < 5; time += 1) child.kill('SIGHUP')
      writeFileSync(path('go'), '')
      await eventually(() => /"audit":"reload"/.test(log))
      child.kill('SIGTERM')
      await closed
      expect(child.exitCode).to.equal(0)
      expect(log.match(/"audit":"reload","by":"SIGHUP"/g)).to.have.lengthOf(1)
      expect(log.indexOf('"msg":"listening"')).to.be.below(log.indexOf('"audit":"reload"'))
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('that is killed in the middle of a reload leaves all working for the next', async () => {
    write('ann')
    const { child, output } = await start()
    expect(await access()).to.equal('pull')
    const closed = once(child, 'close')
    // Some are over, and the next has just begun or is about to.
    for (let asked = 0; output().split('"audit":"reload"').length < 3; asked += 1) {
      writeFileSync(path('ann.txt'), asked % 2 === 0 ? 'canary of ann\n' : 'canary of ann')
      child.kill('SIGHUP')
      await new Promise((done) => setTimeout(done, 5))
    }
    child.kill('SIGHUP')
    child.kill('SIGKILL')
    await closed
    await start()
    expect(await access()).to.equal('pull')
    expect(readFileSync(path('ann.txt'), 'utf8')).to.match(/canary/)
    expect((await reload()).status).to.equal(0)
  })
}).timeout(60_000)
