// Background tasks: when they run, what is said of their failures, and that none outlives its instance.
import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { createTasks } from '../../../core/services/tasks.ts'
import { keptLog } from '../../../core/testing/index.ts'

describe('host.every', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms)
    for (let turns = 0; turns < 3; turns += 1) await turn()
  }

  it('runs once started, again and again, spread by a tenth', async () => {
    let runs = 0
    const tasks = createTasks(keptLog())
    tasks.every(1_000, () => {
      runs += 1
    })
    await pass(5_000)
    expect(runs).to.equal(0)
    tasks.start()
    await pass(899)
    expect(runs).to.equal(0)
    await pass(202)
    expect(runs).to.equal(1)
    await pass(1_101)
    expect(runs).to.equal(2)
    await tasks.stop()
    await pass(10_000)
    expect(runs).to.equal(2)
  })

  it('logs the first failure of several, and that it works again', async () => {
    const log = keptLog()
    const tasks = createTasks(log)
    const outcomes = ['down', 'down', 'up', 'up']
    tasks.start()
    tasks.every(1_000, async () => {
      if (outcomes.shift() === 'down') throw new Error('the backend is down')
    })
    for (let turns = 0; turns < 4; turns += 1) await pass(1_101)
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).to.deep.equal([
      'warn: a background task failed; it is tried again',
      'info: a background task works again',
    ])
    await tasks.stop()
  })

  it('stopping aborts the signal, and waits for what is under way', async () => {
    const events: string[] = []
    const tasks = createTasks(keptLog())
    tasks.start()
    tasks.every(1_000, async (signal) => {
      events.push('began')
      await new Promise<void>((ended) => signal.addEventListener('abort', () => ended()))
      await turn()
      events.push('ended')
    })
    await pass(1_101)
    await tasks.stop()
    events.push('stopped')
    expect(events).to.deep.equal(['began', 'ended', 'stopped'])
  })

  for (const interval of [0, 99, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
    it(`refuses an interval of ${interval}`, () =>
      expect(() => createTasks(keptLog()).every(interval, () => {})).to.throw(RangeError, /host\.every/))
})
