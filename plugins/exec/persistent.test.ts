import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { accept } from '../../core/plugin.ts'
import { conformance } from '../../core/testing/index.ts'
import { failureOf, Persistent, usePersistentProgram } from '../../test/support/persistent-program.ts'
import { isRunning, until } from '../../test/support/processes.ts'
import plugin from './index.ts'

const { folder, program } = usePersistentProgram()

describe('exec, persistent', () => {
  conformance(plugin, {
    options: () => ({ command: program, protocol: 'json', persistent: true }),
    accepts: [{ account: 'bob', password: 'correct horse', labels: { group: ['bob'] } }],
    rejects: [{ account: 'bob', password: 'wrong horse' }],
    passes: [
      { account: 'nobody', password: 'correct horse' },
      { account: '', password: '' },
    ],
    unavailable: { options: () => ({ command: '/bin/false', protocol: 'json', persistent: true }) },
  })

  const one = new Persistent(program)

  it('asks one and the same process, however many questions there are', async () => {
    const first = await one.pid()
    expect(await Promise.all(Array.from({ length: 20 }, () => one.pid()))).to.deep.equal(
      Array(20).fill(first),
    )
  })

  it('is started by ready, before the first question', async () => {
    await one.make('sh', ['-c', `echo $$ > ${folder}/started; exec cat`])
    await one.instance.ready!()
    await until(() => {
      try {
        return readFileSync(join(folder, 'started'), 'utf8') !== ''
      } catch {
        return false
      }
    })
  })

  it('takes answers in any order', async () => {
    const [first, second, release] = await Promise.all([one.ask('hold'), one.ask('hold'), one.ask('release')])
    expect([first, second]).to.deep.equal([
      accept({ labels: { id: ['1'] } }),
      accept({ labels: { id: ['2'] } }),
    ])
    expect(release.outcome).to.equal('accept')
  })

  it('takes an answer without an id while there is one question', async () => {
    for (const said of ['one', 'two', 'three']) {
      expect(await one.ask('without-id', undefined, said)).to.deep.equal(accept({ labels: { said: [said] } }))
    }
  })

  it('takes no answer without an id while there are several questions: it could be anybody’s', async () => {
    const first = await one.pid()
    const held = failureOf(one.ask('hold'))
    expect(await failureOf(one.ask('without-id'))).to.match(/without an id while several questions were open/)
    expect(await held).to.match(/without an id while several questions were open/)
    await until(() => !isRunning(first))
  })

  it('carries any password on one line', async () => {
    for (const said of ['two\nlines', 'a\r\u0085\u2028\u2029z', '"\\', 'x'.repeat(200_000)]) {
      expect(await one.ask('without-id', undefined, said)).to.deep.equal(accept({ labels: { said: [said] } }))
    }
  })

  it('drops the late answer to a question whose time is over', async () => {
    const first = await one.pid()
    const impatient = new AbortController()
    const held = failureOf(one.ask('hold', impatient.signal))
    await one.ask('without-hurry')
    impatient.abort()
    expect(await held).to.match(/no answer in time/)
    expect((await one.ask('release')).outcome).to.equal('accept')
    expect(await one.pid()).to.equal(first)
  })

  it('leaves the process alone when only one answer is malformed', async () => {
    const first = await one.pid()
    expect(await failureOf(one.ask('malformed'))).to.match(/the field "outcome" of its answer is wrong/)
    expect(await one.pid()).to.equal(first)
  })

  for (const [account, why] of [
    ['garbage', /killed, it wrote what is no JSON object/],
    ['unknown-id', /killed, it answered what nobody had asked/],
    ['long', /killed, it wrote a line longer than 1048576 bytes/],
    ['die', /ended with exit code 3/],
  ] as const) {
    it(`throws for all open questions when the process goes wrong: ${account}`, async () => {
      const first = await one.pid()
      const messages = await Promise.all([failureOf(one.ask('hold')), failureOf(one.ask(account))])
      for (const message of messages)
        expect(message)
          .to.match(why)
          .and.not.match(/hunter2/)
      await until(() => !isRunning(first))
      expect(one.host.log.lines.map(({ level }) => level)).to.deep.equal(['warn'])
      expect(JSON.stringify(one.host.log.lines))
        .to.match(why)
        .and.not.match(/hunter2/)
    })
  }

  it('takes the answers that were written before the process ended', async () => {
    expect((await one.ask('die-then')).outcome).to.equal('accept')
  })

  const counts = () => one.places.counts().at(-1)!
  /** Whoever has a turn has asked. */
  const sent = () => new Promise((resolve) => setImmediate(resolve))

  it('gets no more questions at once than max_processes, and the next when one is answered or late', async () => {
    await one.make(program, [], 3)
    const impatient = new AbortController()
    const held = [one.ask('hold', impatient.signal), one.ask('hold'), one.ask('hold')]
    const late = failureOf(held[0]!)
    const release = one.ask('release')
    expect(counts()).to.include({ running: 3, waiting: 1 })
    await sent()
    impatient.abort(new DOMException('over', 'TimeoutError'))
    expect(await late).to.match(/no answer in time/)
    expect(await Promise.all([...held.slice(1), release])).to.have.length(3)
    expect(counts()).to.include({ running: 0, waiting: 0, begun: 4 })
  })

  it('goes on, with what others asked, when clients go away: their questions keep their places', async () => {
    const first = await one.pid()
    const other = one.ask('hold')
    const clients = [1, 2, 3, 4].map(() => new AbortController())
    const gone = clients.map(({ signal }) => failureOf(one.ask('hold', signal)))
    await sent()
    expect(counts().running).to.equal(5)
    for (const client of clients) client.abort()
    await Promise.all(gone)
    expect(counts()).to.include({ running: 5 })
    expect((await one.ask('release')).outcome).to.equal('accept')
    expect((await other).outcome).to.equal('accept')
    expect(counts()).to.include({ running: 0 })
    expect(await one.pid()).to.equal(first)
  })

  it('is not held up by what it writes to its standard error', async () => {
    expect((await one.ask('noisy')).outcome).to.equal('reject')
  })
})
