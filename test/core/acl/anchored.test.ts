// What is known of anchored expressions is what RE2 finds.
import { expect } from 'chai'
import fc from 'fast-check'
import { fitsStart, type Start, startsOf } from '../../../core/acl/anchored.ts'
import { compileRegex, quote } from '../../../core/acl/regex.ts'
import { runs } from '../../support/properties.ts'
import { anyExpression, anySubject } from './expressions.ts'

const end = (text: string): Start => ({ text, rest: 'end' })
const any = (text: string): Start => ({ text, rest: 'any' })
const more = (text: string): Start => ({ text, rest: 'more' })

describe('startsOf', () => {
  for (const [expression, expected] of [
    ['^user7$', [end('user7')]],
    ['\\Auser7\\z', [end('user7')]],
    ['^team7\\/.*', [any('team7/')]],
    ['^team7/', [any('team7/')]],
    ['^team7/.*$', [{ text: 'team7/', rest: 'line' }]],
    ['^team7/.+', [more('team7/')]],
    ['^(a|b)$', [end('a'), end('b')]],
    ['^(?:a|b)/(?P<x>c|d)$', [end('a/c'), end('a/d'), end('b/c'), end('b/d')]],
    ['^a$|^b', [end('a'), any('b')]],
    ['^(a|)$', [end('a'), end('')]],
    ['^$', [end('')]],
    ['^ab*$', [more('a')]],
    ['^a(b)?$', [more('a')]],
    ['^a(b|c+)$', [more('a')]],
    ['^a[b|c]$', [more('a')]],
    ['^a\\.b\\-c$', [end('a.b-c')]],
    ['^a\\d$', [more('a')]],
    ['^a\\Qb|c\\E$', [more('a')]],
    ['^\u{1F40B}\u{1F40B}?$', [more('\u{1F40B}')]],
    ['^((a|b)c|d)$', [end('ac'), end('bc'), end('d')]],
    ['^a$b', [more('a')]],
  ] as const) {
    it(`knows ${expression}`, () => {
      expect(startsOf(expression)).to.deep.equal(expected)
    })
  }

  for (const expression of [
    'user7',
    'user7$',
    '^a|b$',
    '(^a)$',
    '^.*',
    '^[ab]',
    '^*a',
    '(?i)^a$',
    '^a(?i)b$',
    '^(?i:a)$',
    '^a|',
    `^(${Array.from({ length: 33 }, (_, index) => index).join('|')})$`,
  ]) {
    it(`knows nothing of ${expression.slice(0, 20)}`, () => {
      expect(startsOf(expression)).to.equal(undefined)
    })
  }

  it('says of any expression what RE2 does', () => {
    fc.assert(
      fc.property(anyExpression, fc.array(anySubject, { minLength: 1, maxLength: 12 }), (text, subjects) => {
        const compiled = compileRegex(text)
        if (typeof compiled === 'string') return
        const starts = startsOf(text)
        if (!starts) return
        const whole = starts.every(({ rest }) => rest !== 'more')
        for (const one of [...subjects, ...starts.map((start) => start.text)]) {
          const matched = compiled.test(one)
          if (whole) expect(fitsStart(starts, one), `${text} on ${one}`).to.equal(matched)
          else if (matched)
            expect(
              starts.some((start) => one.startsWith(start.text)),
              `${text} on ${one}`,
            ).to.equal(true)
        }
      }),
      runs(2_000),
    )
  })

  it('knows any text that is quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(startsOf(`^${quote(text)}$`)).to.deep.equal([end(text)])
      }),
    )
  })
})
