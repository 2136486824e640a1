// Times as directories write them.
import { expect } from 'chai'
import fc from 'fast-check'
import { filterAt } from './filter.ts'
import { fileTime, generalizedTime, readGeneralized, readMoment, timeOf } from './times.ts'

/** 2026-01-02T03:04:05Z */
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
/** 1767323045 s after 1970, which is 11644473600 s after 1601. */
const NOW_FILETIME = 134117966450000000n
const SECOND = 10_000_000n
const anyTime = fc.integer({ min: -10_000_000_000, max: 100_000_000_000 }).map((seconds) => seconds * 1_000)

describe('times of directories', () => {
  it('are file times, exactly', () => {
    expect(fileTime(0)).to.equal(116444736000000000n)
    expect(fileTime(NOW)).to.equal(NOW_FILETIME)
  })

  it('are read as they are written', () => {
    fc.assert(
      fc.property(anyTime, (ms) => {
        expect(readGeneralized(generalizedTime(ms))).to.equal(fileTime(ms))
      }),
    )
  })

  it('are the same time in whatever zone they are written', () => {
    fc.assert(
      fc.property(anyTime, fc.integer({ min: -12 * 60, max: 14 * 60 }), (ms, minutes) => {
        const local = generalizedTime(ms + minutes * 60_000).slice(0, -1)
        const two = (count: number) => String(count).padStart(2, '0')
        const east = Math.abs(minutes)
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.trunc(east / 60))}${two(east % 60)}`
        expect(readGeneralized(local + zone)).to.equal(fileTime(ms))
      }),
    )
  })

  const texts: [string, bigint | undefined][] = [
    ['20260102030405Z', NOW_FILETIME],
    ['20260102030405.0Z', NOW_FILETIME],
    ['20260102030405,25Z', NOW_FILETIME + SECOND / 4n],
    ['20260102030405.0000001Z', NOW_FILETIME + 1n],
    ['20260102030405.00000019999999Z', NOW_FILETIME + 1n],
    ['202601020304Z', NOW_FILETIME - 5n * SECOND],
    ['202601020304.5Z', NOW_FILETIME + 25n * SECOND],
    ['2026010203Z', NOW_FILETIME - 245n * SECOND],
    ['2026010203.1Z', NOW_FILETIME + 115n * SECOND],
    ['20260102040405+01', NOW_FILETIME],
    ['20260102003405-0230', NOW_FILETIME],
    ['20260102030405', undefined],
    ['20261302030405Z', undefined],
    ['20260230030405Z', undefined],
    ['2026-01-02T03:04:05Z', undefined],
    ['', undefined],
    ['TRUE', undefined],
  ]
  for (const [text, expected] of texts) {
    it(`${JSON.stringify(text)} is ${expected ?? 'no time'}`, () => {
      expect(readGeneralized(text)).to.equal(expected)
    })
  }

  const values: [string, string, bigint | undefined][] = [
    ['pwdlastset', '134117966450000000', NOW_FILETIME],
    ['pwdlastset', '0', 0n],
    ['pwdlastset', '-1', undefined],
    ['pwdlastset', '20260102030405Z', undefined],
    ['sambapwdlastset', '1767323045', NOW_FILETIME],
    ['shadowlastchange', '20455', NOW_FILETIME - (NOW_FILETIME % (86_400n * SECOND))],
    ['shadowlastchange', 'never', undefined],
    ['pwdchangedtime', '20260102030405Z', NOW_FILETIME],
    ['other', '134117966450000000', NOW_FILETIME],
    ['other', '20260102030405Z', NOW_FILETIME],
    ['other', '1767323045', undefined],
    ['other', '{SSHA}x', undefined],
  ]
  for (const [name, value, expected] of values) {
    it(`${name}: ${value} is ${expected ?? 'no time'}`, () => {
      expect(timeOf(name, value)).to.equal(expected)
    })
  }

  const moments: [string, string | undefined][] = [
    ['now:filetime', '134117966450000000'],
    ['now:generalized', '20260102030405Z'],
    ['now-30m:generalized', '20260102023405Z'],
    ['now-1h30m:generalized', '20260102013405Z'],
    ['now-90d:generalized', '20251004030405Z'],
    ['now-1s:filetime', '134117966440000000'],
    ['now-999999d:generalized', '19700101000000Z'],
    ['now', undefined],
    ['now:epoch', undefined],
    ['now+1h:filetime', undefined],
    ['now-:filetime', undefined],
    ['now-soon:filetime', undefined],
    ['NOW:filetime', undefined],
  ]
  for (const [name, expected] of moments) {
    it(`\${${name}} is ${expected ?? 'no placeholder'}`, () => {
      expect(readMoment(name)?.(NOW)).to.equal(expected)
    })
  }

  it('stand in filters, anew at each search', () => {
    const filter = filterAt().parse('(&(a<=${now:filetime})(b>=${now-1m:generalized})(c<=${now:filetime}))')
    expect(filter(NOW)).to.equal('(&(a<=134117966450000000)(b>=20260102030305Z)(c<=134117966450000000))')
    expect(filter(NOW + 1_000)).to.equal(
      '(&(a<=134117966460000000)(b>=20260102030306Z)(c<=134117966460000000))',
    )
    expect(filterAt().parse('(x=1)')(NOW)).to.equal('(x=1)')
  })
})
