// The conformance kit on labelers and authorizers; conformance.test.ts has the authenticators and the rest.
import { expect } from 'chai'
import {
  type Authorizer,
  createToken,
  definePlugin,
  deny,
  grant,
  type Labeler,
  pass,
  z,
} from '../../../core/plugin.ts'
import type { ConformanceSuite } from '../../../core/testing/index.ts'
import { failures } from './failures.ts'

describe('the conformance kit, by kind', () => {
  it('passes a good labeler, and finds one that changes the identity or answers otherwise', async () => {
    const labeler = (label: Labeler['label']) =>
      definePlugin({
        kind: 'labeler',
        name: 'l',
        options: z.strictObject({}),
        create: (): Labeler => ({ label }),
      })
    const suite = {
      options: () => ({}),
      labels: [{ identity: { account: 'bob', labels: { group: ['dev'] } }, expect: { of: ['bob', 'dev'] } }],
    }
    const good = labeler(async ({ account, labels }) => ({ of: [account, ...labels.group!] }))
    expect([...(await failures(good, suite))]).to.deep.equal([])
    const writes = labeler(async ({ labels }) => {
      ;(labels.group as string[]).push('admin')
      return {}
    })
    expect((await failures(writes, suite)).get('labels "bob"')).to.match(/not extensible/)
    const other = labeler(async () => ({ of: ['bob'] }))
    expect((await failures(other, suite)).has('labels "bob"')).to.equal(true)
  })

  it('passes a good authorizer, and finds one that grants what was not asked', async () => {
    const authorizer = (authorize: Authorizer['authorize']) =>
      definePlugin({
        kind: 'authorizer',
        name: 'a',
        options: z.strictObject({}),
        create: (): Authorizer => ({ authorize }),
      })
    const resource = { type: 'repository', name: 'bob/app', actions: ['pull', 'push'] }
    const suite: ConformanceSuite = {
      options: () => ({}),
      decisions: [
        { account: 'bob', resource, expect: grant(['push', 'pull'], 'own') },
        { account: 'ann', resource, expect: deny() },
        { labels: { group: ['guests'] }, client: { ip: '192.0.2.1' }, service: 's', resource, expect: pass },
      ],
    }
    const good = authorizer(async ({ name, actions }, { account, labels, client, service }) => {
      if (labels.group?.includes('guests') && client.ip === '192.0.2.1' && service === 's') return pass
      return name.startsWith(`${account}/`) ? grant(actions, 'own') : deny('not own')
    })
    expect([...(await failures(good, suite))]).to.deep.equal([])
    const generous = authorizer(async (_, { account }) =>
      account === 'bob' ? grant(['pull', 'push'], 'own') : pass,
    )
    const found = await failures(generous, suite)
    expect([...found.values()].join()).to.include('which was not asked for')
    expect([...found.keys()].join())
      .to.include('grants only what was asked')
      .and.include('for "ann": deny')
  })

  it('lends labelers and authorizers what the case says that others provided', async () => {
    const BADGE = createToken<number>('kit/badge')
    const labeler = definePlugin({
      kind: 'labeler',
      name: 'l',
      options: z.strictObject({}),
      create: (): Labeler => ({
        label: async (_, request) => ({ level: [String(request.resolve(BADGE) ?? 'none')] }),
      }),
    })
    const identity = { account: 'bob' }
    const labels = [
      { identity, shared: [[BADGE, 3]] as const, expect: { level: ['3'] } },
      { identity, expect: { level: ['none'] } },
    ]
    expect([...(await failures(labeler, { options: () => ({}), labels }))]).to.deep.equal([])
    const authorizer = definePlugin({
      kind: 'authorizer',
      name: 'a',
      options: z.strictObject({}),
      create: (): Authorizer => ({
        authorize: async ({ actions }, request) => (request.resolve(BADGE) === 3 ? grant(actions) : pass),
      }),
    })
    const resource = { type: 'repository', name: 'app', actions: ['pull'] }
    const decisions = [
      { shared: [[BADGE, 3]] as const, resource, expect: grant(['pull']) },
      { resource, expect: pass },
    ]
    expect([...(await failures(authorizer, { options: () => ({}), decisions }))]).to.deep.equal([])
  })
})
