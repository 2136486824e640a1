// Captures that can never stand for anything: what is said of each, and what they stand for otherwise.
import { expect } from 'chai'
import { type Capture, createCaptures, type Patterns, type Substitution } from '../../../core/acl/captures.ts'
import type { Facts, Field } from '../../../core/acl/facts.ts'
import { RegexStore } from '../../../core/acl/regex.ts'

const FACTS: Facts = {
  account: 'ann.lee',
  type: 'repository',
  name: 'team/app',
  service: 'reg',
  ip: undefined,
  labels: {},
  actions: ['pull'],
}

const captureOf = (field: Field, group: number): Capture => ({
  kind: 'capture',
  text: `\${${field}:${group}}`,
  field,
  group,
})

function told(substitution: Substitution, patterns: Patterns, field: Field, group: number) {
  const captures = createCaptures(patterns, substitution, new RegexStore())
  const capture = captureOf(field, group)
  return [captures.fault(capture), captures.get(capture, FACTS)]
}

describe('acl: captures', () => {
  const groups = 'captures a group that the pattern of account does not have'
  const noRegex = 'captures from account, which is no regular expression here; write account: "/^(...)$/"'
  // The account's pattern, the group; what is said, and what it stands for.
  const both: [string | undefined, number, string | undefined, string | undefined][] = [
    ['/^(\\w+)\\.(\\w+)$/', 1, undefined, 'ann'],
    ['/^(\\w+)\\.(\\w+)$/', 2, undefined, 'lee'],
    ['/^(\\w+)\\.(\\w+)$/', 3, `${groups}; its groups are 1 to 2`, undefined],
    ['/^ann/', 1, `${groups}; it has no groups`, undefined],
    ['/^(bob)/', 1, undefined, undefined],
    ['ann.*', 1, noRegex, undefined],
    ['//', 1, noRegex, undefined],
    [undefined, 1, noRegex, undefined],
  ]
  for (const substitution of ['literal', 'pattern'] as const) {
    for (const [account, group, fault, text] of both) {
      it(`${substitution}: group ${group} of ${account ?? 'nothing'} is ${text ?? 'nothing'}`, () => {
        // docker_auth only captures what stands in some pattern.
        const patterns = { ...(account !== undefined && { account }), name: `\${account:${group}}/*` }
        expect(told(substitution, patterns, 'account', group)).to.deep.equal([
          fault && `\${account:${group}} ${fault}`,
          text,
        ])
      })
    }
  }

  it('of an expression that is none only that is told, where it stands', () => {
    for (const substitution of ['literal', 'pattern'] as const) {
      const captures = createCaptures(
        { account: '/(/', name: '${account:1}' },
        substitution,
        new RegexStore(),
      )
      expect(captures.fault(captureOf('account', 1))).to.equal(undefined)
    }
  })

  it('literal: of group 0 nothing is known', () => {
    const [fault] = told('literal', { account: '/^(a)/', name: '${account:0}' }, 'account', 0)
    expect(fault).to.equal(`\${account:0} ${groups}; its groups are 1 to 1`)
  })

  it('literal: a group that took no part is nothing, as docker_auth it is empty', () => {
    const patterns = { account: '/^(x)?ann/', name: '${account:1}*' }
    expect(told('literal', patterns, 'account', 1)).to.deep.equal([undefined, undefined])
    expect(told('pattern', patterns, 'account', 1)).to.deep.equal([undefined, ''])
  })

  it('literal: variables in the expression are text', () => {
    const patterns = { account: '/^(.*)\\.lee$/', service: 'reg', name: '/^${service}(.)/' }
    expect(told('literal', patterns, 'name', 1)).to.deep.equal([undefined, undefined])
    const captures = createCaptures(patterns, 'literal', new RegexStore())
    expect(captures.get(captureOf('name', 1), { ...FACTS, name: 'regx', service: 'reg' })).to.equal('x')
    expect(captures.get(captureOf('name', 1), { ...FACTS, name: 'regx', service: 'r.g' })).to.equal(undefined)
  })

  it('literal: a capture from a pattern with captures or labels is told', () => {
    for (const name of ['/^${account:1}(.)/', '/^${labels:g}(.)/']) {
      expect(told('literal', { account: '/(.)/', name }, 'name', 1)).to.deep.equal([
        '${name:1} captures from a pattern that itself holds captures or labels; only variables can stand there',
        undefined,
      ])
    }
  })

  it('pattern: one behind another placeholder is told, as docker_auth does not see it', () => {
    const patterns = { account: '/^(a)/', name: '${type}${account:1}' }
    expect(told('pattern', patterns, 'account', 1)).to.deep.equal([
      "${account:1} is never replaced, because docker_auth's search for captures does not see it behind another placeholder",
      undefined,
    ])
  })
})
