import { expect } from 'chai'
import fc from 'fast-check'
import { UnderWay } from '../../../core/work/under-way.ts'
import { runs } from '../../support/properties.ts'
import { sameHash } from './same-hash.ts'

describe('what is under way', () => {
  it('is what a Map would have, also of names with the same hash', () => {
    const names = [...sameHash(), 'a', 'b', '']
    const step = fc.record({
      what: fc.constantFrom('set', 'set', 'delete', 'delete another', 'clear'),
      name: fc.constantFrom(...names),
      value: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const underWay = new UnderWay<number>()
        const map = new Map<string, number>()
        for (const { what, name, value } of steps) {
          if (what === 'set') {
            underWay.set(name, value)
            map.set(name, value)
          } else if (what === 'delete') {
            underWay.delete(name, map.get(name) ?? value)
            map.delete(name)
          } else if (what === 'delete another') underWay.delete(name, -1)
          else {
            underWay.clear()
            map.clear()
          }
          expect(names.map((each) => underWay.get(each))).to.deep.equal(names.map((each) => map.get(each)))
        }
      }),
      runs(200),
    )
  })
})
