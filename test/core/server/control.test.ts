import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { type Control, openControl, type Verbs } from '../../../core/server/control.ts'
import { askServer, NoServer } from '../../../core/server/control-client.ts'

const SOON = 20

describe('the control socket', () => {
  let folder: string
  let logged: string[]
  let open: Control[]
  const keep = (_facts: object, message: string) => void logged.push(message)
  const log = { debug: keep, info: keep, warn: keep, error: keep }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-control-'))
    logged = []
    open = []
  })
  afterEach(async () => {
    await Promise.all(open.map((control) => control.close()))
    rmSync(folder, { recursive: true })
  })

  async function start(verbs: Verbs = {}, at = folder): Promise<Control> {
    const control = await openControl(at, verbs, log, SOON)
    open.push(control)
    return control
  }
  const faultOf = (asked: Promise<unknown>): Promise<Error> =>
    asked.then(
      () => expect.fail('it was answered'),
      (error) => error,
    )
  async function until(met: () => unknown): Promise<void> {
    while (!(await met())) await new Promise(setImmediate)
  }
  const says = (name: string): Verbs => ({ name: async () => name })
  const nameAt = (at = folder) => askServer(at, 'name').catch(() => undefined)

  it('answers what it knows, for its owner alone', async () => {
    await start({ double: async (args) => [args, args], nothing: async () => undefined })
    expect(await askServer(folder, 'double', { of: 'ä\n' })).to.deep.equal([{ of: 'ä\n' }, { of: 'ä\n' }])
    expect(await askServer(folder, 'nothing')).to.equal(null)
    expect(await askServer(folder, 'status')).to.deep.equal({ pid: process.pid })
    expect(statSync(join(folder, 'control.sock')).mode & 0o777).to.equal(0o600)
    expect(readdirSync(folder)).to.deep.equal(['control.sock'])
  })

  it('tells a command what went wrong', async () => {
    await start({
      fail: async () => {
        throw new Error('the reason')
      },
    })
    expect((await faultOf(askServer(folder, 'fail'))).message).to.equal('the reason')
    for (const verb of ['gone', 'toString', '__proto__']) {
      expect((await faultOf(askServer(folder, verb))).message).to.include(`"${verb}"`)
    }
  })

  it('makes the state directory when it is missing, and leaves nothing in it', async () => {
    const below = join(folder, 'a', 'var')
    const control = await start(says('one'), below)
    expect(await nameAt(below)).to.equal('one')
    expect(statSync(below).mode & 0o777).to.equal(0o700)
    await control.close()
    expect(readdirSync(below)).to.deep.equal([])
  })

  it('works in a folder whose path is longer than the system takes', async function () {
    if (process.platform !== 'linux') this.skip()
    const long = join(folder, 'x'.repeat(120), 'y'.repeat(120))
    await start(says('far'), long)
    expect(await nameAt(long)).to.equal('far')
  })

  it('says that no server runs', async () => {
    for (const at of [folder, join(folder, 'missing')]) {
      const error = await faultOf(askServer(at, 'status'))
      expect(error).instanceOf(NoServer)
      expect(error.message).to.include(join(at, 'control.sock'))
    }
  })

  it('is one server’s, and another takes it over when that has gone', async () => {
    const one = await start(says('one'))
    await start(says('two'))
    expect(await nameAt()).to.equal('one')
    expect(logged.filter((line) => line.includes(`process ${process.pid}`))).to.have.length(1)
    await one.close()
    await until(async () => (await nameAt()) === 'two')
  })

  it('is made again when somebody removes it, and not taken from whoever has it then', async () => {
    const one = await start(says('one'))
    rmSync(join(folder, 'control.sock'))
    await until(async () => (await nameAt()) === 'one')
    rmSync(join(folder, 'control.sock'))
    await start(says('two'))
    await until(async () => ['one', 'two'].includes(String(await nameAt())))
    await one.close()
    await until(async () => (await nameAt()) === 'two')
  })

  it('takes the place of what a killed server has left', async () => {
    const child = fork(new URL('./control-process.ts', import.meta.url), [folder])
    await once(child, 'message')
    expect(await askServer(folder, 'status')).to.deep.equal({ pid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await faultOf(askServer(folder, 'status'))).instanceOf(NoServer)
    await start(says('next'))
    expect(await nameAt()).to.equal('next')
  })

  it('touches no other file of that name, and the server works without it', async () => {
    writeFileSync(join(folder, 'control.sock'), 'mine')
    await start()
    expect(logged.join()).to.include('is no socket; move it away')
    expect(statSync(join(folder, 'control.sock')).size).to.equal(4)
  })

  for (const [what, sent] of [
    ['no JSON', 'what?\n'],
    ['no object', 'null\n'],
    ['no verb', '{}\n'],
    ['no line', '{"verb":"gone"}'],
  ] as const) {
    it(`answers ${what} with an error`, async () => {
      await start()
      const socket = connect(join(folder, 'control.sock'))
      socket.end(sent)
      expect(JSON.parse(await text(socket)).error).to.be.a('string')
    })
  }

  it('hangs up on a question without an end', async () => {
    await start()
    const socket = connect(join(folder, 'control.sock')).on('error', () => {})
    socket.write('x'.repeat(100_000))
    await once(socket, 'close')
  })

  it('closes though a command is still there', async () => {
    let begun = () => {}
    const under = new Promise<void>((resolve) => {
      begun = resolve
    })
    const control = await start({
      wait: () => {
        begun()
        return new Promise(() => {})
      },
    })
    const asked = faultOf(askServer(folder, 'wait'))
    await under
    await control.close()
    expect((await asked).message).to.include('gave no answer')
  })
})
