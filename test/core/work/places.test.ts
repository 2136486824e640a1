import { expect } from 'chai'
import { WorkPlaces } from '../../../core/work/places.ts'

describe('places', () => {
  for (const [share, size, expected] of [
    [1, 10, 10],
    [2, 32, 16],
    [4, 10, 2],
    [8, 3, 1],
    [2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ] as const)
    it(`of ${size} are ${expected} in each of ${share} processes`, () => {
      const places = new WorkPlaces(share)
      places.open({ name: 'work', size })
      expect(places.counts().map((place) => place.size)).to.deep.equal([expected])
    })
})
