import { expect } from 'chai'
import fc from 'fast-check'
import { faultOfAccount, isAccountName, isUserName, MAX_ACCOUNT } from '../../../core/contract/account.ts'

describe('account names', () => {
  const cases: [string, boolean, boolean][] = [
    ['ann@example.com', true, true],
    ['system:serviceaccount:ci:builder', true, false],
    ['a'.repeat(MAX_ACCOUNT), true, true],
    ['a'.repeat(MAX_ACCOUNT + 1), false, false],
    ['', false, false],
    ['<token>', false, false],
    ['ann\n', false, false],
    [' ann', false, false],
    ['an\0n', false, false],
    ['an\u200bn', false, false],
    ['\u202ennA', false, false],
    ['José Müller', true, true],
    ['안나', true, true],
    ['an\ue000n', true, true],
  ]
  for (const [name, exists, sendable] of cases) {
    it(`${JSON.stringify(name.slice(0, 40))}, ${name.length} characters`, () => {
      expect([isAccountName(name), isUserName(name)]).to.deep.equal([exists, sendable])
    })
  }

  const hidden: [string, number[]][] = [
    ['controls', [0x00, 0x0a, 0x1b, 0x7f, 0x85]],
    ['line and paragraph separators', [0x2028, 0x2029]],
    ['zero width', [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0x180e]],
    ['bidirectional', [0x200e, 0x200f, 0x061c, 0x202a, 0x202e, 0x2066, 0x2069]],
    ['invisible operators and fillers', [0x2061, 0x2064, 0x034f, 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800]],
    ['variation selectors and tags', [0xfe00, 0xfe0f, 0x180b, 0xe0100, 0xe0001, 0xe0041]],
    ['no characters', [0xd800, 0xdfff, 0xfffe, 0xffff, 0xfdd0, 0x10ffff, 0xfffd]],
  ]
  for (const [name, points] of hidden) {
    for (const point of points) {
      const hex = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
      it(`have none of the ${name}: ${hex} is named, wherever it stands`, () => {
        const character = String.fromCodePoint(point)
        for (const text of [character, `${character}ann`, `a${character}nn`, `ann${character}`]) {
          expect(faultOfAccount(text), JSON.stringify(text)).to.equal(`has ${hex} in it`)
        }
      })
    }
  }

  it('have no white space at an end, which is named', () => {
    for (const [name, hex] of [
      ['ann ', 'U+0020'],
      ['\u00a0ann', 'U+00A0'],
      ['ann\u3000', 'U+3000'],
    ] as const) {
      expect(faultOfAccount(name)).to.equal(`has white space at an end (${hex})`)
    }
    expect(faultOfAccount('ann meier')).to.equal(undefined)
  })

  it('that are let through hold no format character, control or half a pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        if (faultOfAccount(name) === undefined) expect(name).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}]|^\s|\s$/u)
      }),
    )
  })
})
