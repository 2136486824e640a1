// What docker_auth's own tests ask of its ACL, as a table: which rule matches what, and which rule is refused.
import { expect } from 'chai'
import type { Facts } from '../../../core/acl/facts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { checkRules, compileRules } from '../../../core/acl/ruleset.ts'
import { toLabels } from '../../../core/plugin.ts'

const plain = { account: 'foo', type: 'bar', name: 'baz', service: 'notary' }
const admin = { ...plain, labels: { group: ['admins', 'VIP'] } }
const member = { ...plain, labels: { group: ['admins', 'VIP'], project: ['api', 'frontend'] } }
const TEST_COM = { account: String.raw`/^(.+)@test\.com$/` }
const TWO_PARTS = { account: String.raw`/^(.+)@(.+?).test\.com$/` }

interface Given extends Partial<Omit<Facts, 'labels'>> {
  readonly labels?: Record<string, string[]>
}

const MATCHING: [what: string, match: Rule['match'], given: Given, matches: boolean][] = [
  ['no condition', {}, plain, true],
  ['the account', { account: 'foo' }, plain, true],
  ['account and type', { account: 'foo', type: 'bar' }, plain, true],
  ['another type', { account: 'foo', type: 'baz' }, plain, false],
  ['globs and a regex that finds', { account: 'fo?', type: 'b*', name: '/z$/' }, plain, true],
  ['globs and a regex that finds nothing', { account: 'fo?', type: 'b*', name: '/^z/' }, plain, false],
  ['service and type', { service: 'notary', type: 'bar' }, plain, true],
  ['service and another type', { service: 'notary', type: 'baz' }, plain, false],
  ['another service', { service: 'notary1', type: 'bar' }, plain, false],
  ['a variable', { name: '${account}' }, { account: 'foo', name: 'foo' }, true],
  ['a variable in a regex', { name: '/${account}_.*/' }, { account: 'foo', name: 'foo_x' }, true],
  [
    'a variable whose text looks like a regex',
    { name: '/${account}_.*/' },
    { account: '.*', name: 'foo_x' },
    false,
  ],
  [
    'a capture',
    { ...TEST_COM, name: '${account:1}/*' },
    { account: 'john.smith@test.com', name: 'john.smith/test' },
    true,
  ],
  [
    'two captures',
    { ...TWO_PARTS, name: '${account:1}-${account:2}/*' },
    { account: 'john.smith@it.test.com', name: 'john.smith-it/test' },
    true,
  ],
  ['an address, without one', { ip: '127.0.0.1' }, {}, false],
  ['an address', { ip: '127.0.0.1' }, { ip: '127.0.0.1' }, true],
  ['an address, from the next one', { ip: '127.0.0.1' }, { ip: '127.0.0.2' }, false],
  ['the next address', { ip: '127.0.0.2' }, { ip: '127.0.0.1' }, false],
  ['a network, from its first address', { ip: '127.0.0.0/8' }, { ip: '127.0.0.1' }, true],
  ['a network, from another one', { ip: '127.0.0.0/8' }, { ip: '127.0.0.2' }, true],
  ['an IPv6 address, without one', { ip: '2001:db8::1' }, {}, false],
  ['an IPv6 address', { ip: '2001:db8::1' }, { ip: '2001:db8::1' }, true],
  ['an IPv6 address, from the next one', { ip: '2001:db8::1' }, { ip: '2001:db8::2' }, false],
  ['the next IPv6 address', { ip: '2001:db8::2' }, { ip: '2001:db8::1' }, false],
  ['an IPv6 network', { ip: '2001:db8::/48' }, { ip: '2001:db8::1' }, true],
  ['an IPv6 network, from another address', { ip: '2001:db8::/48' }, { ip: '2001:db8::2' }, true],
  ['a label, without labels', { labels: { foo: 'bar' } }, plain, false],
  ['a label, with other labels', { labels: { foo: 'bar' } }, admin, false],
  ['a label', { labels: { group: 'admins' } }, admin, true],
  ['two labels of which one is missing', { labels: { foo: 'bar', group: 'admins' } }, admin, false],
  ["a label's second value", { labels: { group: 'VIP' } }, admin, true],
  ['a glob on a label', { labels: { group: 'a*' } }, admin, true],
  ['a regex on a label', { labels: { group: '/(admins|VIP)/' } }, admin, true],
  ['a label in the name, without labels', { name: '${labels:group}/*' }, plain, false],
  ['a missing label in the name', { name: '${labels:noexist}/*' }, admin, false],
  ['a label in the name', { name: '${labels:group}/*' }, { ...admin, name: 'admins/foo' }, true],
  [
    'a missing label, with a name that others match',
    { name: '${labels:noexist}/*' },
    { ...admin, name: 'admins/foo' },
    false,
  ],
  [
    'two labels in the name',
    { name: '${labels:group}/${labels:project}' },
    { ...member, name: 'VIP/api' },
    true,
  ],
  [
    'a label and a missing one',
    { name: '${labels:group}/${labels:noexist}' },
    { ...member, name: 'VIP/api' },
    false,
  ],
  [
    'two labels, one with another value',
    { name: '${labels:group}/${labels:project}' },
    { ...member, name: 'devs/api' },
    false,
  ],
]

