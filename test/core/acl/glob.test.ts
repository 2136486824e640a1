import { expect } from 'chai'
import fc from 'fast-check'
import { type GlobAtom, isFault, parseGlob, type Stars } from '../../../core/acl/glob.ts'
import { stepsOfGlob, toMatcher } from '../../../core/acl/glob-match.ts'
import { compileRules } from '../../../core/acl/ruleset.ts'
import { MOST_STEPS } from '../../../core/contract/steps.ts'
import { allowance } from '../../../core/token/allowance.ts'
import { runs } from '../../support/properties.ts'

/** true, false, or undefined for a malformed glob. */
function match(pattern: string, name: string, stars: Stars = 'one'): boolean | undefined {
  const atoms = parseGlob([pattern], stars)
  return isFault(atoms) ? undefined : toMatcher(atoms)(name)
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

describe('globs with **', () => {
  const table: [pattern: string, name: string, expected: boolean | undefined][] = [
    ['**', '', true],
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['a/**', 'a/', true],
    ['a/**', 'a/b', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'ab/c', false],
    ['a**', 'a', true],
    ['a**', 'ab/c', true],
    ['**/a', 'a', false],
    ['**/a', 'b/c/a', true],
    ['**/a', 'b/c/ba', false],
    ['a/**/b', 'a/b', false],
    ['a/**/b', 'a//b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**b', 'a/b', true],
    ['*/**', 'a/b/c', true],
    ['*/**', 'a', false],
    ['**/*', 'a/b/c', true],
    ['**/*.io', 'a/b/c.io', true],
    ['**?', '', false],
    ['**?', 'a/b', true],
    ['**?', 'a/', false],
    ['**a**a**b', 'a/a/b', true],
    ['**a**a**b', 'a/b', false],
    ['**[a/]*b', 'xa/b', true],
    ['[**]', '*', true],
    ['[**]', 'a', false],
    ['\\**', '*a', true],
    ['\\**', '*a/b', false],
    ['\\*\\*', '**', true],
    ['*\\**', 'a*b', true],
    ['*\\**', 'a/*b', false],
    ['**😀', 'a/😀', true],
    ['**?', '😀', true],
    ['***', 'a', undefined],
    ['a/***/b', 'a', undefined],
    ['****', 'a', undefined],
    ['**[', 'a', undefined],
  ]
  for (const [pattern, name, expected] of table) {
    const verdict = expected === undefined ? 'is wrong' : expected ? 'matches' : 'does not match'
    it(`${JSON.stringify(pattern)} ${verdict} (${JSON.stringify(name)})`, () => {
      expect(match(pattern, name, 'two')).to.equal(expected)
    })
  }

  const pieces = fc
    .array(fc.constantFrom('a', 'b', '/', '**', '*', '?', '[ab]', '[^a/]', '[a/]', '\\*', '😀'), {
      maxLength: 8,
    })
    // Two stars side by side are one atom.
    .map((list): string[] => list.join('').match(/\\.|\[.*?\]|\*+|./gsu) ?? [])
    .filter((list) => list.includes('**') && !list.some((piece) => piece.startsWith('***')))
    // Else it is a regular expression.
    .filter((list) => list[0] !== '/' || list.at(-1) !== '/')
  const name = fc.array(fc.constantFrom('a', 'b', '/', '*', '😀'), { maxLength: 8 })

  it('agree with a matcher that tries everything, in rules and in what a token is limited to', () => {
    let matched = 0
    fc.assert(
      fc.property(pieces, name, (list, characters) => {
        const glob = list.join('')
        const text = characters.join('')
        const expected = tryAll(list, characters)
        if (expected) matched += 1
        expect(match(glob, text, 'two'), 'by itself').to.equal(expected)
        const rules = compileRules([{ match: { name: glob }, actions: ['*'] }], { substitution: 'literal' })
        const facts = { account: '', type: 'repository', service: '', ip: undefined, labels: {} }
        const decided = rules.decide({ ...facts, name: text, actions: ['pull'] })
        expect(decided !== undefined, 'in a rule').to.equal(expected)
        const left = allowance([`repository:${glob}:*`])({
          type: 'repository',
          name: text,
          actions: ['pull'],
        })
        expect(left.length > 0, 'in an allowance').to.equal(expected && text !== '')
      }),
      runs(3_000),
    )
    expect(matched).to.be.greaterThan(200)
  })

  it('cost steps that grow with the pattern, not with what could be tried', () => {
    const cost = (glob: string) => stepsOfGlob(parseGlob([glob], 'two') as readonly GlobAtom[])
    expect(cost('team/**')).to.equal(cost('team/*'))
    expect(cost('**a**a**b')).to.be.within(2, 10)
    const many = '**a'.repeat(200)
    expect(cost(many)).to.be.within(200, 800)
    expect(match(`${many}b`, 'a'.repeat(5_000), 'two')).to.equal(false)
  })

  it('leave a request with a hundred scopes within its budget: a thousand rules that can not be looked up', () => {
    const rules = Array.from({ length: 1_000 }, (_, index) => ({
      match: { name: index === 999 ? '**a**a**[b]' : '**a**a**[c]' },
      actions: ['*'],
    }))
    const { judge } = compileRules(rules, { substitution: 'literal' })
    const asked = { account: 'x', type: 'repository', service: '', ip: undefined, labels: {} }
    const steps = judge({ ...asked, name: `${'a/'.repeat(127)}b`, actions: ['pull'] })
    let spent = 0
    let part = steps.next()
    for (; !part.done; part = steps.next()) spent += part.value
    expect(part.value).to.deep.equal({ rule: 'rule 1000', actions: ['pull'] })
    expect(spent).to.be.greaterThan(1_000)
    expect(spent * 100).to.be.lessThan(MOST_STEPS)
  })
})

/** The meaning of a glob, piece by piece, by trying every way. */
function tryAll(pieces: readonly string[], characters: readonly string[]): boolean {
  const [piece, ...rest] = pieces
  if (piece === undefined) return characters.length === 0
  const [character, ...others] = characters
  if (piece === '**') return tryAll(rest, characters) || (character !== undefined && tryAll(pieces, others))
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
    '[a/]': 'a/'.includes(character),
    '[a-c]': 'abc'.includes(character),
    '\\*': character === '*',
    '\\?': character === '?',
    '\\a': character === 'a',
  }
  return (fits[piece] ?? piece === character) && tryAll(rest, others)
}
