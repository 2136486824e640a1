import { expect } from 'chai'
import fc from 'fast-check'
import { type Labels, mergeLabels, NO_LABELS, toLabels } from '../../../core/plugin.ts'

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString'))
const labels: fc.Arbitrary<Labels> = fc
  .array(fc.tuple(name, fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 4 })))
  .map((entries) => toLabels(Object.fromEntries(entries)))

describe('toLabels', () => {
  const cases: [unknown, object][] = [
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ group: 'dev' }, { group: ['dev'] }],
    [{ group: ['dev', 'ops'], site: null, team: undefined }, { group: ['dev', 'ops'] }],
    [{ group: [] }, { group: [] }],
    [{ group: '' }, { group: [''] }],
  ]
  for (const [given, expected] of cases) {
    it(`reads ${JSON.stringify(given)}`, () => {
      expect({ ...toLabels(given) }).to.deep.equal(expected)
    })
  }

  for (const given of [
    'dev',
    7,
    true,
    ['dev'],
    { group: 7 },
    { group: ['dev', 7] },
    { group: { a: 'b' } },
    { group: [null] },
  ]) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(() => toLabels(given)).to.throw(TypeError, /must be/)
    })
  }

  it('leaves null out of a list where somebody is told so', () => {
    const told: string[] = []
    const given = { group: ['dev', null, 'ops', null], site: [null], team: ['a'] }
    expect({ ...toLabels(given, (label) => told.push(label)) }).to.deep.equal({
      group: ['dev', 'ops'],
      site: [],
      team: ['a'],
    })
    expect(told).to.deep.equal(['group', 'site'])
    expect(() => toLabels({ group: ['dev', undefined] }, () => {})).to.throw(TypeError)
  })

  it('names the label that is wrong, and does not show its value', () => {
    expect(() => toLabels({ ok: 'x', 'bad\n': { token: 'hunter2' } }))
      .to.throw('"bad\\n"')
      .and.not.match(/hunter2/)
  })

  it('takes names of the object prototype for names like any other', () => {
    const read = toLabels(JSON.parse('{"__proto__": ["a"], "constructor": "b"}'))
    expect(Object.entries(read)).to.deep.equal([
      ['__proto__', ['a']],
      ['constructor', ['b']],
    ])
    expect(toLabels({ group: 'a' }).toString).to.equal(undefined)
  })

  it('keeps nothing in common with what it was given', () => {
    const given = { group: ['dev'] }
    const read = toLabels(given)
    given.group.push('admin')
    expect(read.group).to.deep.equal(['dev'])
    expect(Object.isFrozen(read) && Object.isFrozen(read.group)).to.equal(true)
  })
})

describe('mergeLabels', () => {
  it('gives for each name the union of the values, each once, in the order given', () => {
    fc.assert(
      fc.property(fc.array(labels, { maxLength: 4 }), (all) => {
        const merged = mergeLabels(...all)
        const names = new Set(all.flatMap((one) => Object.keys(one)))
        expect(new Set(Object.keys(merged))).to.deep.equal(names)
        for (const each of names) {
          const values = all.flatMap((one) => one[each] ?? [])
          expect(merged[each]).to.deep.equal(values.filter((value, index) => values.indexOf(value) === index))
        }
      }),
    )
  })

  it('changes none of its arguments, and gives frozen labels', () => {
    const [one, other] = [{ group: ['a'] }, { group: ['b'] }]
    const merged = mergeLabels(one, other)
    expect([one, other]).to.deep.equal([{ group: ['a'] }, { group: ['b'] }])
    expect(Object.isFrozen(merged) && Object.isFrozen(merged.group)).to.equal(true)
    expect(mergeLabels()).to.deep.equal(NO_LABELS)
  })
})
