// What is known of all texts that a pattern matches is what globs and RE2 find.
import { expect } from 'chai'
import fc from 'fast-check'
import { parseGlob } from '../../../core/acl/glob.ts'
import { type Held, heldBy, heldByRegex } from '../../../core/acl/held.ts'
import { compileRegex } from '../../../core/acl/regex.ts'
import { runs } from '../../support/properties.ts'
import { anyExpression, anySubject } from './expressions.ts'

const held = (end: string | undefined, ...within: string[]): Held => ({ end, within })

describe('what a pattern holds', () => {
  for (const [expression, expected] of [
    ['^us?er7x*$', held(undefined, 'u', 'er7')],
    ['user7', held(undefined, 'user7')],
    ['^.*\\/app$', held('/app', '/app')],
    ['@example\\.com\\z', held('@example.com', '@example.com')],
    ['^(a|b)-x(c)y$', held('y', '-x', 'y')],
    ['^a[bc]d.e$', held('e', 'a', 'd', 'e')],
    ['ab+c', held(undefined, 'a', 'c')],
    ['ab{2}c?', held(undefined, 'a')],
    ['a(b|c', held(undefined)],
    ['a\\Qbc\\Ed', held(undefined, 'a', 'd')],
    ['a$', held('a', 'a')],
    ['a$b', held(undefined, 'a', 'b')],
    ['a|b', held(undefined)],
    ['(?i)abc', held(undefined)],
    ['a(?i:b)c', held(undefined)],
    ['\u{1F40B}\u{1F40B}?', held(undefined, '\u{1F40B}')],
  ] as const) {
    it(`is known of ${expression}`, () => {
      if (typeof compileRegex(expression) === 'string') return
      expect(heldByRegex(expression)).to.deep.equal(expected)
    })
  }

  for (const [glob, expected] of [
    ['*/app', held('/app', '/app')],
    ['a*-b/*', held(undefined, 'a', '-b/')],
    ['a[bc]d?e', held('e', 'a', 'd', 'e')],
    ['**/x', held('/x', '/x')],
    ['\\*x*', held(undefined, '*x')],
    ['*', held(undefined)],
  ] as const) {
    it(`is known of ${glob}`, () => {
      const atoms = parseGlob([glob], 'two')
      if (typeof atoms === 'string' || 'misplaced' in atoms) throw new Error('no glob')
      expect(heldBy({ glob: atoms })).to.deep.equal(expected)
    })
  }

  it('is in all that RE2 matches', () => {
    let matches = 0
    fc.assert(
      fc.property(anyExpression, fc.array(anySubject, { minLength: 1, maxLength: 12 }), (text, subjects) => {
        const compiled = compileRegex(text)
        if (typeof compiled === 'string') return
        const { end, within } = heldByRegex(text)
        for (const one of subjects) {
          if (!compiled.test(one)) continue
          matches += within.length
          if (end !== undefined) expect(one.endsWith(end), `${text} on ${one}`).to.equal(true)
          for (const part of within) expect(one.includes(part), `${text} on ${one}`).to.equal(true)
        }
      }),
      runs(3_000),
    )
    expect(matches).to.be.above(100)
  })
})
