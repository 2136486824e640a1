// The time of a call: what counts, and what stands still. Asserted is what comes, and from whom, never when.
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { CallClock } from '../../../core/request/call-clock.ts'
import { Cancellation } from '../../../core/work/cancellation.ts'

const HOUR = 3_600_000
const later = () => performance.now() + HOUR

/** A clock, and what it says when its time is over. */
function start(timeout: number, deadline: () => number = later) {
  const { promise: over, resolve } = Promise.withResolvers<string>()
  const request = {
    get deadline() {
      return deadline()
    },
  }
  let calls = 0
  const clock = new CallClock(timeout, request)
  clock.start(({ message }) => {
    calls += 1
    resolve(message)
  })
  return { clock, over, calls: () => calls }
}

describe('the time of a call', () => {
  it('is over after its timeout, which counts while it works', async () => {
    const { clock, over } = start(5)
    expect(await over).to.equal('did not answer within 0.005 s')
    expect(clock.late()?.message).to.equal('did not answer within 0.005 s')
    expect(clock.late()?.name).to.equal('TimeoutError')
  })

  it('is not over before', () => {
    const { clock } = start(HOUR)
    expect(clock.late()).to.equal(undefined)
    clock.stop()
  })

  it('is over with that of the request, which counts always', async () => {
    const end = performance.now() + 5
    const working = start(HOUR, () => end)
    expect(await working.over).to.match(/^did not answer within 0(\.\d+)? s$|^did not answer within \d/)
    const waiting = start(HOUR, () => end)
    waiting.clock.pause()
    expect(await waiting.over).to.equal('its turn did not come in the time of the request')
  })

  it('stands still while it waits for a turn, for several too, and goes on when the last has come', async () => {
    const { clock, over, calls } = start(5)
    clock.pause()
    clock.pause()
    await delay(30)
    expect([clock.late(), calls()]).to.deep.equal([undefined, 0])
    clock.resume()
    await delay(30)
    expect([clock.late(), calls()]).to.deep.equal([undefined, 0])
    clock.resume()
    expect(await over).to.match(/^did not answer within/)
    expect(calls()).to.equal(1)
  })

  it('goes on when the request is given more', async () => {
    let end = performance.now() + 5
    const { clock, calls } = start(HOUR, () => end)
    end = later()
    await delay(30)
    expect([clock.late(), calls()]).to.deep.equal([undefined, 0])
    clock.stop()
  })

  it('is told to nobody once it is stopped, whatever is waited for', async () => {
    const { clock, calls } = start(5)
    clock.stop()
    clock.pause()
    clock.resume()
    await delay(30)
    expect(calls()).to.equal(0)
  })
})

describe('the end of work', () => {
  it('has the first reason, for a signal of before and one of later', () => {
    const [early, late] = [new Cancellation(), new Cancellation()]
    const signal = early.signal
    expect(early.reason).to.equal(undefined)
    expect(signal.aborted).to.equal(false)
    for (const ended of [early, late]) {
      ended.cancel(new Error('first'))
      ended.cancel(new Error('second'))
      expect(ended.reason?.message).to.equal('first')
      expect(ended.signal.reason).to.equal(ended.reason)
    }
    expect(early.signal).to.equal(signal)
  })
})
