// Loops of expressions are counted: what they give stays the same, and what would take too long is an error, never an answer.
import { Environment } from '@marcbachmann/cel-js'
import { expect } from 'chai'
import fc from 'fast-check'
import { MOST_ROUNDS } from '../../../core/cel/rounds.ts'
import { evaluateIfThere, expression } from '../../../core/plugin.ts'

const labelled = expression({ variables: { labels: 'map<string, list<string>>', text: 'string' } })
const list = (length: number, prefix = 'v') => Array.from({ length }, (_, index) => `${prefix}${index}`)
const evaluate = (source: string, labels: Record<string, string[]>, text = '') =>
  labelled.parse(source).evaluate({ labels, text })

describe('the loops of an expression', () => {
  const same = [
    'labels.a.exists(x, x == "v1")',
    'labels.a.exists( x , (x == "v9") || (x == "v1,") || x=="v2" )',
    'labels.a.all(x, x.startsWith("v")) && !labels.a.all(x, x == "v1")',
    'labels.a.exists_one(x, x == "v1" || x == "v2")',
    'labels.a.exists_one(x, x == "v1" ? true : false)',
    'labels.a.filter(x, x in labels.b || x == "v0")',
    'labels.a.map(x, x + ")")',
    'labels.a.map(x, x != "v1", "(" + x)',
    'labels.a.map(x, (x != "v1" || false), (x))',
    'labels.a.map(x, x in ["v1", "v2"], [x, "a,b"]).map(y, y[0])',
    '(labels.a).filter(x, labels.b.exists(y, y == x)).map(z, z + z)',
    'labels.a.exists(x, // a comment, with (commas)\n x == "v2")',
    'labels.a.all(x, labels.b.all(y, x != y || labels.a.exists(z, z == y)))',
    '"exists(x, y)" in labels.a || size(labels.a.map(x, labels.b.filter(y, y == x))) == 3',
    'labels.a.exists(tick, tick == "v1")',
  ]
  for (const source of same) {
    it(`give what they give: ${source}`, () => {
      const values = { a: list(3), b: ['v1', 'v2', 'w'] }
      const plain = new Environment({ homogeneousAggregateLiterals: false })
      plain.registerVariable('labels', { type: 'map<string, list<string>>' })
      const labels = new Map(Object.entries(values))
      expect(evaluate(source, values)).to.deep.equal(plain.evaluate(source, { labels }))
    })
  }

  it('give what they give, for lists of any values', () => {
    const values = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 6 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(
          evaluate('labels.a.filter(x, labels.b.exists(y, x == y) && x != "d")', { a, b }),
        ).to.deep.equal(a.filter((x) => b.includes(x) && x !== 'd'))
        expect(evaluate('labels.a.all(x, labels.b.exists(y, x == y))', { a, b })).to.equal(
          a.every((x) => b.includes(x)),
        )
      }),
    )
  })

  const large: [string, string][] = [
    ['a loop in a loop', 'labels.a.exists(x, labels.b.exists(y, x == y))'],
    ['a loop in a loop of all', '!labels.a.all(x, labels.b.all(y, x != y))'],
    ['a map of maps', 'size(labels.a.map(x, labels.b.map(y, y))) > 0'],
    ['a map of filters, with a condition', 'size(labels.a.map(x, true, labels.b.filter(y, y == x))) > 0'],
    ['one that must exist once', 'labels.a.exists_one(x, labels.b.exists_one(y, x == y))'],
    ['a loop behind an or', 'labels.a.exists(x, x == "" || labels.b.exists(y, x == y))'],
    ['loops four deep', 'labels.c.all(x, labels.c.all(y, labels.c.all(z, labels.c.all(w, w == w))))'],
    ['patterns of their own', 'labels.a.exists(x, text.matches("^" + x + "$"))'],
    ['matches of a long text', 'labels.a.exists(x, text.matches("q.*z"))'],
  ]
  for (const [what, source] of large) {
    it(`are an error when they are too many: ${what}`, () => {
      const labels = { a: list(2_000), b: list(2_000, 'w'), c: list(50) }
      const values = { labels, text: 'x'.repeat(20_000) }
      expect(() => labelled.parse(source).evaluate(values)).to.throw(
        `through its loops more than ${MOST_ROUNDS} times`,
      )
      expect(() => evaluateIfThere(labelled.parse(source), values)).to.throw('loops')
    })
  }

  it('are an error when each round goes through a long list', () => {
    const labels = { a: list(20_000), b: list(20_000, 'w') }
    expect(() => evaluate('size(labels.a.filter(x, x in labels.b)) == 0', labels)).to.throw('loops')
    expect(evaluate('size(labels.a.filter(x, x in ["v1", "v2"])) == 2', labels)).to.equal(true)
    expect(evaluate('labels.a.exists(x, x == "v19999")', labels)).to.equal(true)
  })

  it('are counted anew for each evaluation', () => {
    const condition = labelled.parse('labels.a.exists(x, x == "none")')
    for (let round = 0; round < 10; round += 1) {
      expect(condition.evaluate({ labels: { a: list(50_000) }, text: '' })).to.equal(false)
    }
  })

  it('are counted with a function that no expression can call', () => {
    expect(labelled.safeParse('tick()').success).to.equal(false)
  })
})
