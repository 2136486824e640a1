import { availableParallelism } from 'node:os'
import { expect } from 'chai'
import { workersOf, workersSchema } from '../../../../core/config/native/workers-schema.ts'

describe('schema of server.workers', () => {
  const table: [given: unknown, workers: number | undefined][] = [
    [undefined, 1],
    [1, 1],
    [4, 4],
    [64, 64],
    ['auto', availableParallelism()],
    [0, undefined],
    [-1, undefined],
    [1.5, undefined],
    [65, undefined],
    ['4', undefined],
    [true, undefined],
    [null, undefined],
    [[2], undefined],
  ]
  for (const [given, workers] of table)
    it(`${workers === undefined ? 'refuses' : 'takes'} ${JSON.stringify(given)}`, () => {
      const { data } = workersSchema.safeParse(given)
      expect(data === undefined ? undefined : workersOf({ workers: data })).to.equal(workers)
    })
})
