// Values that are read again in the background, and stay when that fails. The backend is a function here.
import { expect } from 'chai'
import { type Kept, keep } from '../../../core/plugin.ts'
import { keptLog } from '../../../core/testing/index.ts'
import { until } from '../../support/processes.ts'

describe('a value that is kept', () => {
  let kept: Kept<number>
  const log = keptLog()
  beforeEach(() => void log.lines.splice(0))
  afterEach(() => kept.close())

  /** Each reading takes the next answer: a value or a failure. */
  function start(answers: readonly (number | string)[], every = 1): { readonly reads: () => number } {
    let count = 0
    const read = async () => {
      const answer = answers[Math.min(count++, answers.length - 1)]!
      if (typeof answer === 'string') throw new Error(answer)
      return answer
    }
    kept = keep({ what: 'rules', read, every, log })
    return { reads: () => count }
  }

  const ask = (signal = AbortSignal.timeout(1_000)) => kept.get(signal)

  it('is read at the first question only, by all who ask together once', async () => {
    const { reads } = start([1], 1_000_000)
    expect(reads()).to.equal(0)
    expect(await Promise.all([ask(), ask(), ask()])).to.deep.equal([1, 1, 1])
    expect(await ask()).to.equal(1)
    expect(reads()).to.equal(1)
  })

  it('is read again in the background', async () => {
    start([1, 2])
    expect(await ask()).to.equal(1)
    await until(async () => (await ask()) === 2)
  })

  it('stays when it can not be read again, with one warning for each reason, and is replaced when it can', async () => {
    start([1, 'db is down', 'db is down', 3])
    await ask()
    await until(async () => (await ask()) === 3)
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      'warn db is down; the last rules stay in use',
      'info the rules could be read again',
    ])
  })

  it('is unavailable until it was read once, and asked for anew by each question', async () => {
    start(['db is down', 'db is still down', 1], 1_000_000)
    for (const message of ['db is down', 'db is still down']) {
      expect(await ask().catch((thrown: Error) => thrown)).to.have.property('message', message)
    }
    expect(await ask()).to.equal(1)
    await kept.ready()
  })

  it('is read again when asked to, and by itself only with a period', async () => {
    let count = 0
    const read = async () => ++count
    kept = keep({ what: 'keys', read, every: undefined, log })
    expect(kept.held).to.equal(undefined)
    expect(await ask()).to.equal(1)
    const again = [kept.again(), kept.again()]
    expect(kept.reading).to.equal(true)
    await Promise.all(again)
    expect([kept.reading, kept.held, kept.failure]).to.deep.equal([false, { value: 2 }, undefined])
  })

  it('says how long it stays, where that is known', async () => {
    let fails = false
    const read = async () => {
      if (fails) throw new Error('db is down')
      return 1
    }
    kept = keep({ what: 'keys', read, every: undefined, stays: () => ' until noon', log })
    await ask()
    fails = true
    await kept.again()
    expect(kept.failure).to.have.property('message', 'db is down')
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'db is down; the last keys stay in use until noon',
    ])
  })

  it('keeps no question longer than its time', async () => {
    kept = keep({
      what: 'rules',
      read: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
      every: 1_000,
      log,
    })
    const reason = new Error('the time is over')
    expect(await ask(AbortSignal.abort(reason)).catch((thrown: Error) => thrown)).to.equal(reason)
  })
})
