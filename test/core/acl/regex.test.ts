import { expect } from 'chai'
import fc from 'fast-check'
import { compileRegex, isRegex, NOTHING, quote, RegexStore } from '../../../core/acl/regex.ts'
import { gapsOf } from '../../../core/acl/regex-context.ts'
import { runs } from '../../support/properties.ts'

describe('acl: regular expressions', () => {
  for (const [pattern, expected] of [
    ['/a/', true],
    ['/./', true],
    ['//', false],
    ['/', false],
    ['', false],
    ['/a', false],
    ['a/', false],
    ['///', true],
  ] as const) {
    it(`${JSON.stringify(pattern)} is ${expected ? 'one' : 'none'}`, () => {
      expect(isRegex(pattern)).to.equal(expected)
    })
  }

  it('quoted text matches itself and nothing else', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (one, other) => {
        const compiled = compileRegex(`^(?:${quote(one)})$`)
        if (typeof compiled === 'string') return expect.fail(compiled)
        expect(compiled.test(one)).to.equal(true)
        expect(compiled.test(other)).to.equal(one === other)
      }),
    )
  })

  it('have an expression that matches nothing, whatever stands around it', () => {
    for (const expression of [NOTHING, `(?i)${NOTHING}`, `(?s).*${NOTHING}`]) {
      for (const subject of ['', 'a', '\n', 'é', '😀', '\0']) {
        expect(new RegexStore().test(expression, subject)).to.equal(false)
      }
    }
  })

  const named: [string, string, string[]][] = [
    ['^(?P<n>a)|(?P<n>b)$', 'ab', ['a', '']],
    ['(?<n>x)(?P<n>y)', 'xy', ['x', 'y']],
    ['(?P<n>[(?P<n>])-\\Q(?P<n>\\E(?P<n>c)', '<-(?P<n>c', ['<', 'c']],
  ]
  for (const [expression, text, groups] of named) {
    it(`may have groups of one name, as Go’s: ${expression}`, () => {
      const compiled = compileRegex(expression)
      if (typeof compiled === 'string') throw new Error(compiled)
      const matcher = compiled.matcher(text)
      expect(matcher.find()).to.equal(true)
      expect(groups.map((_, at) => matcher.group(at + 1) ?? '')).to.deep.equal(groups)
    })
  }

  it('are kept once compiled, but not without bound', () => {
    const store = new RegexStore()
    const kept = store.get('first')
    expect(store.get('first')).to.equal(kept)
    for (let count = 0; count < 2_000; count += 1) store.get(`other${count}`)
    expect(store.get('first')).not.to.equal(kept)
  })
})

describe('acl: the places of placeholders in an expression', () => {
  // "¦" marks the placeholders.
  const table: [text: string, places: string][] = [
    ['^¦/¦$', 'item item'],
    ['(¦|a)', 'item'],
    ['(?:¦|¦)', 'item item'],
    ['(?P<n>¦)', 'item'],
    ['(?P<¦>a)', 'inside'],
    ['(?¦)', 'inside'],
    ['[¦]', 'inside'],
    ['[]¦]', 'inside'],
    ['[^]¦]', 'inside'],
    ['[[:alpha:]¦]', 'inside'],
    ['[\\]¦]', 'inside'],
    ['[a]¦[b]', 'item'],
    ['\\¦', 'inside'],
    ['\\\\¦', 'item'],
    ['\\d¦', 'item'],
    ['\\x4¦', 'inside'],
    ['\\x41¦', 'item'],
    ['\\x{4¦}', 'inside'],
    ['\\p¦', 'inside'],
    ['\\pL¦', 'item'],
    ['\\p{Greek}¦', 'item'],
    ['\\01¦', 'open'],
    ['\\0¦12', 'open'],
    ['\\012¦', 'item'],
    ['\\Qa¦', 'inside'],
    ['\\Qa\\E¦', 'item'],
    ['a{¦}', 'open'],
    ['a{1,¦', 'open'],
    ['a{1¦x', 'open'],
    ['[^]¦', 'inside'],
    ['[[:alpha:]¦', 'inside'],
    ['a{2}¦', 'item'],
    ['a¦*', 'item*'],
    ['a¦{2}', 'item*'],
    ['¦?¦', 'item* item'],
  ]
  for (const [text, places] of table) {
    it(`${text}: ${places}`, () => {
      const found = gapsOf(text.split('¦')).map(({ place, repeated }) => place + (repeated ? '*' : ''))
      expect(found.join(' ')).to.equal(places)
    })
  }

  it('that are items of their own mean the same with text as with a group around it', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\',
      '[',
      ']',
      '^',
      '(',
      ')',
      '(?:',
      '|',
      '*',
      '{',
      '}',
      '2',
      '\\Q',
      '\\E',
      '\\d',
      '[[:alpha:]',
      '-',
    )
    const texts = fc.array(
      fc.array(piece, { maxLength: 4 }).map((all) => all.join('')),
      { minLength: 2, maxLength: 3 },
    )
    const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '2', '-', ']'), maxLength: 5 })
    fc.assert(
      fc.property(texts, fc.constantFrom('a', 'x', '2', 'ab', '-'), subject, (all, value, name) => {
        fc.pre(gapsOf(all).every(({ place, repeated }) => place === 'item' && !repeated))
        const store = new RegexStore()
        expect(store.test(all.join(value), name)).to.equal(store.test(all.join(`(?:${value})`), name))
      }),
      runs(3_000),
    )
  })
})
