// What is remembered of proved passwords, with a clock that the test moves.
import { expect } from 'chai'
import { Remembered } from '../../../core/work/remembered.ts'

const MINUTE = 60_000

describe('a memory of proofs', () => {
  let now: number
  let memory: Remembered<string>
  beforeEach(() => {
    now = 1_000
    memory = new Remembered(5 * MINUTE, () => now)
  })

  it('gives what was proved, until its time is over', () => {
    memory.add('a', ['alice'], 'proof')
    expect(memory.get('b')).to.equal(undefined)
    now += 5 * MINUTE
    expect(memory.get('a')).to.equal('proof')
    now += 1
    expect(memory.get('a')).to.equal(undefined)
  })

  it('is not prolonged by being asked, nor by a newer value', () => {
    memory.add('a', ['alice'], 'proof')
    for (let minute = 0; minute < 5; minute++) {
      now += MINUTE
      expect(memory.get('a')).not.to.equal(undefined)
      memory.renew('a', `value ${minute}`)
      expect(memory.get('a')).to.equal(`value ${minute}`)
    }
    now += 1
    expect(memory.get('a')).to.equal(undefined)
    memory.renew('a', 'too late')
    expect(memory.get('a')).to.equal(undefined)
  })

  it('begins anew with another proof', () => {
    memory.add('a', ['alice'], 'first')
    now += 4 * MINUTE
    memory.add('a', ['alice'], 'second')
    now += 4 * MINUTE
    expect(memory.get('a')).to.equal('second')
  })

  it('holds ten thousand, and lets the one go that was asked for longest ago', () => {
    for (let count = 0; count < 10_000; count++) memory.add(String(count), ['alice'], 'proof')
    expect(memory.get('0')).to.equal('proof')
    memory.add('one more', ['alice'], 'proof')
    expect(memory.get('0')).to.equal('proof')
    expect(memory.get('1')).to.equal(undefined)
    expect(memory.forget()).to.equal(10_000)
  })

  it('forgets an account by each of its names, with all its passwords, and no other', () => {
    memory.add('a1', ['ann', 'Ann.Meier'], 'proof')
    memory.add('a2', ['Ann.Meier', 'Ann.Meier'], 'proof')
    memory.add('b', ['bob', 'bob'], 'proof')
    expect(memory.forget('ann')).to.equal(1)
    expect(memory.forget('Ann.Meier')).to.equal(1)
    expect(memory.forget('nobody')).to.equal(0)
    expect(memory.get('b')).to.equal('proof')
    memory.drop('b')
    expect(memory.get('b')).to.equal(undefined)
  })

  it('keeps nothing past its time, though nobody asks for it', async () => {
    const short = new Remembered<object>(1)
    short.add('a', ['alice'], {})
    while (short.forget() > 0) {
      short.add('a', ['alice'], {})
      // Until the timer had its turn.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
})
