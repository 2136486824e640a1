// The index finds the rule that asking one rule after the other finds, whatever it looks them up by.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Facts } from '../../../core/acl/facts.ts'
import {
  type AclProblem,
  type CompiledRule,
  compileRule,
  newRuleContext,
  type Rule,
} from '../../../core/acl/rule.ts'
import { RuleIndex } from '../../../core/acl/rule-index.ts'
import { atOnce, MOST_STEPS } from '../../../core/contract/steps.ts'
import { runs, timeFor } from '../../support/properties.ts'

const WORDS = [
  'a',
  'b',
  'ab',
  'a/b',
  'b/',
  '/a',
  'ab-',
  'abab',
  'a.b',
  '.',
  '\u{1F40B}',
  'constructor',
] as const
const word = fc.constantFrom(...WORDS)
const rest = fc.constantFrom(
  '*',
  '**',
  '?',
  '[ab]',
  '[^a]',
  '\\*',
  '${account}',
  '${name}',
  '${labels:g}',
  '${account:1}',
)
const glob = fc
  .array(fc.oneof({ weight: 3, arbitrary: word }, rest), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))
const piece = fc.constantFrom(
  '.',
  '.*',
  '[ab]',
  'a?',
  'b*',
  '(a|b)',
  '(?:ab)+',
  'x|',
  '(?i)',
  '\\.',
  '\\/',
  '${account}',
  '${labels:g}',
  '${account:1}',
  '{2}',
)
const expression = fc
  .tuple(
    fc.constantFrom('^', '', '^(', '^(a|b)'),
    fc.array(fc.oneof({ weight: 3, arbitrary: word }, piece), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('$', '', ')$', '.*$'),
  )
  .map(([begin, parts, end]) => `/${begin}${parts.join('')}${end}/`)
const pattern = fc.oneof(
  { weight: 2, arbitrary: word },
  { weight: 3, arbitrary: glob },
  { weight: 2, arbitrary: expression },
)
const network = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.0/8',
  '10.1.0.0/15',
  '0.0.0.0/0',
  '::1',
  'fd00::/8',
  '::ffff:10.0.0.0/104',
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

const anyMatch = fc
  .record({
    account: maybe(pattern),
    type: maybe(fc.constantFrom('repository', 'r*', '*y', '/^re/')),
    name: maybe(pattern),
    service: maybe(fc.constantFrom('reg', '*g', '/e/')),
    ip: maybe(network),
    labels: maybe(fc.dictionary(fc.constantFrom('g', 'h', 'constructor'), pattern, { maxKeys: 2 })),
  })
  .map((match) => Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined)))
const text = fc.array(word, { maxLength: 4 }).map((parts) => parts.join(''))
/** What means more than itself where it becomes part of a pattern. */
const oddText = fc.constantFrom('*', 'a*', '[ab]', '[', 'a]', '\\', '?', '/', '/a', 'b|', '(')
const anyFacts: fc.Arbitrary<Facts> = fc.record({
  account: fc.oneof({ weight: 9, arbitrary: text }, oddText),
  type: fc.constantFrom('repository', 'registry'),
  name: text,
  service: fc.constantFrom('reg', 'notary', ''),
  ip: fc.constantFrom(undefined, '10.0.0.1', '10.1.2.3', '::ffff:10.0.0.1', '::1', 'fd00::7', 'nonsense'),
  labels: fc.dictionary(
    fc.constantFrom('g', 'h', 'x'),
    fc.array(fc.oneof({ weight: 4, arbitrary: text }, oddText), { maxLength: 3 }),
    { maxKeys: 2 },
  ),
  actions: fc.constant(['pull']),
})

/** Many that are alike in one thing, so that they are told apart by another. */
const CROWDS: readonly ((index: number) => Rule['match'])[] = [
  (index) => ({ name: `*/other${index}` }),
  (index) => ({ name: `?other${index}*` }),
  (index) => ({ name: '*', labels: { g: `other${index}` } }),
  (index) => ({ account: 'a*', ip: `10.9.${index}.0/24` }),
  (index) => ({ account: `*@other${index}`, type: 'repository' }),
  (index) => ({ name: `/other${index}/` }),
  (index) => ({ name: `\${labels:g}/other${index}` }),
]

