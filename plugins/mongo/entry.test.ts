// docker_auth's ACL documents as rules: order, refusals, warnings.
import { expect } from 'chai'
import fc from 'fast-check'
import type { AclFacts } from '../../core/plugin.ts'
import { testHost } from '../../core/testing/index.ts'
import { buildRules as build } from './entry.ts'

const { surroundings, work } = testHost()
const buildRules = (documents: Parameters<typeof build>[0]) => build(documents, surroundings, work)

const ANN: AclFacts = {
  account: 'ann',
  type: 'repository',
  name: 'ann/app',
  service: 'reg',
  ip: '10.0.0.1',
  labels: { group: ['dev'] },
  actions: ['pull', 'push'],
}
const OWN = {
  seq: 20,
  match: { account: '/.+/', name: '${account}/*' },
  actions: ['*'],
  comment: 'own images',
}

describe('the documents of a MongoDB ACL', () => {
  it('are rules in the order of seq, named by it', async () => {
    const { rules, warnings } = await buildRules([OWN, { seq: 10.5, match: { name: '*/app' }, actions: [] }])
    expect(warnings).to.deep.equal([])
    expect(rules.decide(ANN)).to.deep.equal({ rule: 'rule 1 (seq 10.5)', actions: [] })
    expect(rules.decide({ ...ANN, name: 'ann/x' })).to.deep.equal({
      rule: 'rule 2 (seq 20: own images)',
      actions: ['pull', 'push'],
    })
    expect(rules.decide({ ...ANN, name: 'bob/x' })).to.equal(undefined)
  })

  it('may hold null for what is absent, and keys that are not for us', async () => {
    const match = { account: null, ip: '10.0.0.0/8', labels: { group: '/dev|ops/' }, type: undefined }
    const { rules, warnings } = await buildRules([
      { _id: 'x', seq: 1, match, actions: ['pull'], comment: null, owner: 'ops' },
    ])
    expect(warnings).to.deep.equal([])
    expect(rules.decide(ANN)?.actions).to.deep.equal(['pull'])
    expect(rules.decide({ ...ANN, labels: {} })).to.equal(undefined)
    expect(rules.decide({ ...ANN, ip: '11.0.0.1' })).to.equal(undefined)
  })

  it('read labels as parts of patterns, as docker_auth does', async () => {
    const { rules } = await buildRules([{ seq: 1, match: { name: '${labels:group}/*' }, actions: ['*'] }])
    expect(rules.decide({ ...ANN, labels: { group: ['a*'] } })?.actions).to.have.length(2)
  })

  it('keep a long comment out of the name', async () => {
    const { rules } = await buildRules([{ ...OWN, comment: 'x'.repeat(80) }])
    expect(rules.decide(ANN)?.rule).to.equal('rule 1 (seq 20)')
  })

  it('may be none', async () => {
    expect((await buildRules([])).rules.decide(ANN)).to.equal(undefined)
  })

  const refused: [string, object[], string][] = [
    ['no seq', [{ _id: 'abc', match: {}, actions: [] }], 'the entry with _id abc: seq must be a number'],
    [
      'a seq that is text',
      [{ _id: 'abc', seq: '1', match: {}, actions: [] }],
      'the entry with _id abc: seq must be',
    ],
    ['one seq twice', [OWN, { ...OWN }], 'the entry with seq 20: stands beside another one'],
    [
      'no match',
      [{ seq: 1, actions: [] }],
      'the entry with seq 1: match must be a map; {} matches everything',
    ],
    [
      'no actions',
      [{ seq: 1, match: {} }],
      'the entry with seq 1: actions must be a list; [] grants nothing',
    ],
    [
      'actions that are text',
      [{ seq: 1, match: {}, actions: '*' }],
      'the entry with seq 1: actions must be a list',
    ],
    [
      'an action that is no text',
      [{ seq: 1, match: {}, actions: [1] }],
      'the entry with seq 1: actions.0 must be text',
    ],
    [
      'a pattern that is an operator',
      [{ seq: 1, match: { account: { $ne: '' } }, actions: [] }],
      'seq 1: match.account must be text',
    ],
    [
      'a label that is a list',
      [{ seq: 1, match: { labels: { a: ['x'] } }, actions: [] }],
      'seq 1: match.labels.a must be text',
    ],
    [
      'an invalid regular expression',
      [OWN, { seq: 7, match: { name: '/(/' }, actions: [] }],
      'seq 7: match.name ',
    ],
    [
      'an invalid network',
      [{ seq: 7, match: { ip: '300.1.1.1' }, actions: [] }],
      'the entry with seq 7: match.ip ',
    ],
  ]
  for (const [what, documents, message] of refused) {
    it(`are refused as a whole with ${what}`, async () => {
      const told = await buildRules(documents as Record<string, unknown>[]).then(String, String)
      expect(told).to.contain(message)
    })
  }

  it('tell of conditions that are not known, and of patterns that can not match', async () => {
    const { warnings } = await buildRules([
      { seq: 2, match: { name: '${labels:x' }, actions: [] },
      { seq: 1, match: { acount: 'root' }, actions: ['*'] },
    ])
    expect(warnings[0]).to.equal(
      'the entry with seq 1: match.acount is unknown and ignored, so that the rule matches more than it says',
    )
  })

  it('are rules or refused with a reason, whatever they hold', async () => {
    const held = fc.oneof(
      fc.string(),
      fc.constantFrom(null, undefined, 1, [], {}, ['*'], { account: 'x' }),
      fc.anything(),
    )
    const document = fc.record({
      seq: fc.oneof(fc.integer(), held),
      match: held,
      actions: held,
      comment: held,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 3 }), async (documents) => {
        try {
          await buildRules(documents)
        } catch (error) {
          expect((error as Error).message).to.match(/^the entry with |^seq /)
        }
      }),
    )
  })
})
