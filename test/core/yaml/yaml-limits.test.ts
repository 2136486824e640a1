import { expect } from 'chai'
import fc from 'fast-check'
import { formatProblem } from '../../../core/yaml/problems.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'
import { runs, timeFor } from '../../support/properties.ts'

type Version = '1.1' | '1.2'
const BOTH: readonly Version[] = ['1.1', '1.2']

function parse(text: string, version: Version) {
  const { value, problems, warnings } = parseYaml(text, 'f', { version, base: '/nowhere' })
  return { value, problems: problems.map(formatProblem), warnings: warnings.map(formatProblem) }
}

describe('a YAML file that is out of bounds', function () {
  this.timeout(timeFor(30_000))
  const laughs = [...'bcdefghi'].map(
    (name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`)}]\n`,
  )
  const bombs: [string, string, string][] = [
    [
      'a billion values from ten aliases each',
      `a: &a [x]\n${laughs.join('')}`,
      'aliases make more than 500,000 values',
    ],
    [
      'two entries each in maps',
      `x:\n- &a0 {}\n${levels(60, (n) => `- &a${n + 1} {l: *a${n}, r: *a${n}}\n`)}`,
      'aliases make more',
    ],
    [
      'merged bombs',
      `x:\n- &a0 {k: v}\n${levels(17, (n) => `- &a${n + 1} {l: *a${n}, r: *a${n}}\n`)}- {<<: *a17}\n- {<<: [*a17, *a17]}`,
      'aliases make more',
    ],
    ['lists in lists', '['.repeat(100_000), 'f:1:101: '],
    ['closed lists in lists', '['.repeat(100_000) + ']'.repeat(100_000), 'f:1:101: '],
    ['maps in maps', '{a: '.repeat(100_000), 'is nested deeper than 100 levels'],
    ['block lists', '- '.repeat(100_000), 'is nested deeper than 100 levels'],
    ['complex keys', '? '.repeat(100_000), 'a key must be plain text'],
    [
      'nesting by aliases',
      `x:\n- &a0 [x]\n${levels(10_000, (n) => `- &a${n + 1} [*a${n}]\n`)}`,
      'is nested deeper than 100 levels',
    ],
    ['200,000 aliases to nothing', `[${'*x, '.repeat(200_000)}]`, 'there is no anchor &x'],
    ['unknown tags', `[${'!foo a, '.repeat(100_000)}]`, 'there is no tag !foo'],
    ['closing brackets', ']'.repeat(100_000), 'Unexpected flow-seq-end'],
  ]
  for (const [name, text, problem] of bombs) {
    it(`ends soon with a clear error: ${name}`, () => {
      const { problems, value } = parse(text, '1.2')
      expect(problems.join('\n')).to.contain(problem)
      expect(problems).to.have.length.within(1, 1_001)
      if (!name.includes('keys')) expect(value).to.equal(undefined)
    })
  }

  it('is not one with many aliases, or a nesting that someone may write', () => {
    const { value, problems } = parse(`x: &x pull\ny: [${'*x, '.repeat(200_000)}]`, '1.1')
    expect(problems).to.deep.equal([])
    expect((value as { y: string[] }).y).to.have.length(200_000)
    const rules = parse(
      `x: &x {match: {account: a}, actions: [pull]}\nacl: [${'*x, '.repeat(50_000)}]`,
      '1.1',
    )
    expect(rules.problems).to.deep.equal([])
    expect(parse('['.repeat(100) + ']'.repeat(100), '1.2').problems).to.deep.equal([])
  })

  function levels(count: number, line: (level: number) => string): string {
    return Array.from({ length: count }, (_, level) => line(level)).join('')
  }
})

describe('any YAML text', () => {
  const words = [
    'a',
    '"b"',
    '&x ',
    '*x',
    '*y ',
    ': ',
    ':',
    '? ',
    '- ',
    '\n',
    '\n  ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '<<',
    '~',
    'null',
    '!env A',
    '!!str ',
    '!t ',
    '!!set ',
    '!!binary ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '|\n  ',
    '#',
    '"\\uD800"',
    '\uFEFF',
    '1',
    '2001-01-01',
    '\r',
    '\t',
    '\0',
  ]
  const text = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )

  it('gives a value or problems at their places, and never throws', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...BOTH), (written, version) => {
        const { value, problems } = parseYaml(written, 'f', { version, base: '/nowhere' })
        const ends = written.split(/\r\n?|\n/)
        for (const { line, column } of problems) {
          expect(line).to.be.within(1, ends.length)
          expect(column).to.be.within(1, (ends[line - 1]?.length ?? 0) + 2)
        }
        expect(value !== undefined || problems.length > 0).to.equal(true)
      }),
      runs(3_000),
    )
  })

  it('never loses a scalar that stands there', () => {
    const scalar = fc.constantFrom(
      'a',
      '*x',
      '*y',
      '"q"',
      '&x b',
      '!!str c',
      '!env NOT_SET_HERE',
      '007',
      'yes',
      "''",
      '*',
    )
    const list = fc.array(scalar, { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(list, fc.constantFrom(...BOTH), (scalars, version) => {
        for (const written of [`[${scalars.join(' , ')}]`, scalars.map((held) => `- ${held}\n`).join('')]) {
          const { value, problems } = parseYaml(written, 'f', { version, base: '/nowhere' })
          if (value === undefined) expect(problems).to.not.deep.equal([])
          else {
            expect(value).to.have.length(scalars.length)
            for (const held of value as unknown[]) expect(held ?? undefined).to.not.equal(undefined)
          }
        }
      }),
    )
  })
})
