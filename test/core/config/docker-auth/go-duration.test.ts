import { expect } from 'chai'
import { goSeconds } from '../../../../core/config/docker-auth/go-duration.ts'

describe('a duration of Go', () => {
  const cases: [string, number | undefined][] = [
    ['10s', 10],
    ['1h30m', 5400],
    ['1.5m', 90],
    ['.5s', 0.5],
    ['250ms', 0.25],
    ['1000000', 0.001],
    ['0', 0],
    ['-1h', -3600],
    ['+1h', 3600],
    ['-0', 0],
    ['', undefined],
    ['-', undefined],
    ['10', 1e-8],
    ['10 s', undefined],
    ['1d', undefined],
    ['1h-30m', undefined],
    ['10s\n', undefined],
    ['forever', undefined],
  ]
  for (const [text, seconds] of cases) {
    it(`reads ${JSON.stringify(text)} as ${seconds} seconds`, () => {
      if (seconds === undefined) expect(goSeconds(text)).to.equal(undefined)
      else expect(goSeconds(text)).to.be.closeTo(seconds, 1e-12)
    })
  }
})
