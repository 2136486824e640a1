// Texts made of patterns: enough of them match.
import { expect } from 'chai'
import { compileRegex } from '../../../core/acl/regex.ts'
import { contains, parseAddress, parseNetwork } from '../../../core/plugin.ts'
import { insideOf, outsideOf } from '../../../core/policy/addresses.ts'
import { Random } from '../../../core/policy/random.ts'
import { RegexTexts } from '../../../core/policy/regex-text.ts'

describe('texts that a regular expression may match', () => {
  const EXPRESSIONS = [
    '^a$',
    'a|bc|',
    '^(?:red|blue)+/[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    '(?i)^Team-(\\d+)$',
    '(?P<team>x+)(?<rest>y?)',
    '^[^/]+/[[:alpha:]_]{2,4}$',
    '^\\Qa+b\\E\\.c\\x2f\\x{41}$',
    '\\bword\\b',
    '^\\pL\\p{Lu}\\w\\W\\D\\S$',
    '[]a]x',
    '[a\\-z]+?',
    '^a{3}b{2,}c{0,1}$',
    '(?s:a.b)',
    '^.+@.+$',
    '\\A[\\d.]+\\z',
    '^[a-]$',
    '^é[à-ü]$',
  ]
  for (const expression of EXPRESSIONS) {
    it(`${expression}: each of them`, () => {
      const compiled = compileRegex(expression)
      if (typeof compiled === 'string') throw new Error(compiled)
      const texts = new RegexTexts(expression)
      const random = new Random(1)
      for (let times = 0; times < 50; times += 1) {
        const text = texts.make(random)
        expect(compiled.test(text), JSON.stringify(text)).to.equal(true)
      }
    })
  }
})

describe('addresses of a network', () => {
  for (const network of [
    '10.0.0.0/8',
    '192.0.2.77/32',
    '192.0.2.77/30',
    '0.0.0.0/0',
    '2001:db8::/33',
    '::/0',
    '::1',
  ]) {
    it(`${network}: inside and just outside`, () => {
      const parsed = parseNetwork(network)!
      expect(insideOf(parsed)).to.not.deep.equal([])
      for (const ip of insideOf(parsed)) expect(contains(parsed, parseAddress(ip)!), ip).to.equal(true)
      for (const ip of outsideOf(parsed)) expect(contains(parsed, parseAddress(ip)!), ip).to.equal(false)
      expect(outsideOf(parsed)).to.have.length(parsed.bits === 0 ? 0 : 2)
    })
  }
})
