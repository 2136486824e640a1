// What is refused before the endpoint: one warning a minute and cause, with its count.
import { mock } from 'node:test'
import { expect } from 'chai'
import { Refusals } from '../../../core/server/refusals.ts'

const MINUTE = 60_000

describe('refusals', () => {
  let lines: [string, number, string | undefined][]
  let refusals: Refusals

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] })
    lines = []
    const warn = (facts: object) => {
      const { cause, count, peer } = facts as { cause: string; count: number; peer: string | undefined }
      lines.push([cause, count, peer])
    }
    const silent = () => {}
    refusals = new Refusals({ debug: silent, info: silent, error: silent, warn })
  })

  afterEach(() => {
    refusals.close()
    mock.timers.reset()
  })

  const taken = () => lines.splice(0)

  it('are logged at once, then once a minute together, with the last address', () => {
    refusals.note('404', 'a')
    expect(taken()).to.deep.equal([['404', 1, 'a']])
    for (const peer of ['b', 'c', undefined, 'd']) refusals.note('404', peer)
    mock.timers.tick(MINUTE - 1)
    expect(taken()).to.deep.equal([])
    mock.timers.tick(1)
    expect(taken()).to.deep.equal([['404', 4, 'd']])
    refusals.note('404', 'e')
    mock.timers.tick(MINUTE)
    expect(taken()).to.deep.equal([['404', 1, 'e']])
  })

  it('are logged at once again after a minute of silence', () => {
    refusals.note('404', 'a')
    mock.timers.tick(MINUTE)
    refusals.note('404', 'b')
    expect(taken()).to.deep.equal([
      ['404', 1, 'a'],
      ['404', 1, 'b'],
    ])
  })

  it('are counted for each cause', () => {
    for (const cause of ['404', '408', '404', '408', '408']) refusals.note(cause, 'a')
    mock.timers.tick(MINUTE)
    expect(taken()).to.deep.equal([
      ['404', 1, 'a'],
      ['408', 1, 'a'],
      ['404', 1, 'a'],
      ['408', 2, 'a'],
    ])
  })

  it('share a cause when there are too many', () => {
    for (let index = 0; index < 1_000; index += 1) refusals.note(`cause ${index}`, 'a')
    mock.timers.tick(MINUTE)
    const all = taken()
    expect(all).to.have.length(52)
    expect(all.at(-1)).to.deep.equal(['others', 949, 'a'])
  })

  it('are not lost when the server stops', () => {
    for (const peer of ['a', 'b']) refusals.note('431', peer)
    refusals.close()
    mock.timers.tick(MINUTE)
    expect(taken()).to.deep.equal([
      ['431', 1, 'a'],
      ['431', 1, 'b'],
    ])
  })
})
