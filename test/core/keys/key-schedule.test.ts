import { expect } from 'chai'
import fc from 'fast-check'
import { keyFileName, signsFrom, stagesOf } from '../../../core/keys/key-schedule.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 24, 9, 45)
const FIRST = Number.NEGATIVE_INFINITY
/** How long tokens are good, and the margin for clocks that differ. */
const LIFETIME = 15 * MINUTE
const MARGIN = 2 * MINUTE

describe('key schedule', () => {
  const stages: [string, number[], string[]][] = [
    ['one key signs', [FIRST], ['signing']],
    ['a key whose time has not come waits', [FIRST, NOW + 1], ['signing', 'waiting']],
    ['a key signs from the very moment', [FIRST, NOW], ['retiring', 'signing']],
    [
      'a key stays published until its last token has ended, and two minutes for clocks that differ',
      [FIRST, NOW - LIFETIME - MARGIN + 1],
      ['retiring', 'signing'],
    ],
    ['and not longer', [FIRST, NOW - LIFETIME - MARGIN], ['retired', 'signing']],
    [
      'of several, the last whose time has come signs',
      [FIRST, NOW - 3_600_000, NOW - MINUTE, NOW + MINUTE, NOW + 2 * MINUTE],
      ['retired', 'retiring', 'signing', 'waiting', 'waiting'],
    ],
    [
      'a clock that was set back leaves the first key signing',
      [NOW + MINUTE, NOW + 2 * MINUTE],
      ['signing', 'waiting'],
    ],
    ['no keys have no stages', [], []],
  ]
  for (const [name, times, expected] of stages) {
    it(name, () => {
      const keys = times.map((time) => ({ signsFrom: time }))
      expect(stagesOf(keys, NOW, LIFETIME).map(({ stage }) => stage)).to.deep.equal(expected)
    })
  }

  it('says until when a former key stays published, and nothing of the others', () => {
    const keys = [FIRST, NOW - MINUTE, NOW + MINUTE].map((time) => ({ signsFrom: time }))
    expect(stagesOf(keys, NOW, LIFETIME).map(({ retiresAt }) => retiresAt)).to.deep.equal([
      NOW - MINUTE + LIFETIME + MARGIN,
      undefined,
      undefined,
    ])
  })

  it('at every moment exactly one key signs; those before it are on their way out, those after it wait', () => {
    const times = fc.uniqueArray(fc.integer({ min: NOW - 10 * LIFETIME, max: NOW + 10 * LIFETIME }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: LIFETIME }), (given, lifetime) => {
        const keys = given.sort((one, other) => one - other).map((time) => ({ signsFrom: time }))
        const found = stagesOf(keys, NOW, lifetime).map(({ stage }) => stage)
        expect(found.join(' ')).to.match(/^(retired ?)*(retiring ?)*signing( waiting)*$/)
      }),
    )
  })
})

describe('names of key files', () => {
  it('say when a key signs, to the second, and the first one has none', () => {
    expect(keyFileName(FIRST)).to.equal('signing.pem')
    expect(keyFileName(Date.UTC(2026, 10, 24, 9, 45))).to.equal('signing-20261124T094500Z.pem')
    expect(keyFileName(Date.UTC(2026, 10, 24, 9, 45, 7, 999))).to.equal('signing-20261124T094507Z.pem')
  })

  it('read as the time that they were made of', () => {
    expect(signsFrom(keyFileName(FIRST))).to.equal(FIRST)
    const seconds = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
    fc.assert(
      fc.property(seconds, (second) => {
        expect(signsFrom(keyFileName(second * 1000))).to.equal(second * 1000)
      }),
    )
  })

  it('sort as the times do', () => {
    const second = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1000 })
    fc.assert(
      fc.property(second, second, (one, other) => {
        expect(keyFileName(one * 1000) < keyFileName(other * 1000)).to.equal(one < other)
      }),
    )
  })

  const others = [
    'signing-ca.pem',
    'signing-ca.crt',
    'signing.pem.bak',
    'signing-old.pem',
    'tls.pem',
    '.signing.pem',
    'signing-20261124T094500Z.pem~',
    'signing-20261124T094500.pem',
    'signing-2026-11-24T09:45:00Z.pem',
    // No such times.
    'signing-20261324T094500Z.pem',
    'signing-20260230T094500Z.pem',
    'signing-20261124T240000Z.pem',
    'signing-20261124T096000Z.pem',
  ]
  for (const name of others) {
    it(`${name} is none`, () => {
      expect(signsFrom(name)).to.equal(undefined)
    })
  }
})
