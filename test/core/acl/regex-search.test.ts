// Expressions with labels in them, against an oracle that tries each combination of values.
import { expect } from 'chai'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { quote, RegexStore } from '../../../core/acl/regex.ts'
import { type Alternatives, occursIn, searchRegex } from '../../../core/acl/regex-search.ts'
import { atOnce } from '../../../core/contract/steps.ts'
import { runs } from '../../support/properties.ts'

type Values = Readonly<Record<string, Alternatives>>

function search(
  texts: readonly string[],
  labels: readonly string[],
  values: Values,
  subject: string,
): boolean {
  const alternatives = new Map(Object.entries(values))
  return atOnce(searchRegex({ texts, labels }, alternatives, subject, new RegexStore()))
}

function oracle(
  texts: readonly string[],
  labels: readonly string[],
  values: Values,
  subject: string,
): boolean {
  let choices: Record<string, string>[] = [{}]
  for (const label of new Set(labels)) {
    const { literals, expressions } = values[label]!
    const all = [...literals.map(quote), ...expressions]
    choices = choices.flatMap((choice) => all.map((value) => ({ ...choice, [label]: `(?:${value})` })))
  }
  return choices.some((choice) =>
    RE2JS.compile(texts.map((text, index) => text + (choice[labels[index] ?? ''] ?? '')).join('')).test(
      subject,
    ),
  )
}

/** So long that not all values of a label are looked for at a time. */
const LONG = 'x'.repeat(600)

const someValues: fc.Arbitrary<Alternatives> = fc.record({
  literals: fc.array(fc.constantFrom('a', 'b', 'ab', '', '.', `${LONG}a`, `${LONG}b`), { maxLength: 4 }),
  expressions: fc.array(fc.constantFrom('a*', '[ab]', '.', `${LONG}?`), { maxLength: 2 }),
})
const labels = fc.array(fc.constantFrom('g', 'h'), { minLength: 1, maxLength: 3 })
const texts = fc
  .array(fc.constantFrom('', '-', 'a', '.*', '/'), { minLength: 2, maxLength: 2 })
  .chain(([between = '', end = '']) =>
    fc.constantFrom(['^', between, end, '$'], ['', between, end, ''], ['^', between, '', '']),
  )
const subject = fc
  .array(fc.constantFrom('a', 'b', '-', '/', `${LONG}a`, `${LONG}b`), { maxLength: 5 })
  .map((all) => all.join(''))

describe('acl: expressions with labels', () => {
  it('match just when one of all combinations of values does', () => {
    fc.assert(
      fc.property(texts, labels, someValues, someValues, subject, (given, names, g, h, name) => {
        const written = [...given.slice(0, names.length), given[3]!]
        const values = Object.fromEntries(
          Object.entries({ g, h }).filter(([label]) => (names as string[]).includes(label)),
        )
        expect(search(written, names, values, name)).to.equal(oracle(written, names, values, name))
      }),
      runs(150),
    )
  })

  const many = (last: string): Alternatives => ({
    literals: ['1', '2', '3', last].map((end) => LONG + end),
    expressions: [],
  })
  const none: Alternatives = { literals: [], expressions: [] }
  // g has four values in four parts, h others.
  const table: [string, string[], string[], string, boolean][] = [
    ['one value of each', ['^', '-', '$'], ['g', 'h'], `${LONG}2-${LONG}9`, true],
    ['two values of one', ['^', '-', '$'], ['g', 'h'], `${LONG}2-${LONG}4`, false],
    ['one value twice', ['^', '-', '$'], ['g', 'g'], `${LONG}3-${LONG}3`, true],
    ['two values in the places of one', ['^', '-', '$'], ['g', 'g'], `${LONG}3-${LONG}1`, false],
    [
      'one value twice, and another label',
      ['^', '-', '-', '$'],
      ['g', 'h', 'g'],
      `${LONG}4-${LONG}9-${LONG}4`,
      true,
    ],
    ['another value at the end', ['^', '-', '-', '$'], ['g', 'h', 'g'], `${LONG}4-${LONG}9-${LONG}1`, false],
    ['what has no value', ['', ''], ['none'], LONG, false],
    ['what is no expression', ['(', ''], ['g'], `${LONG}1`, false],
  ]
  for (const [name, written, places, text, expected] of table) {
    it(`${expected ? 'match' : 'do not match'} ${name}`, () => {
      const values = { g: many('4'), h: many('9'), none }
      const used = Object.fromEntries(Object.entries(values).filter(([label]) => places.includes(label)))
      expect(search(written, places, used, text)).to.equal(expected)
    })
  }

  const flags: [string, string[], string, boolean][] = [
    ['a', ['^', '$'], 'bab', true],
    ['A', ['^', '$'], 'bab', false],
    ['A', ['(?i)^', '$'], 'bab', true],
    ['a', ['^', '(?i:x)$'], 'BAB', true],
    ['\u212a', ['(?i)', ''], 'k', true],
    ['c', ['(?i)', ''], 'k', false],
    ['A', ['(?:^', ')$'], 'bab', false],
    ['A', ['(?P<n>^', ')$'], 'bab', false],
  ]
  for (const [value, written, text, expected] of flags) {
    it(`${value} ${expected ? 'may be' : 'is not'} in ${text}, by ${written.join('...')}`, () => {
      expect(occursIn(text, written)(value)).to.equal(expected)
    })
  }
})