const REGEX = /no valid regular expression/
const NETWORK = /neither an address nor a network/
const VALIDITY: [match: Rule['match'], fault: RegExp | undefined][] = [
  ...(['account', 'type', 'name', 'service'] as const).flatMap(
    (field): [Rule['match'], RegExp | undefined][] => [
      [{ [field]: 'foo' }, undefined],
      [{ [field]: 'foo?*' }, undefined],
      [{ [field]: '/foo.*/' }, undefined],
      [{ [field]: '/foo?*/' }, REGEX],
    ],
  ),
  [{}, undefined],
  [{ ip: '192.168.0.1' }, undefined],
  [{ ip: '192.168.0.0/16' }, undefined],
  [{ ip: '2001:db8::1' }, undefined],
  [{ ip: '2001:db8::/48' }, undefined],
  [{ labels: { foo: 'bar' } }, undefined],
  [{ ip: '192.168.0.1/100' }, NETWORK],
  [{ ip: '192.168.0.*' }, NETWORK],
  [{ ip: 'foo' }, NETWORK],
  [{ ip: '2001:db8::/222' }, NETWORK],
  [{ labels: { foo: '/bar?*/' } }, REGEX],
]

for (const substitution of ['literal', 'pattern'] as const) {
  describe(`acl: docker_auth's table, substitution: ${substitution}`, () => {
    for (const [what, match, given, matches] of MATCHING) {
      it(`${what} ${matches ? 'matches' : 'does not match'}`, () => {
        const rules = compileRules([{ match, actions: ['*'] }], { substitution })
        const facts = {
          account: '',
          type: '',
          name: '',
          service: '',
          ip: undefined,
          actions: ['pull'],
          ...given,
        }
        const decision = rules.decide({ ...facts, labels: toLabels(given.labels) })
        expect(decision?.actions).to.deep.equal(matches ? ['pull'] : undefined)
      })
    }
    for (const [match, fault] of VALIDITY) {
      it(`${fault ? 'refuses' : 'takes'} ${JSON.stringify(match)}`, () => {
        const messages = checkRules([{ match, actions: [] }], { substitution }).map(({ message }) => message)
        if (fault) expect(messages.join()).to.match(fault)
        else expect(messages).to.deep.equal([])
      })
    }
  })
}

describe("acl: docker_auth's table, a capture of a group that is not there", () => {
  const rules: Rule[] = [{ match: { ...TEST_COM, name: '${account:3}/*' }, actions: ['*'] }]
  const facts = { account: 'john.smith@test.com', type: '', name: 'john.smith/test', service: '' }

  it('never matches with substitution: pattern, and is warned of', () => {
    const compiled = compileRules(rules, { substitution: 'pattern' })
    expect(compiled.decide({ ...facts, ip: undefined, labels: {}, actions: ['pull'] })).to.equal(undefined)
    expect(compiled.warnings.map(({ path }) => path)).to.deep.equal([[0, 'match', 'name']])
  })

  it('is refused with substitution: literal', () => {
    expect(() => compileRules(rules, { substitution: 'literal' })).to.throw(
      /rule 1: match\.name: .*groups are 1 to 1/,
    )
  })
})
