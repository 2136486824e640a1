import { expect } from 'chai'
import fc from 'fast-check'
import { Generations } from '../../../core/work/generations.ts'
import { runs } from '../../support/properties.ts'
import { sameHash } from './same-hash.ts'

const MOST = 10

describe('two generations', () => {
  it('keep what was put last, at least half of what they may hold, and never more than all of it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (names) => {
        const kept = new Generations<number>(MOST)
        for (const [index, name] of names.entries()) kept.put(`${name}`, index)
        const last = new Map(names.map((name, index) => [name, index]))
        const found = [...last].filter(([name]) => kept.get(`${name}`) !== undefined)
        for (const [name, index] of found) expect(kept.get(`${name}`)).to.equal(index)
        expect(found.length).to.be.at.most(MOST)
        for (const name of names.slice(-MOST / 2)) expect(found.map(([held]) => held)).to.include(name)
      }),
      runs(100),
    )
  })

  it('tell names with the same hash apart: the later one is kept', () => {
    const [one, other] = sameHash()
    const kept = new Generations<string>(MOST)
    kept.put(one, 'first')
    expect(kept.get(other)).to.equal(undefined)
    kept.put(other, 'second')
    expect([kept.get(one), kept.get(other)]).to.deep.equal([undefined, 'second'])
  })
})
