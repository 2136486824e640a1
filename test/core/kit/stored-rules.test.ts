// An ACL from a backend, which is a function here: whole or not at all, kept, read again, each warning told once.
import { expect } from 'chai'
import {
  type AclRule,
  type Authorizer,
  compileStored,
  entryComment,
  type StoredEntries,
  storedRulesAuthorizer,
} from '../../../core/plugin.ts'
import { testHost, testRequest } from '../../../core/testing/index.ts'
import { until } from '../../support/processes.ts'

const ALL: AclRule = { actions: ['*'] }
const PULL: AclRule = { match: { account: 'ann' }, actions: ['pull'] }
const entriesOf = (rules: readonly AclRule[], more: Partial<StoredEntries> = {}): StoredEntries => ({
  entries: rules.map((rule, index) => ({ place: `seq ${10 * (index + 1)}`, rule })),
  faults: [],
  warnings: [],
  ...more,
})
const compile = (given: StoredEntries) => compileStored(given, { substitution: 'pattern' }, testHost().work)

describe('entries of a stored ACL', () => {
  it('become rules in their order', async () => {
    const { rules, warnings } = await compile(entriesOf([PULL, ALL]))
    const asked = {
      type: 'repository',
      name: 'app',
      service: '',
      ip: undefined,
      labels: {},
      actions: ['pull', 'push'],
    }
    expect(rules.decide({ ...asked, account: 'ann' })?.actions).to.deep.equal(['pull'])
    expect(rules.decide({ ...asked, account: 'bob' })?.actions).to.deep.equal(['pull', 'push'])
    expect(warnings).to.deep.equal([])
  })

  it('are refused as a whole, with all that is wrong in them', async () => {
    const bad = entriesOf(
      [ALL, { match: { name: '/(/' }, actions: [] }, { match: { ip: '300.1.1.1' }, actions: [] }],
      {
        faults: [{ place: 'row 7', message: 'holds no JSON' }],
      },
    )
    const message = await compile(bad).then(String, (error: Error) => error.message)
    const told = message.split('; the entry with ')
    expect(told[0]).to.equal('the entry with row 7: holds no JSON')
    expect(told[1]).to.match(/^seq 20: match\.name /)
    expect(told[2]).to.match(/^seq 30: match\.ip /)
  })

  it('are refused for a fault alone', async () => {
    const bad = entriesOf([ALL], { faults: [{ place: 'row 7', message: 'holds no JSON' }] })
    expect(await compile(bad).then(String, String)).to.equal('Error: the entry with row 7: holds no JSON')
  })

  it('are warned of with their places', async () => {
    const odd = entriesOf([ALL, PULL], { warnings: [{ place: 'seq 10', message: '"x" is unknown' }] })
    const { warnings } = await compile(odd)
    expect(warnings[0]).to.equal('the entry with seq 10: "x" is unknown')
    expect(warnings[1]).to.match(/^the entry with seq 20: can never be reached/)
    expect(warnings).to.have.length(2)
  })

  const COMMENTS: [place: string | undefined, comment: string | undefined, whole: string | undefined][] = [
    ['seq 1', 'Staff', 'seq 1: Staff'],
    ['seq 1', undefined, 'seq 1'],
    ['seq 1', '', 'seq 1'],
    [undefined, 'Staff', 'Staff'],
    [undefined, undefined, undefined],
    ['seq 1', 'x'.repeat(80), 'seq 1'],
    [undefined, 'x'.repeat(81), undefined],
  ]
  for (const [place, comment, whole] of COMMENTS) {
    it(`are called ${whole} for ${place} and ${comment?.slice(0, 10)}`, () =>
      expect(entryComment(place, comment)).to.equal(whole))
  }
})

describe('an authorizer of stored rules', () => {
  let instance: Authorizer | undefined
  afterEach(() => instance?.close?.())

  it('keeps the rules, and tells each warning once, and again when it was gone', async () => {
    const host = testHost()
    let odd = ['a']
    let reads = 0
    let closed = false
    instance = storedRulesAuthorizer(
      {
        async read() {
          reads++
          return { ...(await compile(entriesOf([ALL]))), warnings: odd }
        },
        every: 1,
        close: async () => {
          closed = true
        },
      },
      host,
    )
    const readAgain = async () => {
      const from = reads
      await until(() => reads > from + 1)
    }
    const resource = { type: 'repository', name: 'app', actions: ['pull'] }
    expect(await instance.authorize(resource, testRequest({ account: 'ann' }))).to.have.property(
      'outcome',
      'grant',
    )
    for (const warnings of [['a', 'b'], ['b'], ['a', 'b']]) {
      odd = warnings
      await readAgain()
    }
    await instance.ready!()
    expect(host.log.lines.map(({ message }) => message)).to.deep.equal(['a', 'b', 'a'])
    await instance.close!()
    expect(closed).to.equal(true)
  })
})
