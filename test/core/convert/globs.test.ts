// `**`, captures and labels: docker_auth's patterns in the words of the native form.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules } from '../../../core/acl/ruleset.ts'
import { isSameAsLiteral, rewriteRules, singleStars } from '../../../core/convert/globs.ts'
import { toLabels } from '../../../core/plugin.ts'
import { runs } from '../../support/properties.ts'

describe('singleStars', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ['team/**', 'team/*'],
    ['**', '*'],
    ['a/***/b**', 'a/*/b*'],
    ['${account}/**', '${account}/*'],
    ['${labels:a**b}/**', '${labels:a**b}/*'],
    ['[**]x**', '[**]x*'],
    ['[^*]**', '[^*]*'],
    [String.raw`\**`, String.raw`\**`],
    [String.raw`\***`, String.raw`\**`],
    [String.raw`[\]**]**`, String.raw`[\]**]*`],
    ['/a**/', '/a**/'],
    ['[a**', '[a**'],
    // With a value that ends in a slash this is an expression.
    ['/a**${labels:g}', '/a**${labels:g}'],
    ['team/*', 'team/*'],
    ['', ''],
  ]
  for (const [pattern, expected] of CASES)
    it(`writes ${JSON.stringify(pattern)} as ${JSON.stringify(expected)}`, () => {
      expect(singleStars(pattern)).to.equal(expected)
    })
})

describe('isSameAsLiteral', () => {
  for (const pattern of ['', 'a', 'team/*', '${account}/*', 'x-${name}', '/^a.*$/', '[a-z]*', '{labels:a}'])
    it(`holds for ${JSON.stringify(pattern)}`, () => {
      expect(isSameAsLiteral(pattern)).to.equal(true)
    })
  for (const pattern of [
    'team/**',
    'a[',
    '${x}',
    '${labels:g}/*',
    '${account:1}/*',
    '${Account:1}/x',
    '${account}',
    '/${account}/',
    '/a${account}',
    '[${account}]x',
    String.raw`\${account}/x`,
  ])
    it(`does not hold for ${JSON.stringify(pattern)}`, () => {
      expect(isSameAsLiteral(pattern)).to.equal(false)
    })
})

describe('rewritten rules', () => {
  const piece = fc.constantFrom(
    ...[
      '*',
      '**',
      '***',
      '?',
      '/',
      'a',
      'b',
      'team',
      '[ab]',
      '[*]',
      '[^/]',
      String.raw`\*`,
      String.raw`\\`,
      '[',
    ],
    ...['${account}', '${name}', '${labels:g}', '${account:1}', '${x}', '{a}', '$', '.', '(a)', '+'],
  )
  const pattern = fc.oneof(
    { weight: 4, arbitrary: fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')) },
    { weight: 1, arbitrary: fc.constantFrom('/^(a+)$/', '/a|b/', '/${account}/', '/.+/', '//', '/a**/') },
  )
  const text = fc.array(fc.constantFrom('a', 'b', '/', 'team', '*', '\\', '[', '.', '$'), { maxLength: 6 })
  const word = text.map((parts) => parts.join(''))

  it('decide as docker_auth does', () => {
    const property = fc.property(
      fc.record({ account: pattern, name: pattern }),
      fc.array(fc.record({ account: word, name: word, label: word }), { minLength: 1, maxLength: 20 }),
      (match, requests) => {
        const before: Options = { rules: [{ match, actions: ['*'] }], substitution: 'pattern' }
        const after = structuredClone(before)
        rewriteRules(after)
        expect(decisionsOf(after, requests)).to.deep.equal(decisionsOf(before, requests))
      },
    )
    fc.assert(property, runs(300))
  })
})

interface Options {
  readonly rules: readonly Rule[]
  readonly substitution?: 'literal' | 'pattern'
}

/** What is granted each time; what is wrong with the rules, when they can't be used. */
function decisionsOf(
  { rules, substitution = 'literal' }: Options,
  requests: readonly { account: string; name: string; label: string }[],
): unknown {
  try {
    const set = compileRules(rules, { substitution })
    return requests.map(({ account, name, label }) => {
      const labels = toLabels({ g: [label] })
      const facts = {
        account,
        name,
        type: 'repository',
        service: '',
        ip: undefined,
        actions: ['pull'],
        labels,
      }
      return set.decide(facts)?.actions
    })
  } catch (error) {
    return (error as Error).message
  }
}
