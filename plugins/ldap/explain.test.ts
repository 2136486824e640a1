// What is searched for and found in a real directory, in words.
import { expect } from 'chai'
import { Unanswered } from '../../core/contract/explain.ts'
import { type Authenticator, type Explained, NO_LABELS, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import {
  GROUPS_BASE,
  open,
  PASSWORD,
  PEOPLE,
  PEOPLE_BASE,
  serviceOptions,
} from '../../test/support/ldap-people.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'
import labeler from './labeler.ts'

describe('ldap explains', () => {
  needs('slapd')
  let slapd: SlapdServer
  let instance: Authenticator
  const groups = { base: GROUPS_BASE, filter: '(member=${dn})', label: 'group' }
  const searched = (account: string) =>
    `searches ${PEOPLE_BASE} for (&(uid=${account})(objectClass=inetOrgPerson))`
  const ANN = `uid=ann,${PEOPLE_BASE}`
  const FOUND = [searched('ann'), `the entry is ${ANN}`]
  before(async () => {
    slapd = await startSlapd({ ldif: PEOPLE })
    instance = await open(serviceOptions([slapd.url], { groups }), testHost())
  })
  after(async () => {
    await instance?.close?.()
    await slapd?.stop()
  })

  const login = (account: string, password: string) =>
    instance.explain!({ kind: 'password', account, password: new Secret(password) }, testRequest())
  const look = (account: string) => instance.explainRefresh!({ account, labels: NO_LABELS }, testRequest())
  // The end of a sentence may be the server's own.
  const table: [string, () => Promise<Explained<unknown>>, string[]][] = [
    [
      'a login',
      () => login('ann', PASSWORD),
      [...FOUND, `binds as ${ANN}: the password is right`, `searches ${GROUPS_BASE} for its groups: `],
    ],
    [
      'a wrong password',
      () => login('ann', 'wrong'),
      [...FOUND, `binds as ${ANN}: the directory says that the password is wrong`],
    ],
    ['a stranger', () => login('eve', 'x'), [searched('eve'), 'there is no entry']],
    ['no password', () => login('ann', ''), ['the directory is not asked without an account and a password']],
    ['a look without a password', () => look('ann'), [...FOUND, `searches ${GROUPS_BASE} for its groups: `]],
  ]
  for (const [name, ask, expected] of table) {
    it(name, async () => {
      const { why } = await ask()
      expect(why).to.have.length(expected.length)
      for (const [index, beginning] of expected.entries())
        expect(why[index]!.slice(0, beginning.length)).to.equal(beginning)
    })
  }

  it('labels', async () => {
    const options = serviceOptions([slapd.url], { groups })
    const made = await labeler.create(labeler.options.parse(options), testHost())
    const identity = { account: 'ann', authenticator: 'x', labels: NO_LABELS }
    const { why } = await made.explain!(identity, testRequest({ account: 'ann' }))
    await made.close?.()
    expect(why.slice(0, 2)).to.deep.equal(FOUND)
    expect(why[2]).to.match(/for its groups: /)
  })

  it('what was found before the directory went away', async () => {
    const down = await open(serviceOptions(['ldap://127.0.0.1:1']), testHost())
    const error = await down.explainRefresh!({ account: 'ann', labels: NO_LABELS }, testRequest()).catch(
      (thrown) => thrown,
    )
    await down.close?.()
    expect(error).to.be.instanceOf(Unanswered)
    expect(error.why).to.deep.equal([])
  })
})
