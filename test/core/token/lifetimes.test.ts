import { expect } from 'chai'
import { lifetimeOf, longestLifetime } from '../../../core/token/lifetimes.ts'

const LIFETIMES = {
  expiration: 900_000,
  byAction: new Map([
    ['push', 3_600_000],
    ['pull', 300_000],
  ]),
}
const access = (...actions: string[]) => [{ type: 'repository', name: 'a', actions }]

describe('the lifetime of a token', () => {
  const table: [string, ReturnType<typeof access>, number][] = [
    ['that only pulls is that of pull', access('pull'), 300_000],
    ['that pushes too is that of push', access('pull', 'push'), 3_600_000],
    [
      'with an action that is not listed is the general one, when that is longer',
      access('pull', 'delete'),
      900_000,
    ],
    ['counts over all resources', [...access('pull'), ...access('push')], 3_600_000],
    ['that grants everything is that of the longest action', access('*'), 3_600_000],
    ['that grants everything beside others, too', access('pull', '*'), 3_600_000],
    ['that grants nothing is the general one', access(), 900_000],
    ['of a login is the general one', [], 900_000],
  ]
  for (const [what, held, expected] of table) {
    it(what, () => expect(lifetimeOf(LIFETIMES, held)).to.equal(expected))
  }

  it('that grants everything is the general one, or that of *, when that is longer', () => {
    const short = new Map([['pull', 60_000]])
    expect(lifetimeOf({ expiration: 900_000, byAction: short }, access('*'))).to.equal(900_000)
    const own = new Map([...short, ['*', 1_800_000]])
    expect(lifetimeOf({ expiration: 900_000, byAction: own }, access('*'))).to.equal(1_800_000)
    const brief = new Map([...LIFETIMES.byAction, ['*', 60_000]])
    expect(lifetimeOf({ expiration: 900_000, byAction: brief }, access('*'))).to.equal(3_600_000)
  })

  it('is the general one without any by action', () => {
    expect(lifetimeOf({ expiration: 60_000, byAction: new Map() }, access('push'))).to.equal(60_000)
  })

  it('is at the most the longest of all that are configured', () => {
    expect(longestLifetime([LIFETIMES, { expiration: 7_200_000, byAction: new Map() }])).to.equal(7_200_000)
    expect(longestLifetime([LIFETIMES])).to.equal(3_600_000)
  })
})
