import { expect } from 'chai'
import { LRUCache } from 'lru-cache'
import { lastUsed } from '../../../core/contract/last-used.ts'

describe('what was used last', () => {
  it('is kept up to a bound; what was not used for longest goes first', () => {
    const kept = lastUsed<number>(3)
    for (const [index, name] of ['a', 'b', 'c'].entries()) kept.set(name, index)
    kept.get('a')
    kept.set('d', 3).set('d', 4)
    expect([...kept.keys()]).to.deep.equal(['d', 'a', 'c'])
    kept.delete('a')
    kept.set('e', 5)
    expect([...kept.keys()]).to.deep.equal(['e', 'd', 'c'])
  })

  it('ends with its time', () => {
    let now = 1
    const kept = lastUsed<string>(10, { ttl: 5, ttlResolution: 0, perf: { now: () => now } })
    kept.set('a', 'x')
    now += 5
    expect(kept.get('a')).to.equal('x')
    now += 1
    expect(kept.get('a')).to.equal(undefined)
  })

  it('lays out no places before they are taken', () => {
    const { keyList, valList, next, prev } = LRUCache.unsafeExposeInternals(lastUsed<number>(100_000))
    expect([keyList, valList, next, prev].map(({ length }) => length)).to.deep.equal([0, 0, 0, 0])
  })
})
