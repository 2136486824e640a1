import { expect } from 'chai'
import fc from 'fast-check'
import { secondText } from '../../../core/kit/seconds.ts'

describe('a second as text', () => {
  it('is that of the date, in whatever order seconds come', () => {
    const times = fc.array(fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(0, 999, 1_000, 1_999)))
    fc.assert(
      fc.property(times, (all) => {
        for (const ms of all)
          expect(secondText(ms)).to.equal(new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z'))
      }),
    )
  })
})
