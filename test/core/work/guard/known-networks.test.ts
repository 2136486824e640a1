import { expect } from 'chai'
import { KnownNetworks, type Marks } from '../../../../core/work/guard/known-networks.ts'

const DAY = 86_400_000

describe('networks that an account has logged in from', () => {
  let now: number
  let written: [string, number][]
  let marks: Marks
  beforeEach(() => {
    now = 1_000 * DAY
    written = []
    marks = {
      mark: async (id, until) => void written.push([id, until]),
      isMarked: async (id) => written.some(([other, until]) => other === id && until > now),
    }
  })
  const known = () => new KnownNetworks(() => now, marks)

  it('are known for thirty days, to every node and after a restart', async () => {
    known().note('ann:home')
    now += 30 * DAY - 1
    const other = known()
    expect(await other.has('ann:home')).to.equal(true)
    expect(await other.has('ann:away')).to.equal(false)
    now += 3_600_001
    expect(await other.has('ann:home')).to.equal(false)
  })

  it('are written once a day, and under a name that tells nothing', () => {
    const one = known()
    for (let hour = 0; hour < 48; hour++) {
      one.note('ann:home')
      now += DAY / 24
    }
    expect(written).to.have.length(2)
    expect(written[0]![0]).not.to.match(/ann|home/)
    expect(written[0]![1]).to.equal(1_000 * DAY + 30 * DAY)
  })

  it('are written for an account five hundred times a day', async () => {
    const one = known()
    for (let nth = 0; nth < 600; nth++) one.note(`ann:${nth}`)
    one.note('ben:0')
    expect(written).to.have.length(501)
    expect(await one.has('ann:599')).to.equal(true)
    now += DAY
    one.note('ann:599')
    expect(written).to.have.length(502)
  })

  it('are written again when the store was away', async () => {
    const one = known()
    const { mark } = marks
    marks.mark = async () => {
      throw new Error('away')
    }
    one.note('ann:home')
    await new Promise(setImmediate)
    marks.mark = mark
    one.note('ann:home')
    expect(written).to.have.length(1)
  })

  it('are strangers while the store does not answer', async () => {
    marks.isMarked = () => new Promise(() => {})
    expect(await known().has('ann:home')).to.equal(false)
    marks.isMarked = async () => {
      throw new Error('away')
    }
    expect(await known().has('ann:home')).to.equal(false)
  })

  it('are known in memory where nothing can be kept', async () => {
    const one = new KnownNetworks(() => now)
    one.note('ann:home')
    expect(await one.has('ann:home')).to.equal(true)
    now += 31 * DAY
    expect(await one.has('ann:home')).to.equal(false)
  })
})
