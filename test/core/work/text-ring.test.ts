import { expect } from 'chai'
import fc from 'fast-check'
import { textHash } from '../../../core/work/text-hash.ts'
import { TextRing } from '../../../core/work/text-ring.ts'
import { runs } from '../../support/properties.ts'
import { sameHash } from './same-hash.ts'

const SIZE = 300

/** A ring that hashes the names itself. */
function ringOf(size = SIZE) {
  const ring = new TextRing(size)
  return {
    put: (name: string, value: string) => ring.put(name, textHash(name), value),
    get: (name: string) => ring.get(name, textHash(name)),
    clear: () => ring.clear(),
  }
}

describe('a ring of texts', () => {
  it('gives what was put last under a name, or nothing; what came last it has', () => {
    const text = fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'b', ' ', 'é', '\u{1f433}', '\0') })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 60 }), (pairs) => {
        const ring = ringOf()
        const last = new Map<string, string>()
        for (const [name, value] of pairs) {
          ring.put(name, value)
          last.set(name, value)
          expect(ring.get(name)).to.equal(value)
        }
        for (const [name, value] of last) expect(ring.get(name)).to.be.oneOf([value, undefined])
      }),
      runs(200),
    )
  })

  it('has what came last, as much as goes in, and forgets what came first', () => {
    const ring = ringOf()
    for (let nth = 10; nth < 100; nth += 1) ring.put(`${nth}`, 'x'.repeat(20))
    const found = Array.from({ length: 90 }, (_, nth) => nth + 10).filter((nth) => ring.get(`${nth}`))
    expect(found).to.deep.equal(Array.from({ length: found.length }, (_, nth) => 100 - found.length + nth))
    // 30 bytes each; at the end of the ring there must be room for characters of three bytes.
    expect(found.length).to.be.within(6, 10)
  })

  it('does not take what is larger than itself, and keeps what it has', () => {
    const ring = ringOf()
    ring.put('a', 'one')
    ring.put('b', 'x'.repeat(SIZE))
    expect([ring.get('a'), ring.get('b')]).to.deep.equal(['one', undefined])
  })

  it('takes no name for another that has the same hash: the later one is kept', () => {
    const [one, other] = sameHash()
    const ring = ringOf()
    ring.put(one, 'first')
    expect(ring.get(other)).to.equal(undefined)
    ring.put(other, 'second')
    expect([ring.get(one), ring.get(other)]).to.deep.equal([undefined, 'second'])
  })

  it('has nothing at first, under no name and under an empty one, nor once it was emptied', () => {
    const ring = ringOf()
    expect([ring.get(''), ring.get('a')]).to.deep.equal([undefined, undefined])
    ring.put('', '')
    expect(ring.get('')).to.equal('')
    ring.clear()
    expect(ring.get('')).to.equal(undefined)
  })
})
