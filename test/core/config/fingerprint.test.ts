import { expect } from 'chai'
import fc from 'fast-check'
import { fingerprintOf } from '../../../core/config/fingerprint.ts'
import { Secret } from '../../../core/plugin.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

const ofYaml = (text: string) => {
  const { value, places } = parseYaml(text, 'a.yml', { version: '1.2', base: '/' })
  return fingerprintOf(value, places)
}

describe('the fingerprint of a part of a configuration', () => {
  it('is the same for copies, and another one for what is another value', () => {
    const value = fc.jsonValue()
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(fingerprintOf(structuredClone(one))).to.equal(fingerprintOf(one))
        const same = JSON.stringify(one) === JSON.stringify(other)
        expect(fingerprintOf(one) === fingerprintOf(other)).to.equal(same)
      }),
    )
  })

  const different: readonly (readonly [string, unknown, unknown])[] = [
    ['secrets', new Secret('a'), new Secret('b')],
    ['a secret and its text', new Secret('a'), 'a'],
    ['a secret and what it looks like', new Secret('a'), { secret: 'a' }],
    ['no value and null', undefined, null],
    ['what is left out and null', {}, { a: null }],
    ['numbers that JSON has not', Number.NaN, Number.POSITIVE_INFINITY],
    ['big numbers', 2n ** 70n, 2n ** 70n + 1n],
    ['maps', new Map([['a', 1]]), new Map([['a', 2]])],
    [
      'the order of a map',
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
      new Map([
        ['b', 1],
        ['a', 1],
      ]),
    ],
    ['times', new Date(1), new Date(2)],
    ['addresses', new URL('http://a/'), new URL('http://b/')],
    ['expressions', /a/, /a/i],
    ['lists and maps', ['a'], { 0: 'a' }],
  ]
  for (const [what, one, other] of different) {
    it(`tells ${what} apart`, () => {
      expect(fingerprintOf([one])).to.be.a('string')
      expect(fingerprintOf([one])).not.to.equal(fingerprintOf([other]))
    })
  }

  it('is unknown for what it can’t look into', () => {
    class Own {}
    for (const value of [new Own(), () => 1, { a: [new Own()] }, Symbol('a')])
      expect(fingerprintOf(value)).to.equal(undefined)
  })

  it('tells scalars apart that are written differently, and not where they stand', () => {
    expect(ofYaml('a: 007')).not.to.equal(ofYaml('a: 7'))
    expect(ofYaml('a: 1.10')).not.to.equal(ofYaml('a: 1.1'))
    expect(ofYaml('a: yes')).not.to.equal(ofYaml('a: true'))
    expect(ofYaml('# a comment\n\na:   [1,\n 2]')).to.equal(ofYaml('{ "a": [ 1, 2 ] }'))
  })
})
