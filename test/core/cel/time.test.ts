import { expect } from 'chai'
import { expression } from '../../../core/cel/expression.ts'

describe('the time in a time zone', () => {
  const before = process.env.TZ
  afterEach(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })

  const now = new Date('2026-03-29T02:30:15.250Z')
  const table: [call: string, value: number][] = [
    ['getFullYear("UTC")', 2026],
    ['getMonth("UTC")', 2],
    ['getDate("UTC")', 29],
    ['getDayOfMonth("UTC")', 28],
    ['getDayOfWeek("UTC")', 0],
    ['getDayOfYear("UTC")', 87],
    ['getHours("UTC")', 2],
    ['getMinutes("UTC")', 30],
    ['getSeconds("UTC")', 15],
    ['getMilliseconds("UTC")', 250],
    ['getHours("Europe/Berlin")', 4],
    ['getHours("America/New_York")', 22],
    ['getDate("America/New_York")', 28],
    ['getDayOfWeek("America/New_York")', 6],
    ['getMinutes("Asia/Kathmandu")', 15],
    ['getHours("+05:00")', 7],
  ]
  // In Berlin the clock goes from 01:59 to 03:00 on this day: 02:30 is no time there.
  for (const zone of ['UTC', 'Europe/Berlin', 'Pacific/Auckland']) {
    it(`is the same on a machine whose own zone is ${zone}`, () => {
      process.env.TZ = zone
      for (const [call, value] of table) {
        const compiled = expression({ variables: { now: 'google.protobuf.Timestamp' } }).parse(`now.${call}`)
        expect(compiled.evaluate({ now }), call).to.equal(value)
      }
    })
  }

  it('counts the days of a year from 0 to its last one', () => {
    const compiled = expression({ variables: ['now'] }).parse('now.getDayOfYear("Pacific/Auckland")')
    expect(compiled.evaluate({ now: new Date('2023-12-31T10:59:59Z') })).to.equal(364)
    expect(compiled.evaluate({ now: new Date('2023-12-31T11:00:00Z') })).to.equal(0)
    expect(compiled.evaluate({ now: new Date('2024-12-31T10:59:59Z') })).to.equal(365)
  })

  it('of a zone that comes from a value is checked when it is used', () => {
    const compiled = expression({ variables: ['now', 'zone'] }).parse('now.getHours(zone)')
    expect(compiled.evaluate({ now, zone: 'Europe/Berlin' })).to.equal(4)
    expect(() => compiled.evaluate({ now, zone: 'Nowhere' })).to.throw(/invalid time zone/)
    expect(() => compiled.evaluate({ now: 'text', zone: 'UTC' })).to.throw(/works on a timestamp/)
  })

  it('leaves durations as they are', () => {
    const compiled = expression({ variables: ['now'] }).parse('(now - now + duration("90m")).getMinutes()')
    expect(compiled.evaluate({ now })).to.equal(90)
  })
})
