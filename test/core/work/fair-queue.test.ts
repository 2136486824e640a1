import { expect } from 'chai'
import fc from 'fast-check'
import { FairQueue } from '../../../core/work/fair-queue.ts'
import { HOUSE_NETWORK } from '../../../core/work/waiter.ts'

interface Entry {
  readonly network: string
  readonly account: string
  readonly id: number
}

/** `ax` = the network a, the account x. */
function queueOf(...given: (string | { ms: number })[]): FairQueue<Entry> {
  const clock = given.find((one) => typeof one === 'object') ?? { ms: 0 }
  const names = given.filter((one) => typeof one === 'string')
  const queue = new FairQueue<Entry>(() => clock.ms)
  for (const [id, name] of names.entries()) queue.push({ network: name[0]!, account: name.slice(1), id })
  return queue
}

function drained(queue: FairQueue<Entry>): string[] {
  const order: string[] = []
  for (let entry = queue.shift(); entry; entry = queue.shift()) order.push(`${entry.network}${entry.account}`)
  return order
}

/** It is the youngest of its account in its network, and of who has most waiting, of network and account together, but for the house. */
function assertLast(last: Entry | undefined, waiting: readonly Entry[]): void {
  const losing = waiting.filter(({ network }) => network !== HOUSE_NETWORK)
  if (!last) {
    expect(losing).to.deep.equal([])
    return
  }
  const count = (is: (entry: Entry) => boolean) => losing.filter(is).length
  const weight = ({ network, account }: Entry) =>
    count((other) => other.network === network) + count((other) => other.account === account)
  const own = losing.filter(({ network, account }) => network === last.network && account === last.account)
  expect(weight(last)).to.equal(Math.max(...losing.map(weight)))
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

  for (const [what, who] of [
    ['accounts of one network', (n: number) => ({ network: 'a', account: String(n) })],
    ['networks that name one account', (n: number) => ({ network: String(n), account: 'x' })],
  ] as const) {
    it(`has a turn for a newcomer soon, and each turn soon, behind thousands of ${what}`, () => {
      const queue = new FairQueue<Entry>()
      for (let id = 0; id < 3_000; id += 1) queue.push({ ...who(id), id })
      const next = () => {
        const entry = queue.shift()!
        queue.spend(entry, 100)
        return entry.id
      }
      for (let turn = 0; turn < 10; turn += 1) next()
      queue.push({ network: 'new', account: 'n', id: -1 })
      let turns = 1
      while (next() !== -1) turns += 1
      expect(turns).to.be.at.most(3_000 / 64 + 1)
      while (queue.size > 0) next()
    })
  }

  it('names as the last the youngest of whoever has most waiting', () => {
    expect(queueOf('ax', 'ax', 'bz').last()?.id).to.equal(1)
    expect(queueOf('ax', 'ay', 'ay', 'bz', 'bz').last()?.id).to.equal(2)
    expect(queueOf('ax', 'by', 'cz').last()?.id).to.equal(2)
    expect(queueOf().last()).to.equal(undefined)
  })

  it('names as the last one of those who try one account from everywhere, not who came last', () => {
    expect(queueOf('ax', 'bx', 'cx', 'dy').last()?.id).to.equal(2)
  })

  it('does not name the work of the server itself as the last', () => {
    const queue = queueOf('ax')
    for (const id of [1, 2, 3]) queue.push({ network: HOUSE_NETWORK, account: '', id })
    expect(queue.last()?.id).to.equal(0)
  })

  describe('by what was spent', () => {
    const spent = (now: { ms: number }, who: string, units: number, ...names: string[]) => {
      const queue = queueOf(now, ...names)
      queue.spend({ network: who[0]!, account: who.slice(1), id: -1 } as Entry, units)
      return queue
    }

    it('serves who has cost least first: by network, and by account from wherever', () => {
      expect(drained(spent({ ms: 0 }, 'ax', 5, 'ax', 'ay', 'bx', 'bz'))).to.deep.equal([
        'bz',
        'ay',
        'bx',
        'ax',
      ])
    })

    it('forgets: half after 30 s', () => {
      const now = { ms: 0 }
      const queue = spent(now, 'ax', 4, 'ax', 'by')
      now.ms = 30_000
      queue.spend({ network: 'b', account: 'y' }, 3)
      expect(drained(queue)).to.deep.equal(['ax', 'by'])
    })

    it('knows who has spent also after a day in which nobody had to wait', () => {
      let now = 0
      const queue = new FairQueue<Entry>(() => now)
      for (; now < 86_400_000; now += 600_000) queue.spend({ network: 'a', account: 'x' }, 100)
      queue.push({ network: 'a', account: 'x', id: 1 })
      queue.push({ network: 'b', account: 'x', id: 2 })
      expect(queue.shift()!.id).to.equal(2)
    })

    it('gives back what counts against nobody', () => {
      const queue = spent({ ms: 0 }, 'ax', 5, 'ax', 'by')
      queue.spend({ network: 'a', account: 'x' }, -5)
      expect(drained(queue)).to.deep.equal(['ax', 'by'])
    })
  })

  it('gives whatever was pushed once, and keeps the order inside an account', () => {
    const arrival = fc.record({
      network: fc.constantFrom('a', 'b', HOUSE_NETWORK),
      account: fc.constantFrom('x', 'y'),
    })
    const step = fc.oneof(
      { weight: 3, arbitrary: arrival },
      fc.constant('shift' as const),
      fc.constant('last' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new FairQueue<Entry>(() => 0)
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
        for (const key of ['ax', 'ay', 'bx', 'by', 'x', 'y']) {
          const ids = served.filter(({ network, account }) => network + account === key).map(({ id }) => id)
          expect(ids).to.deep.equal([...ids].sort((one, other) => one - other))
        }
      }),
    )
  })
})
