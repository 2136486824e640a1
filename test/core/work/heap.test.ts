import { expect } from 'chai'
import fc from 'fast-check'
import { Heap } from '../../../core/work/heap.ts'

describe('the heap', () => {
  it('gives the least of what it holds, whatever was pushed and taken before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(50), fc.constant('shift' as const)), { maxLength: 80 }),
        (steps) => {
          const heap = new Heap<number>((one, other) => one < other)
          const held: number[] = []
          for (const step of steps) {
            if (step === 'shift') expect(heap.shift()).to.equal(held.shift())
            else {
              heap.push(step)
              held.push(step)
              held.sort((one, other) => one - other)
            }
            expect(heap.first).to.equal(held[0])
          }
        },
      ),
    )
  })
})
