// What plugins remember: bounded in time and number, under keys that tell nothing.
import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { type CacheKey, Secret } from '../../../core/plugin.ts'
import { createCache } from '../../../core/services/cache.ts'
import { testHost } from '../../../core/testing/index.ts'

describe('host.cache', () => {
  it('remembers a value for its time, not longer', () => {
    let now = 1_000
    const cache = testHost({ clock: { now: () => now } }).cache<string>('groups', { ttl: 500 })
    cache.set('ann', 'dev')
    now += 499
    expect(cache.get('ann')).to.equal('dev')
    now += 2
    expect(cache.get('ann')).to.equal(undefined)
  })

  it('forgets whoever was not asked for the longest', () => {
    const cache = createCache<number>('x', { ttl: 1_000, max: 2 }, { now: () => 0 })
    cache.set('a', 1)
    cache.set('b', 2)
    cache.get('a')
    cache.set('c', 3)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).to.deep.equal([1, undefined, 3])
    cache.delete('a')
    expect(cache.get('a')).to.equal(undefined)
    cache.clear()
    expect(cache.get('c')).to.equal(undefined)
  })

  it('keeps keys apart that are written alike, and no secret', () => {
    const part = fc.string({ maxLength: 4 })
    const keys = fc.oneof(part, fc.array(part, { maxLength: 4 }))
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const cache = createCache<number>('x', { ttl: 1_000 }, { now: () => 0 })
        cache.set(one, 1)
        const same = JSON.stringify([one].flat()) === JSON.stringify([other].flat())
        expect(cache.get(other) === 1).to.equal(same)
        const secret = (key: CacheKey) =>
          (Array.isArray(key) ? key : [key]).map((text) => new Secret(text as string))
        expect(cache.get(secret(one))).to.equal(1)
      }),
    )
    const cache = createCache<number>('x', { ttl: 1_000 }, { now: () => 0 })
    cache.set(['ann', new Secret('correct horse')], 1)
    expect(inspect(cache, { depth: 9, showHidden: true })).not.to.contain('correct')
  })

  for (const options of [
    { ttl: 0 },
    { ttl: Number.NaN },
    { ttl: 1e12 },
    { ttl: 1, max: 0 },
    { ttl: 1, max: 1.5 },
  ])
    it(`refuses ${inspect(options)}`, () =>
      expect(() => testHost().cache('groups', options)).to.throw(RangeError, /host\.cache\("groups"\)/))
})
