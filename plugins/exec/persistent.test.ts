import { getEventListeners } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, accept, reject, Secret } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import { WorkPlaces } from '../../core/work/places.ts'
import { isRunning, until } from '../../test/support/processes.ts'
import plugin from './index.ts'
import { createPersistent } from './persistent.ts'

const folder = mkdtempSync(join(tmpdir(), 'exec-persistent-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What the program does is the account's name; its process id is the reason of a reject. */
const PROGRAM = join(folder, 'program')
writeFileSync(
  PROGRAM,
  `#!${process.execPath}
const held = []
const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\\n')
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, account, password } = JSON.parse(line)
  switch (account) {
    case 'hold': return held.push(id)
    case 'release':
      say({ id, outcome: 'accept' })
      return held.splice(0).reverse().forEach((one) => say({ id: one, outcome: 'accept', labels: { id: [String(one)] } }))
    case 'without-id': return say({ outcome: 'accept', labels: { said: [password] } })
    case 'garbage': return process.stdout.write('garbage ' + password + '\\n')
    case 'unknown-id': return say({ id: 'unknown', outcome: 'accept' })
    case 'long': return process.stdout.write('x'.repeat(1024 * 1024 + 1))
    case 'malformed': return say({ id, outcome: 'maybe' })
    case 'noisy': process.stderr.write('x'.repeat(1_000_000))
    case 'pid': return say({ id, outcome: 'reject', reason: String(process.pid) })
    case 'die-then': say({ id, outcome: 'accept' })
    case 'die': return process.exit(3)
    case 'nobody': return say({ id, outcome: 'pass' })
  }
  say(password === 'correct horse' ? { id, outcome: 'accept', labels: { group: [account] } } : { id, outcome: 'reject' })
})
`,
  { mode: 0o755 },
)

describe('exec, persistent', () => {
  conformance(plugin, {
    options: () => ({ command: PROGRAM, protocol: 'json', persistent: true }),
    accepts: [{ account: 'bob', password: 'correct horse', labels: { group: ['bob'] } }],
    rejects: [{ account: 'bob', password: 'wrong horse' }],
    passes: [
      { account: 'nobody', password: 'correct horse' },
      { account: '', password: '' },
    ],
    unavailable: { options: () => ({ command: '/bin/false', protocol: 'json', persistent: true }) },
  })

  let now: number
  let places: WorkPlaces
  let host: ReturnType<typeof testHost>
  let instance: Authenticator

  async function make(command: string, args: string[] = [], max_processes = 64): Promise<void> {
    const options = { command, args, protocol: 'json', persistent: true, max_processes }
    instance = await plugin.create(plugin.options.parse(options), host)
  }

  beforeEach(async () => {
    now = 1_000_000
    places = new WorkPlaces()
    host = testHost({ clock: { now: () => now }, places })
    await make(PROGRAM)
  })
  afterEach(() => instance.close?.())

  function ask(
    account: string,
    signal = AbortSignal.timeout(10_000),
    password = 'hunter2',
  ): Promise<AuthnOutcome> {
    return instance.authenticate(
      { kind: 'password', account, password: new Secret(password) },
      testRequest({ signal }),
    )
  }

  async function failure(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      (outcome) => expect.fail(`it did not throw, it answered ${JSON.stringify(outcome)}`),
      (error: Error) => error.message,
    )
  }

  async function pid(): Promise<number> {
    const outcome = await ask('pid')
    return outcome.outcome === 'reject' ? Number(outcome.reason) : expect.fail('no process id')
  }

  it('asks one and the same process, however many questions there are', async () => {
    const first = await pid()
    expect(await Promise.all(Array.from({ length: 20 }, pid))).to.deep.equal(Array(20).fill(first))
  })

  it('is started by ready, before the first question', async () => {
    await make('sh', ['-c', `echo $$ > ${folder}/started; exec cat`])
    await instance.ready!()
    await until(() => {
      try {
        return readFileSync(join(folder, 'started'), 'utf8') !== ''
      } catch {
        return false
      }
    })
  })

  it('takes answers in any order', async () => {
    const [first, second, release] = await Promise.all([ask('hold'), ask('hold'), ask('release')])
    expect([first, second]).to.deep.equal([
      accept({ labels: { id: ['1'] } }),
      accept({ labels: { id: ['2'] } }),
    ])
    expect(release.outcome).to.equal('accept')
  })

  it('takes an answer without an id while there is one question', async () => {
    for (const said of ['one', 'two', 'three']) {
      expect(await ask('without-id', undefined, said)).to.deep.equal(accept({ labels: { said: [said] } }))
    }
  })

  it('takes no answer without an id while there are several questions: it could be anybody’s', async () => {
    const first = await pid()
    const held = failure(ask('hold'))
    expect(await failure(ask('without-id'))).to.match(/without an id while several questions were open/)
    expect(await held).to.match(/without an id while several questions were open/)
    await until(() => !isRunning(first))
  })

  it('carries any password on one line', async () => {
    for (const said of ['two\nlines', 'a\r\u0085\u2028\u2029z', '"\\', 'x'.repeat(200_000)]) {
      expect(await ask('without-id', undefined, said)).to.deep.equal(accept({ labels: { said: [said] } }))
    }
  })

  it('drops the late answer to a question whose time is over', async () => {
    const first = await pid()
    const impatient = new AbortController()
    const held = failure(ask('hold', impatient.signal))
    await ask('without-hurry')
    impatient.abort()
    expect(await held).to.match(/no answer in time/)
    expect((await ask('release')).outcome).to.equal('accept')
    expect(await pid()).to.equal(first)
  })

  it('leaves the process alone when only one answer is malformed', async () => {
    const first = await pid()
    expect(await failure(ask('malformed'))).to.match(/the field "outcome" of its answer is wrong/)
    expect(await pid()).to.equal(first)
  })

  for (const [account, why] of [
    ['garbage', /killed, it wrote what is no JSON object/],
    ['unknown-id', /killed, it answered what nobody had asked/],
    ['long', /killed, it wrote a line longer than 1048576 bytes/],
    ['die', /ended with exit code 3/],
  ] as const) {
    it(`throws for all open questions when the process goes wrong: ${account}`, async () => {
      const first = await pid()
      const messages = await Promise.all([failure(ask('hold')), failure(ask(account))])
      for (const message of messages)
        expect(message)
          .to.match(why)
          .and.not.match(/hunter2/)
      await until(() => !isRunning(first))
      expect(host.log.lines.map(({ level }) => level)).to.deep.equal(['warn'])
      expect(JSON.stringify(host.log.lines))
        .to.match(why)
        .and.not.match(/hunter2/)
    })
  }

  it('takes the answers that were written before the process ended', async () => {
    expect((await ask('die-then')).outcome).to.equal('accept')
  })

  it('waits 100 ms before a new start, and twice as long after each failure, up to 10 s', async () => {
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      expect(await failure(ask('die'))).to.match(/ended with exit code 3/)
      now += pause - 1
      expect(await failure(ask('pid'))).to.match(new RegExp(`down \\(.*exit code 3\\).* ${pause} ms after`))
      expect(await failure(instance.ready!())).to.match(/down/)
      now += 1
    }
    await pid()
    await failure(ask('die'))
    now += 100
    await pid()
  })

  it('is not kept down by a clock that was set back', async () => {
    await failure(ask('die'))
    now -= 3_600_000
    await pid()
  })

  it('starts again at once for the first question after it died idle', async () => {
    const first = await pid()
    process.kill(first, 'SIGKILL')
    await until(() => host.log.lines.length === 1)
    expect(await pid()).to.not.equal(first)
  })

  it('is started again when it answered none of three questions in a row in time', async () => {
    const first = await pid()
    for (let n = 0; n < 3; n += 1) {
      expect(await failure(ask('hold', AbortSignal.timeout(1)))).to.match(/no answer in time/)
    }
    await until(() => !isRunning(first))
    now += 100
    expect(await pid()).to.not.equal(first)
  })

  it('does not count timeouts that lie apart', async () => {
    const first = await pid()
    for (let n = 0; n < 6; n += 1) {
      await failure(ask('hold', AbortSignal.timeout(1)))
      expect(await pid()).to.equal(first)
    }
  })

  /** What the place of the instance that was made last does. */
  const counts = () => places.counts().at(-1)!
  /** Whoever has a turn has asked. */
  const sent = () => new Promise((resolve) => setImmediate(resolve))

  it('gets no more questions at once than max_processes, and the next when one is answered or late', async () => {
    await make(PROGRAM, [], 3)
    const impatient = new AbortController()
    const held = [ask('hold', impatient.signal), ask('hold'), ask('hold')]
    const late = failure(held[0]!)
    const release = ask('release')
    expect(counts()).to.include({ running: 3, waiting: 1 })
    await sent()
    impatient.abort(new DOMException('over', 'TimeoutError'))
    expect(await late).to.match(/no answer in time/)
    expect(await Promise.all([...held.slice(1), release])).to.have.length(3)
    expect(counts()).to.include({ running: 0, waiting: 0, begun: 4 })
  })

  it('goes on, with what others asked, when clients go away: their questions keep their places', async () => {
    const first = await pid()
    const other = ask('hold')
    const clients = [1, 2, 3, 4].map(() => new AbortController())
    const gone = clients.map(({ signal }) => failure(ask('hold', signal)))
    await sent()
    expect(counts().running).to.equal(5)
    for (const client of clients) client.abort()
    await Promise.all(gone)
    expect(counts()).to.include({ running: 5 })
    expect((await ask('release')).outcome).to.equal('accept')
    expect((await other).outcome).to.equal('accept')
    expect(counts()).to.include({ running: 0 })
    expect(await pid()).to.equal(first)
  })

  it('is started again when it hangs, also when all who asked have gone before their time was over', async () => {
    const program = createPersistent({ name: 'hangs', path: 'sleep', args: ['1000'], questions: 3 }, host, 1)
    for (let n = 0; n < 3; n += 1) {
      const client = new AbortController()
      const asked = failure(program.ask({}, client.signal))
      await sent()
      client.abort()
      await asked
    }
    await until(() => host.log.lines.length === 1)
    expect(host.log.lines[0]!.facts).to.deep.include({
      why: 'killed, it answered none of 3 questions in a row in time',
    })
    expect(counts()).to.include({ name: 'questions to hangs', running: 0 })
    await program.close()
  })

  it('is started again when it skipped a question and gives no ids', async () => {
    const first = await pid()
    await failure(ask('hold', AbortSignal.timeout(1)))
    expect(await failure(ask('without-id'))).to.match(/without an id while several questions were open/)
    await until(() => !isRunning(first))
  })

  it('is not held up by what it writes to its standard error', async () => {
    expect((await ask('noisy')).outcome).to.equal('reject')
  })

  it('throws when the program can not be started, without showing its arguments', async () => {
    const file = join(folder, 'gone')
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 })
    await make(file, ['--token=hunter2'])
    rmSync(file)
    expect(await failure(instance.ready!())).to.match(/can't be started \(ENOENT\)/)
    now += 100
    expect(await failure(ask('pid')))
      .to.match(/can't be started \(ENOENT\)/)
      .and.not.match(/hunter2/)
  })

  it('ends its input on close, and the process ends by itself', async () => {
    const mark = join(folder, 'ended')
    writeFileSync(mark, '')
    await make('sh', ['-c', `echo started > ${mark}; cat > /dev/null; echo done > ${mark}`])
    await instance.ready!()
    // Its time to end begins with the close: it must be at work by then.
    await until(() => readFileSync(mark, 'utf8') === 'started\n')
    await instance.close!()
    expect(readFileSync(mark, 'utf8')).to.equal('done\n')
    expect(host.log.lines).to.deep.equal([])
  })

  it('kills a process, and what it started, that does not end after close', async () => {
    const pids = join(folder, 'pids')
    writeFileSync(pids, '')
    await make('sh', ['-c', `sleep 1000 & echo $! $$ > ${pids}; while :; do wait; sleep 1000; done`])
    await instance.ready!()
    await until(() => readFileSync(pids, 'utf8').endsWith('\n'))
    await instance.close!()
    const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number)
    await until(() => !started.some(isRunning))
  })

  it('is not started again after close', async () => {
    await instance.close!()
    expect(await failure(ask('pid'))).to.match(/it was closed/)
  })

  it('leaves no listener on a signal', async () => {
    const { signal } = new AbortController()
    expect(await ask('bob', signal)).to.deep.equal(reject(`rejected by ${PROGRAM}`))
    await failure(ask('malformed', signal))
    await failure(ask('die', signal))
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })
})
