// When the process of a program that goes on answering is started, started again, and ended.
import { getEventListeners } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { reject } from '../../core/plugin.ts'
import { failureOf, Persistent, usePersistentProgram } from '../../test/support/persistent-program.ts'
import { isRunning, until } from '../../test/support/processes.ts'
import { createPersistent } from './persistent.ts'

const { folder, program } = usePersistentProgram()

describe('exec, persistent: its process', () => {
  const one = new Persistent(program)

  it('waits 100 ms before a new start, and twice as long after each failure, up to 10 s', async () => {
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      expect(await failureOf(one.ask('die'))).to.match(/ended with exit code 3/)
      one.now += pause - 1
      expect(await failureOf(one.ask('pid'))).to.match(
        new RegExp(`down \\(.*exit code 3\\).* ${pause} ms after`),
      )
      expect(await failureOf(one.instance.ready!())).to.match(/down/)
      one.now += 1
    }
    await one.pid()
    await failureOf(one.ask('die'))
    one.now += 100
    await one.pid()
  })

  it('is not kept down by a clock that was set back', async () => {
    await failureOf(one.ask('die'))
    one.now -= 3_600_000
    await one.pid()
  })

  it('starts again at once for the first question after it died idle', async () => {
    const first = await one.pid()
    process.kill(first, 'SIGKILL')
    await until(() => one.host.log.lines.length === 1)
    expect(await one.pid()).to.not.equal(first)
  })

  it('is started again when it answered none of three questions in a row in time', async () => {
    const first = await one.pid()
    for (let n = 0; n < 3; n += 1) {
      expect(await failureOf(one.ask('hold', AbortSignal.timeout(1)))).to.match(/no answer in time/)
    }
    await until(() => !isRunning(first))
    one.now += 100
    expect(await one.pid()).to.not.equal(first)
  })

  it('does not count timeouts that lie apart', async () => {
    const first = await one.pid()
    for (let n = 0; n < 6; n += 1) {
      await failureOf(one.ask('hold', AbortSignal.timeout(1)))
      expect(await one.pid()).to.equal(first)
    }
  })

  /** What the place of the one.instance that was made last does. */
  const counts = () => one.places.counts().at(-1)!
  /** Whoever has a turn has asked. */
  const sent = () => new Promise((resolve) => setImmediate(resolve))

  it('is started again when it hangs, also when all who asked have gone before their time was over', async () => {
    const program = createPersistent(
      { name: 'hangs', path: 'sleep', args: ['1000'], questions: 3 },
      one.host,
      1,
    )
    for (let n = 0; n < 3; n += 1) {
      const client = new AbortController()
      const asked = failureOf(program.ask({}, client.signal))
      await sent()
      client.abort()
      await asked
    }
    await until(() => one.host.log.lines.length === 1)
    expect(one.host.log.lines[0]!.facts).to.deep.include({
      why: 'killed, it answered none of 3 questions in a row in time',
    })
    expect(counts()).to.include({ name: 'questions to hangs', running: 0 })
    await program.close()
  })

  it('is started again when it skipped a question and gives no ids', async () => {
    const first = await one.pid()
    await failureOf(one.ask('hold', AbortSignal.timeout(1)))
    expect(await failureOf(one.ask('without-id'))).to.match(/without an id while several questions were open/)
    await until(() => !isRunning(first))
  })

  it('throws when the program can not be started, without showing its arguments', async () => {
    const file = join(folder, 'gone')
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 })
    await one.make(file, ['--token=hunter2'])
    rmSync(file)
    expect(await failureOf(one.instance.ready!())).to.match(/can't be started \(ENOENT\)/)
    one.now += 100
    expect(await failureOf(one.ask('pid')))
      .to.match(/can't be started \(ENOENT\)/)
      .and.not.match(/hunter2/)
  })

  it('ends its input on close, and the process ends by itself', async () => {
    const mark = join(folder, 'ended')
    writeFileSync(mark, '')
    await one.make('sh', ['-c', `echo started > ${mark}; cat > /dev/null; echo done > ${mark}`])
    await one.instance.ready!()
    // Its time to end begins with the close: it must be at work by then.
    await until(() => readFileSync(mark, 'utf8') === 'started\n')
    await one.instance.close!()
    expect(readFileSync(mark, 'utf8')).to.equal('done\n')
    expect(one.host.log.lines).to.deep.equal([])
  })

  it('kills a process, and what it started, that does not end after close', async () => {
    const pids = join(folder, 'pids')
    writeFileSync(pids, '')
    await one.make('sh', ['-c', `sleep 1000 & echo $! $$ > ${pids}; while :; do wait; sleep 1000; done`])
    await one.instance.ready!()
    await until(() => readFileSync(pids, 'utf8').endsWith('\n'))
    await one.instance.close!()
    const started = readFileSync(pids, 'utf8').trim().split(' ').map(Number)
    await until(() => !started.some(isRunning))
  })

  it('is not started again after close', async () => {
    await one.instance.close!()
    expect(await failureOf(one.ask('pid'))).to.match(/it was closed/)
  })

  it('leaves no listener on a signal', async () => {
    const { signal } = new AbortController()
    expect(await one.ask('bob', signal)).to.deep.equal(reject(`rejected by ${program}`))
    await failureOf(one.ask('malformed', signal))
    await failureOf(one.ask('die', signal))
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })
})
