import { expect } from 'chai'
import fc from 'fast-check'
import { isFault, matchGlob, parseGlob, toChunks } from '../../../core/acl/glob.ts'
import { runs } from '../../support/properties.ts'

/** true, false, or undefined for a malformed glob. */
function match(pattern: string, name: string): boolean | undefined {
  const tokens = parseGlob([pattern])
  return isFault(tokens) ? undefined : matchGlob(toChunks(tokens), name)
}

describe('globs', () => {
  const table: [pattern: string, name: string, expected: boolean | undefined][] = [
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['*', 'abc', true],
    ['*', 'ab/c', false],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['**', 'a/b', false],
    ['**', 'ab', true],
    ['*/*', 'a/b', true],
    ['*/*', 'a/b/c', false],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['a?b', 'a☺b', true],
    ['a?b', 'a/b', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['*?', '😀', true],
    ['*??', '😀', false],
    ['a[^a]b', 'a☺b', true],
    ['a[^a][^a][^a]b', 'a☺b', false],
    ['[😀-😂]', '😁', true],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['[z-a]', 'm', false],
    ['[^z-a]', 'm', true],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['a[b/]c', 'a/c', true],
    ['a[^b]c', 'a/c', true],
    ['[[]x]', '[x]', true],
    ['[a^]', '^', true],
    ['[*?]', '*', true],
    ['[*?]', 'a', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['\\a', 'a', true],
    ['\\\\', '\\', true],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', '-', true],
    ['[x\\-]', 'z', false],
    ['[\\-x]', 'a', false],
    [']', ']', true],
    ['a-]', 'a-]', true],
    ['[]a]', ']', undefined],
    ['[-]', '-', undefined],
    ['[x-]', 'x', undefined],
    ['[-x]', 'x', undefined],
    ['[a-b-c]', 'a', undefined],
    ['[', 'a', undefined],
    ['[^', 'a', undefined],
    ['[^bc', 'a', undefined],
    ['[]', 'a', undefined],
    ['[^]', 'a', undefined],
    ['a[', 'a', undefined],
    ['a[', 'ab', undefined],
    ['x[', 'ab', undefined],
    ['\\', 'a', undefined],
    ['a*\\', 'b', undefined],
    ['[\\', 'a', undefined],
    ['[a-\\', 'a', undefined],
    // The first chunk takes the first place where it fits, even if only another one would lead on.
    ['*[/a]*b', 'a/b', false],
  ]
  for (const [pattern, name, expected] of table) {
    const verdict = expected === undefined ? 'is malformed' : expected ? 'matches' : 'does not match'
    it(`${JSON.stringify(pattern)} ${verdict} (${JSON.stringify(name)})`, () => {
      expect(match(pattern, name)).to.equal(expected)
    })
  }

  // Without classes that match "/", the first fit and any fit are the same.
  const piece = fc.constantFrom(
    'a',
    'b',
    '/',
    '-',
    '*',
    '?',
    '[ab]',
    '[^a/]',
    '[a-c]',
    '\\*',
    '\\?',
    '\\a',
    'é',
    '😀',
  )
  const glob = fc.array(piece, { maxLength: 8 })
  const name = fc.array(fc.constantFrom('a', 'b', 'c', '/', '-', '*', '?', 'é', '😀'), { maxLength: 8 })

  it('agrees with a matcher that tries everything', () => {
    fc.assert(
      fc.property(glob, name, (pieces, characters) => {
        expect(match(pieces.join(''), characters.join(''))).to.equal(tryAll(pieces, characters))
      }),
      runs(3_000),
    )
  })

  it('matches every text when all its characters are escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
        const escaped = [...text].map((character) => `\\${character}`).join('')
        expect(match(escaped, text)).to.equal(true)
        expect(match(escaped, other)).to.equal(text === other)
      }),
    )
  })

  it('never throws, whatever the pattern', () => {
    const wild = fc.string({ unit: fc.constantFrom(...'[]^-\\*?/ab') })
    fc.assert(
      fc.property(wild, wild, (pattern, subject) => {
        expect(match(pattern, subject)).to.be.oneOf([true, false, undefined])
      }),
    )
  })

  it('stays fast on many stars', () => {
    const stars = 'a*'.repeat(500)
    expect(match(`${stars}b`, 'a'.repeat(5_000))).to.equal(false)
    expect(match(stars, 'a'.repeat(5_000))).to.equal(true)
  })
})

/** The meaning of a glob, piece by piece, by trying every way. */
function tryAll(pieces: readonly string[], characters: readonly string[]): boolean {
  const [piece, ...rest] = pieces
  if (piece === undefined) return characters.length === 0
  const [character, ...others] = characters
  if (piece === '*') {
    return (
      tryAll(rest, characters) || (character !== undefined && character !== '/' && tryAll(pieces, others))
    )
  }
  if (character === undefined) return false
  const fits: Record<string, boolean> = {
    '?': character !== '/',
    '[ab]': 'ab'.includes(character),
    '[^a/]': !'a/'.includes(character),
    '[a-c]': 'abc'.includes(character),
    '\\*': character === '*',
    '\\?': character === '?',
    '\\a': character === 'a',
  }
  return (fits[piece] ?? piece === character) && tryAll(rest, others)
}
