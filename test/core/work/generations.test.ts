import { expect } from 'chai'
import fc from 'fast-check'
import { Generations } from '../../../core/work/generations.ts'
import { textHash } from '../../../core/work/text-hash.ts'
import { runs } from '../../support/properties.ts'

const LIMITS = { most: 10, longest: 100 }

describe('two generations', () => {
  it('keep what was put last, at least half of what they may hold, and never more than all of it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (names) => {
        const kept = new Generations<number>(LIMITS)
        for (const [index, name] of names.entries()) kept.put(`${name}`, index, 1, 0)
        const last = new Map(names.map((name, index) => [name, index]))
        const found = [...last].filter(([name]) => kept.get(`${name}`) !== undefined)
        for (const [name, index] of found) expect(kept.get(`${name}`)).to.equal(index)
        expect(found.length).to.be.at.most(LIMITS.most)
        for (const name of names.slice(-LIMITS.most / 2)) expect(found.map(([held]) => held)).to.include(name)
      }),
      runs(100),
    )
  })

  it('keep it for their time, and not for twice that when more comes', () => {
    const kept = new Generations<string>(LIMITS)
    kept.put('a', 'first', 1, 0)
    kept.put('b', 'later', 1, 100)
    expect(kept.get('a')).to.equal('first')
    kept.put('c', 'last', 1, 200)
    expect([kept.get('a'), kept.get('b'), kept.get('c')]).to.deep.equal([undefined, 'later', 'last'])
  })

  it('go on where the clock was set back', () => {
    const kept = new Generations<string>(LIMITS)
    kept.put('a', 'first', 1, 1_000_000)
    kept.put('b', 'second', 1, 0)
    kept.put('c', 'third', 1, 100)
    expect([kept.get('a'), kept.get('c')]).to.deep.equal([undefined, 'third'])
  })

  it('forget one that is named, unless another has its name, and all', () => {
    const kept = new Generations<string>(LIMITS)
    kept.put('a', 'first', 1, 0)
    kept.put('a', 'second', 1, 0)
    kept.drop('a', 'first')
    expect(kept.get('a')).to.equal('second')
    kept.drop('a', 'second')
    expect(kept.get('a')).to.equal(undefined)
    kept.put('b', 'third', 1, 0)
    kept.clear()
    expect(kept.get('b')).to.equal(undefined)
  })

  it('tell names with the same hash apart: the later one is kept', () => {
    const [one, other] = sameHash()
    const kept = new Generations<string>(LIMITS)
    kept.put(one, 'first', 1, 0)
    expect(kept.get(other)).to.equal(undefined)
    kept.put(other, 'second', 1, 0)
    expect([kept.get(one), kept.get(other)]).to.deep.equal([undefined, 'second'])
  })
})

/** Two texts with the same hash: of a hundred thousand, some have one. */
function sameHash(): [string, string] {
  const found = new Map<number, string>()
  for (let nth = 0; ; nth += 1) {
    const text = `name ${nth}`
    const hash = textHash(text)
    const other = found.get(hash)
    if (other !== undefined) return [other, text]
    found.set(hash, text)
  }
}
