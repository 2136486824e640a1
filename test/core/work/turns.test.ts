// Long computations share one slice a turn of the event loop, and stop when nobody waits for them.
import { expect } from 'chai'
import { isPromise } from '../../../core/contract/maybe-promise.ts'
import { inSlices, inSlicesIfLong, type Steps, TooMuchWork } from '../../../core/contract/steps.ts'
import { Budget } from '../../../core/work/budget.ts'
import { createTurns } from '../../../core/work/turns.ts'
import { HandLoop } from '../../support/hand-loop.ts'

/** A computation of so many parts, each of 200 steps: as many as are done between two looks at the clock. */
function* parts(count: number, done: () => void = () => {}): Steps<string> {
  for (let part = 0; part < count; part += 1) {
    yield 200
    done()
  }
  return 'done'
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)

describe('turns', () => {
  let loop: HandLoop
  beforeEach(() => {
    loop = new HandLoop()
  })

  it('are not needed by what is short', async () => {
    const work = new Budget(createTurns(loop)).work()
    expect(await loop.until(inSlices(parts(8), work))).to.equal('done')
    expect(loop.turns).to.equal(0)
  })

  it('make a promise of what is long, and of nothing else', async () => {
    const work = new Budget(createTurns(loop)).work()
    expect(inSlicesIfLong(parts(8), work)).to.equal('done')
    const long = inSlicesIfLong(parts(80), work)
    expect(isPromise(long)).to.equal(true)
    expect(await loop.until(Promise.resolve(long))).to.equal('done')
  })

  it('come after each slice of eight milliseconds', async () => {
    const work = new Budget(createTurns(loop)).work()
    expect(await loop.until(inSlices(parts(80), work))).to.equal('done')
    expect(loop.turns).to.be.within(8, 11)
  })

  it('are shared: two computations at once take no more of a turn than one', async () => {
    const turns = createTurns(loop)
    const done = [0, 0, 0]
    const running = done.map((_, index) =>
      inSlices(
        parts(50, () => {
          done[index]! += 1
        }),
        new Budget(turns).work(),
      ),
    )
    const all = Promise.all(running)
    let settled = false
    void all.then(() => {
      settled = true
    })
    await new Promise(setImmediate)
    let before = sum(done)
    while (!settled) {
      await loop.turn()
      const now = sum(done)
      expect(now - before).to.be.at.most(12)
      before = now
      // None is left behind.
      if (now < 100) expect(Math.max(...done) - Math.min(...done)).to.be.at.most(24)
    }
    expect(done).to.deep.equal([50, 50, 50])
  })

  it('are not taken by what has ended: it stops at its next one, with the reason', async () => {
    const controller = new AbortController()
    let done = 0
    const work = new Budget(createTurns(loop)).work(() => controller.signal.throwIfAborted())
    const running = inSlices(
      parts(1_000, () => {
        done += 1
      }),
      work,
    )
    controller.abort(new Error('nobody waits'))
    const failure = await loop.until(running).then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.equal('nobody waits')
    expect(done).to.be.below(20)
  })
})

describe('a budget', () => {
  it('counts the steps of all that share it, and says how to raise it', async () => {
    const budget = new Budget(createTurns(), 1_000)
    await inSlices(parts(3), budget.work())
    await inSlices(parts(2), budget.work())
    const failure = await inSlices(parts(1), budget.work()).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failure).to.be.instanceOf(TooMuchWork)
    expect(failure!.message).to.match(/more than 1000 steps; .*server\.limits\.rule_steps/)
  })

  it('tells the computation, which can say where it was', async () => {
    function* named(): Steps<void> {
      try {
        yield* parts(10)
      } catch (error) {
        throw new Error(`rule 7: ${(error as Error).message}`, { cause: error })
      }
    }
    const failure = await inSlices(named(), new Budget(createTurns(), 500).work()).then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.match(/^rule 7: the request takes more than 500 steps/)
  })
})
