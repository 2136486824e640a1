// Plugins that hold the event loop are named, once in a while; others never are.
import { expect } from 'chai'
import { keptLog } from '../../../core/testing/host.ts'
import { LoopWatch } from '../../../core/work/loop-watch.ts'

describe('the watch over the event loop', () => {
  let time: number
  let look: (() => void) | undefined
  let watch: LoopWatch
  beforeEach(() => {
    time = 1_000
    look = undefined
    watch = new LoopWatch({
      now: () => time,
      every(_, call) {
        look = call
        return () => {
          look = undefined
        }
      },
    })
  })

  const plugin = (id: string) => ({ id, log: keptLog() })
  /** So many milliseconds go by, then the loop is looked at. */
  const pass = (ms: number) => {
    time += ms
    look?.()
  }
  const told = ({ log }: ReturnType<typeof plugin>) => log.lines.map(({ message }) => message)

  it('names a plugin that computes for long before it gives its promise', () => {
    const slow = plugin('slow')
    const answer = watch.measure(slow, () => {
      time += 350
      return 'promise'
    })
    expect(answer).to.equal('promise')
    expect(told(slow)).to.have.length(1)
    expect(told(slow)[0]).to.match(/^slow held the event loop for 350 ms/)
    pass(50)
    expect(told(slow)).to.have.length(1)
  })

  it('names it when it throws, too', () => {
    const slow = plugin('slow')
    expect(() =>
      watch.measure(slow, () => {
        time += 101
        throw new Error('after a while')
      }),
    ).to.throw('after a while')
    expect(told(slow)).to.have.length(1)
  })

  it('names the only one that was being asked when the loop stood still', () => {
    const slow = plugin('slow')
    watch.measure(slow, () => {})
    pass(50)
    pass(50 + 400)
    expect(told(slow)[0]).to.match(/^slow was being asked while something held the event loop for 400 ms/)
    watch.end(slow)
  })

  it('does so also when its answer came with the same piece of work', () => {
    const slow = plugin('slow')
    watch.measure(slow, () => {})
    time += 400
    watch.end(slow)
    look!()
    expect(told(slow)).to.have.length(1)
  })

  it('does not take whoever had answered before for it', () => {
    const [quick, slow] = [plugin('quick'), plugin('slow')]
    watch.measure(quick, () => {})
    watch.end(quick)
    watch.measure(slow, () => {})
    pass(200)
    expect([told(quick).length, told(slow).length]).to.deep.equal([0, 1])
  })

  it('names all that were being asked, when there were several', () => {
    const [one, other] = [plugin('one'), plugin('other')]
    watch.measure(one, () => {})
    watch.measure(other, () => {})
    pass(500)
    expect(told(one)[0]).to.match(/^one or other was being asked while something held/)
    expect(told(other)).to.deep.equal([])
  })

  it('blames nobody for a burst, which is many short pieces in a row', () => {
    const busy = plugin('busy')
    for (let call = 0; call < 60; call++) watch.measure(busy, () => {})
    pass(50)
    pass(50 + 400)
    expect(told(busy)).to.deep.equal([])
  })

  it('names nobody when nobody is asked', () => {
    const one = plugin('one')
    watch.measure(one, () => {})
    watch.end(one)
    pass(50)
    expect(look).to.equal(undefined)
    pass(500)
    watch.measure(one, () => {})
    pass(50)
    expect(told(one)).to.deep.equal([])
  })

  it('tells of each plugin once a minute', () => {
    const slow = plugin('slow')
    const hold = () =>
      watch.measure(slow, () => {
        time += 200
      })
    hold()
    hold()
    expect(told(slow)).to.have.length(1)
    time += 60_000
    hold()
    expect(told(slow)).to.have.length(2)
  })

  it('does not tell of what is short', () => {
    const quick = plugin('quick')
    for (let round = 0; round < 100; round += 1) {
      watch.measure(quick, () => {
        time += 20
      })
      pass(50)
      watch.end(quick)
    }
    expect(told(quick)).to.deep.equal([])
  })
})
