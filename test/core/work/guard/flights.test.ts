// Room for tries: who is under way, as far as it matters.
import { expect } from 'chai'
import fc from 'fast-check'
import { type Flight, Flights } from '../../../../core/work/guard/flights.ts'
import { runs } from '../../../support/properties.ts'

describe('tries under way', () => {
  it('need no names as long as nobody else is in the group', () => {
    const flights = new Flights()
    const asked: string[] = []
    const named = (name: string) => () => {
      asked.push(name)
      return name
    }
    for (const name of ['a', 'b']) flights.beginNow('group', named(name), 5)!.leave()
    const one = flights.beginNow('group', named('c'), 5)!
    flights.beginNow('another', named('d'), 5)
    expect(asked).to.deep.equal([])
    flights.beginNow('group', named('e'), 5)
    expect(asked.sort()).to.deep.equal(['c', 'e'])
    one.leave()
    expect(flights.beginNow('group', named('e'), 1)).to.not.equal(undefined)
    expect(flights.beginNow('group', named('f'), 1)).to.equal(undefined)
  })

  it('take the room of the different members that have not left', () => {
    const step = fc.record({
      member: fc.constantFrom('a', 'b', 'c'),
      most: fc.nat({ max: 3 }),
      leaves: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const flights = new Flights()
        const inside: { member: string; flight: Flight }[] = []
        for (const { member, most, leaves } of steps) {
          if (leaves % 3 === 0 && inside.length > 0)
            inside.splice(leaves % inside.length, 1)[0]!.flight.leave()
          const members = new Set(inside.map((one) => one.member))
          const flight = flights.beginNow('group', () => member, most)
          expect(flight !== undefined).to.equal(members.has(member) || members.size < most)
          if (flight) inside.push({ member, flight })
        }
      }),
      runs(200),
    )
  })
})
