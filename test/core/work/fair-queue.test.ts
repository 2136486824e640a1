import { expect } from 'chai'
import fc from 'fast-check'
import { FairQueue } from '../../../core/work/fair-queue.ts'

interface Entry {
  readonly network: string
  readonly account: string
  readonly id: number
}

/** `ax` = the network a, the account x. */
function queueOf(...names: string[]): FairQueue<Entry> {
  const queue = new FairQueue<Entry>()
  for (const [id, name] of names.entries()) queue.push({ network: name[0]!, account: name.slice(1), id })
  return queue
}

function drained(queue: FairQueue<Entry>): string[] {
  const order: string[] = []
  for (let entry = queue.shift(); entry; entry = queue.shift()) order.push(`${entry.network}${entry.account}`)
  return order
}

/** It is the youngest of its account, which has most of its network, which has most of all but the house's, `c`. */
function assertLast(last: Entry | undefined, waiting: readonly Entry[]): void {
  const losing = waiting.filter(({ network }) => network !== 'c')
  if (!last) {
    expect(losing).to.deep.equal([])
    return
  }
  const count = (is: (entry: Entry) => boolean) => losing.filter(is).length
  const ofNetwork = ({ network }: Entry) => count((other) => other.network === network)
  const ofAccount = ({ network, account }: Entry) =>
    count((other) => other.network === network && other.account === account)
  const mates = losing.filter(({ network }) => network === last.network)
  const own = mates.filter(({ account }) => account === last.account)
  expect(ofNetwork(last)).to.equal(Math.max(...losing.map(ofNetwork)))
  expect(ofAccount(last)).to.equal(Math.max(...mates.map(ofAccount)))
  expect(last.id).to.equal(Math.max(...own.map(({ id }) => id)))
}

describe('the fair queue', () => {
  const cases: [string, string[], string[]][] = [
    ['serves one network in the order of arrival', ['ax', 'ax', 'ax'], ['ax', 'ax', 'ax']],
    ['goes round by networks', ['ax', 'ax', 'ax', 'bx', 'cx'], ['ax', 'bx', 'cx', 'ax', 'ax']],
    [
      'goes round by accounts inside a network',
      ['ax', 'ax', 'ax', 'ay', 'az'],
      ['ax', 'ay', 'az', 'ax', 'ax'],
    ],
    [
      'gives a network no more turns for having many accounts',
      ['a1', 'a2', 'a3', 'bx', 'bx'],
      ['a1', 'bx', 'a2', 'bx', 'a3'],
    ],
  ]
  for (const [name, arrivals, turns] of cases) {
    it(name, () => {
      expect(drained(queueOf(...arrivals))).to.deep.equal(turns)
    })
  }

  it('lets a newcomer wait for one turn of each network, however much one of them brought', () => {
    const queue = queueOf(...Array<string>(100).fill('ax'))
    queue.push({ network: 'b', account: 'x', id: 100 })
    expect(drained(queue).indexOf('bx')).to.equal(1)
  })

  it('names as the last the youngest of whoever has most waiting', () => {
    expect(queueOf('ax', 'ax', 'bx').last()?.id).to.equal(1)
    expect(queueOf('ax', 'ay', 'ay', 'bx', 'bx').last()?.id).to.equal(2)
    expect(queueOf('ax', 'bx', 'cx').last()?.id).to.equal(2)
    expect(queueOf().last()).to.equal(undefined)
  })

  it('gives whatever was pushed once, and keeps the order inside an account', () => {
    const arrival = fc.record({ network: fc.constantFrom('a', 'b', 'c'), account: fc.constantFrom('x', 'y') })
    const step = fc.oneof(
      { weight: 3, arbitrary: arrival },
      fc.constant('shift' as const),
      fc.constant('last' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new FairQueue<Entry>('c')
        const waiting = new Set<Entry>()
        const served: Entry[] = []
        for (const [id, given] of steps.entries()) {
          if (typeof given === 'object') {
            const entry = { ...given, id }
            queue.push(entry)
            waiting.add(entry)
          } else {
            const entry = given === 'shift' ? queue.peek() : queue.last()
            if (given === 'shift') expect(queue.shift()).to.equal(entry)
            else if (entry) queue.remove(entry)
            if (entry) expect(waiting.delete(entry)).to.equal(true)
            if (entry && given === 'shift') served.push(entry)
          }
          expect(queue.size).to.equal(waiting.size)
          expect([...queue].map(({ id }) => id)).to.have.members([...waiting].map(({ id }) => id))
          assertLast(queue.last(), [...waiting])
        }
        for (const key of ['ax', 'ay', 'bx', 'by', 'cx', 'cy']) {
          const ids = served.filter(({ network, account }) => network + account === key).map(({ id }) => id)
          expect(ids).to.deep.equal([...ids].sort((one, other) => one - other))
        }
      }),
    )
  })
})