describe('acl: the index of rules', function () {
  this.timeout(timeFor(30_000))

  for (const substitution of ['literal', 'pattern'] as const) {
    it(`answers as asking rule by rule does: ${substitution}`, () => {
      let found = 0
      fc.assert(
        fc.property(
          fc.array(anyMatch, { minLength: 1, maxLength: 40 }),
          fc.nat(6),
          fc.array(anyFacts, { minLength: 8, maxLength: 8 }),
          (matches, crowd, all) => {
            const others = Array.from({ length: 70 }, (_, index) => CROWDS[crowd]!(index))
            const rules = compiled([...others, ...matches], substitution)
            const index = atOnce(RuleIndex.of(rules))
            for (const facts of all) {
              const expected = rules.find((rule) => holds(rule, facts))
              const actual = atOnce(
                index.find(facts, () => true),
                MOST_STEPS,
              )
              expect(actual?.name).to.equal(expected?.name)
              found += actual ? 1 : 0
            }
          },
        ),
        runs(300),
      )
      expect(found).to.be.above(500)
    })
  }

  for (const [name, match] of Object.entries<(index: number) => Rule['match']>({
    'the end of a name': (index) => ({ name: `*/other${index}` }),
    'a text within a name': (index) => ({ name: `*-other${index}-*` }),
    'a beginning within a part': (index) => ({ name: `team/other${index}-*` }),
    'many accounts in one namespace': (index) => ({ account: `other${index}`, name: 'team/*' }),
    'many namespaces of one account': (index) => ({ account: 'ann', name: `other${index}/*` }),
    'a variable and a text': (index) => ({ name: `\${account}/other${index}` }),
    'a label': (index) => ({ labels: { g: `other${index}` } }),
    'labels of many names': (index) => ({ labels: { [`g${index}`]: '*' } }),
    'a network': (index) => ({ ip: `10.${index >> 8}.${index & 255}.0/24` }),
    'a service': (index) => ({ service: `other${index}.*` }),
    'an expression that begins with a class': (index) => ({ name: `/^[a-z]-other${index}-x+$/` }),
    'an expression with a variable': (index) => ({ name: `/^\${account}\\/other${index}$/` }),
    'a text behind a label': (index) => ({ name: `\${labels:g}/other${index}` }),
    'a text behind a capture': (index) => ({ account: '/(.*)/', name: `\${account:1}-other${index}/*` }),
    'an expression of an end': (index) => ({ account: `/@other${index}$/` }),
  })) {
    it(`asks few of a thousand rules that are told apart by ${name}`, () => {
      for (const substitution of ['literal', 'pattern'] as const) {
        const rules = compiled(
          [...Array.from({ length: 1_000 }, (_, index) => match(index)), { account: 'ann' }],
          substitution,
        )
        let asked = 0
        const counting = rules.map((rule) => ({
          ...rule,
          name: rule.name,
          matches(facts: Facts) {
            asked += 1
            return rule.matches(facts)
          },
        }))
        const index = atOnce(RuleIndex.of(counting))
        expect(atOnce(index.find(FACTS, () => true))?.name).to.equal('rule 1001')
        expect(asked).to.be.at.most(20)
      }
    })
  }

  it('counts what it looks up: an account may have thousands of values', () => {
    const matches = Array.from({ length: 100 }, (_, index) => ({ labels: { g: `other${index}-*` } }))
    const index = atOnce(RuleIndex.of(compiled(matches, 'literal')))
    const costs = (values: number) => {
      const g = Array.from({ length: values }, (_, number) => `a value ${number}`)
      const steps = index.find({ ...FACTS, labels: { g } }, () => true)
      let sum = 0
      for (let part = steps.next(); !part.done; part = steps.next()) sum += part.value
      return sum
    }
    expect(costs(10)).to.be.below(10)
    expect(costs(5_000)).to.be.above(500)
  })
})

const FACTS: Facts = {
  account: 'ann',
  type: 'repository',
  name: 'team/app/x',
  service: 'reg',
  ip: '192.0.2.1',
  labels: { g: ['dev'] },
  actions: ['pull'],
}

/** Those that can be compiled. */
function compiled(matches: readonly Rule['match'][], substitution: 'literal' | 'pattern'): CompiledRule[] {
  const context = newRuleContext(substitution, substitution === 'literal' ? 'two' : 'one')
  return matches.flatMap((match, index) => {
    const problems: AclProblem[] = []
    const rule = compileRule({ match, actions: ['*'] }, index, context, problems)
    return problems.some(({ severity }) => severity === 'error') ? [] : [rule]
  })
}

function holds(rule: CompiledRule, facts: Facts): boolean {
  const matched = rule.matches(facts)
  return typeof matched === 'boolean' ? matched : atOnce(matched, MOST_STEPS)
}
