// What is found in a real directory: entries, labels, groups; and what does not get through.
import { expect } from 'chai'
import { type Authenticator, NO_LABELS, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import {
  GROUPS_BASE,
  labelsOf,
  login,
  open,
  PASSWORD,
  PEOPLE,
  PEOPLE_BASE,
  serviceOptions,
} from '../../test/support/ldap-people.ts'
import { type LdapProxy, startLdapProxy } from '../../test/support/ldap-proxy.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'

/** A group of 5,000 members, of whom ann is the last. */
const CROWD = [
  `dn: cn=Crowd,${GROUPS_BASE}`,
  'objectClass: groupOfNames',
  'cn: Crowd',
  ...Array.from({ length: 4_999 }, (_, index) => `member: uid=user${index},${PEOPLE_BASE}`),
  `member: uid=ann,${PEOPLE_BASE}`,
  '',
]

/** Bob is in 1,200 groups, more than one page. */
const MANY = Array.from({ length: 1_200 }, (_, index) =>
  [
    `dn: cn=team-${index},${GROUPS_BASE}`,
    'objectClass: groupOfNames',
    `cn: team-${index}`,
    `member: uid=bob,${PEOPLE_BASE}`,
    '',
  ].join('\n'),
)

describe('ldap, against a real directory', () => {
  needs('slapd')
  let slapd: SlapdServer
  let proxy: LdapProxy
  const opened: Authenticator[] = []

  before(async () => {
    slapd = await startSlapd({ ldif: [PEOPLE, ...CROWD, ...MANY].join('\n') })
    proxy = await startLdapProxy(slapd.port)
  })
  after(async () => {
    await proxy?.stop()
    await slapd?.stop()
  })
  afterEach(async () => {
    proxy.operations.splice(0)
    for (const instance of opened.splice(0)) await instance.close?.()
  })

  async function opening(more: object, host = testHost()): Promise<Authenticator> {
    const instance = await open(serviceOptions([proxy.url], more), host)
    opened.push(instance)
    return instance
  }

  describe('a name with a domain', () => {
    const names: [string, string | undefined][] = [
      ['CORP\\ann', 'ann'],
      ['corp.example.com\\ann', 'ann'],
      ['ann', 'ann'],
      ['\\ann', undefined],
      ['A\\B\\ann', undefined],
      ['CORP\\', undefined],
      ['CORP/ann', undefined],
    ]
    for (const [name, expected] of names) {
      it(`is ${expected ?? 'nobody'} with strip_domain: ${name}`, async () => {
        const outcome = await login(await opening({ strip_domain: true }), name)
        expect(outcome.outcome === 'accept' ? outcome.account : outcome.outcome).to.equal(expected ?? 'pass')
      })
    }

    it('is nobody without strip_domain', async () => {
      expect((await login(await opening({}), 'CORP\\ann')).outcome).to.equal('pass')
    })

    it('is looked up again without it, too', async () => {
      const ldap = await opening({ strip_domain: true })
      const found = await ldap.refresh!(
        { account: 'CORP\\ann', labels: NO_LABELS },
        testRequest({ timeout: 15_000 }),
      )
      expect(found).to.include({ outcome: 'accept', account: 'ann' })
    })
  })

  describe('labels', () => {
    const cases: [string, object, string[] | undefined][] = [
      ['are the attribute as it is', { attribute: 'title' }, ['Chief, "of" Operations']],
      ['do not depend on the case of the attribute', { attribute: 'TITLE' }, ['Chief, "of" Operations']],
      ['are left out when there is no such attribute', { attribute: 'manager' }, undefined],
      [
        'are common names with parse_cn, and other texts as they are',
        { attribute: 'departmentNumber', parse_cn: true },
        ['Ops, Berlin', 'say "hi"', 'Straße', 'Plain'],
      ],
      [
        'are what a regular expression captures',
        { attribute: 'mail', match: '^([^@]+)@example[.]com$' },
        ['ann'],
      ],
      [
        'are only what a regular expression matches',
        { attribute: 'departmentNumber', match: '^P' },
        ['Plain'],
      ],
      [
        'are captured from the common name, then turned into lower case',
        { attribute: 'departmentNumber', parse_cn: true, match: '^(?:Ops, )(.*)', lower_case: true },
        ['berlin'],
      ],
    ]
    for (const [title, rule, expected] of cases) {
      it(title, async () => {
        const ldap = await opening({ labels: { it: rule } })
        expect((await labelsOf(ldap, 'ann')).it).to.deep.equal(expected)
      })
    }
  })

  describe('groups', () => {
    const cases: [string, object, string, string[] | undefined][] = [
      ['by search', { filter: '(&(member=${dn})(cn=Dev))' }, 'ann', ['Dev']],
      ['of 5,000 members', { filter: '(&(member=${dn})(!(cn=Dev)))' }, 'ann', ['Crowd']],
      [
        'that are in groups, to a depth',
        { filter: '(&(member=${dn})(!(cn=Crowd)))', nested: 1 },
        'ann',
        ['Dev', 'Engineering, "all"'],
      ],
      [
        'that are in each other',
        { filter: '(&(member=${dn})(!(cn=Crowd)))', nested: 20 },
        'ann',
        ['Dev', 'Engineering, "all"', 'Staff', 'Ring'],
      ],
      ['of POSIX', { filter: '(&(objectClass=posixGroup)(memberUid=${account}))' }, 'ANN', ['wheel']],
      ['by their DN', { filter: '(memberUid=${account})', name: 'dn' }, 'ann', [`cn=wheel,${GROUPS_BASE}`]],
      [
        'in lower case, by a regular expression',
        { filter: '(member=${dn})', match: '^(D).v', lower_case: true },
        'ann',
        ['d'],
      ],
      ['of a member whose DN has a comma and UTF-8', { filter: '(member=${dn})' }, 'müller, jürgen', ['Dev']],
      ['of a member whose DN has *, ( and \\', { filter: '(member=${dn})' }, 'a*b+c"d(e)f\\g', ['Dev']],
      ['that are not there', { filter: '(member=${dn})' }, 'twinless', undefined],
    ]
    for (const [title, groups, account, expected] of cases) {
      it(title, async () => {
        const ldap = await opening({ account: 'uid', groups: { base: GROUPS_BASE, ...groups } })
        const password = account.startsWith('m') ? 'grüße dich' : PASSWORD
        if (expected === undefined) return expect((await login(ldap, account)).outcome).to.equal('pass')
        expect((await labelsOf(ldap, account, password)).groups).to.deep.equal(expected)
      })
    }

    it('of more than one page', async () => {
      const ldap = await opening({ groups: { base: GROUPS_BASE, filter: '(member=${dn})', label: 'team' } })
      expect((await labelsOf(ldap, 'bob')).team).to.have.length(1_200)
      expect(proxy.operations).to.deep.equal(['bind', 'search', 'bind', 'search', 'search', 'search'])
    })

    it('are kept for as long as cache says, and are searched for anew then', async () => {
      let now = 1_000_000
      const cached = { base: GROUPS_BASE, filter: '(member=${dn})', cache: '1m' }
      const ldap = await opening({ groups: cached }, testHost({ clock: { now: () => now } }))
      const first = await labelsOf(ldap, 'bob')
      expect(first.groups).to.include('team-0')
      const searches = () => proxy.operations.splice(0).filter((operation) => operation === 'search').length
      expect(searches()).to.be.greaterThan(1)
      expect(await labelsOf(ldap, 'bob')).to.deep.equal(first)
      expect(searches()).to.equal(1)
      now += 30_000
      expect((await labelsOf(ldap, 'ann')).groups).not.to.deep.equal(first.groups)
      expect(searches()).to.be.greaterThan(1)
      now += 31_000
      expect(await labelsOf(ldap, 'bob')).to.deep.equal(first)
      expect(searches()).to.be.greaterThan(1)
    })
  })

  describe('injection', () => {
    const accounts = [
      '*',
      'ann*',
      '*)(uid=*',
      'ann)(|(uid=*',
      'ann)(objectClass=*',
      'ann\\2a',
      '\\61nn',
      'ann\0',
      '${account}',
      'ann,ou=people',
      'ann,ou=people,dc=example,dc=com',
      'nobody)(&(1=0',
    ]
    for (const account of accounts) {
      it(`finds nobody as ${JSON.stringify(account)}`, async () => {
        expect((await login(await opening({}), account)).outcome).to.equal('pass')
        const perAccount = { base: 'uid=${account},ou=people,dc=example,dc=com', filter: '(objectClass=*)' }
        expect((await login(await opening(perAccount), account)).outcome).to.equal('pass')
        const asUser = { bind_dn: 'uid=${account},ou=people,dc=example,dc=com', bind_password: undefined }
        const initial = await opening({ ...asUser, initial_bind_as_user: true })
        expect((await login(initial, account)).outcome).to.equal('reject')
      })
    }
  })

  it('finds an entry whose DN is made of the account', async () => {
    const options = { base: 'uid=${account},ou=people,dc=example,dc=com', filter: '(objectClass=*)' }
    for (const [account, password] of [
      ['ann', PASSWORD],
      ['müller, jürgen', 'grüße dich'],
      ['a*b+c"d(e)f\\g', PASSWORD],
    ] as const) {
      expect((await login(await opening(options), account, password)).outcome).to.equal('accept')
    }
  })

  it('takes a filter in several lines, and letters whose bytes are escaped', async () => {
    const filter = '\n  (&\n    (uid=${account})\n    (|(sn=M\\c3\\bcller) (sn=Arbor))\n  )\n'
    const ldap = await opening({ filter })
    expect((await login(ldap, 'müller, jürgen', 'grüße dich')).outcome).to.equal('accept')
    expect((await login(ldap, 'ann')).outcome).to.equal('accept')
    expect((await login(ldap, 'bob')).outcome).to.equal('pass')
  })

  it('rejects an account of more than one entry, asks for no password, and says so in the log', async () => {
    const ldap = await opening({})
    await ldap.ready!()
    proxy.operations.splice(0)
    const request = testRequest()
    const outcome = await ldap.authenticate(
      { kind: 'password', account: 'twin', password: new Secret(PASSWORD) },
      request,
    )
    expect(outcome).to.deep.equal({ outcome: 'reject', reason: 'more than one entry matches the filter' })
    expect(proxy.operations).to.deep.equal(['search'])
    expect((request.log as ReturnType<typeof testHost>['log']).lines).to.deep.equal([
      {
        level: 'warn',
        facts: { account: 'twin' },
        message: 'the directory has more than one entry for this account; make `filter` narrower',
      },
    ])
  })

  it('goes by the name that the entry has, and rejects an entry without one', async () => {
    const filter = '(|(uid=${account})(mail=${account}))'
    const outcome = await login(await opening({ filter, account: 'uid' }), 'ANN@example.com')
    expect(outcome).to.deep.include({ outcome: 'accept', account: 'ann' })
    const nameless = await opening({ filter, account: 'employeeNumber' })
    expect(await login(nameless, 'ann')).to.deep.include({ outcome: 'reject' })
  })

  describe('initial_bind_as_user', () => {
    const asUser = {
      bind_dn: 'uid=${account},ou=people,dc=example,dc=com',
      bind_password: undefined,
      initial_bind_as_user: true,
      labels: { title: { attribute: 'title' } },
    }

    it('needs one bind and one search, and no service account', async () => {
      const ldap = await opening(asUser)
      for (let round = 0; round < 2; round++) {
        expect(await labelsOf(ldap, 'ann')).to.deep.equal({ title: ['Chief, "of" Operations'] })
      }
      expect(proxy.operations).to.deep.equal(['bind', 'search', 'bind', 'search'])
      expect(ldap.refresh).to.equal(undefined)
      await ldap.ready!()
    })

    it('rejects a wrong password before any search', async () => {
      const ldap = await opening(asUser)
      expect((await login(ldap, 'ann', 'wrong horse')).outcome).to.equal('reject')
      expect((await login(ldap, 'nobody')).outcome).to.equal('reject')
      expect(proxy.operations).to.deep.equal(['bind', 'bind'])
    })

    it('takes no labels of an entry that is another one', async () => {
      // Bob may see nobody but himself, and the reader everybody.
      const options = {
        ...asUser,
        bind_dn: 'cn=${account},dc=example,dc=com',
        filter: '(|(uid=ann)(cn=${account}))',
      }
      expect((await login(await opening(options), 'reader', 'reader-password')).outcome).to.equal('reject')
    })

    it('passes an account that the filter does not find', async () => {
      const ldap = await opening({ ...asUser, filter: '(&(uid=${account})(title=none))' })
      expect((await login(ldap, 'ann')).outcome).to.equal('pass')
    })
  })

  describe('refresh', () => {
    const refresh = async (more: object, account: string) => {
      const ldap = await opening({ disabled: '(employeeType=disabled)', ...more })
      return ldap.refresh!({ account, labels: NO_LABELS }, testRequest())
    }

    it('accepts with fresh labels, by one search', async () => {
      const outcome = await refresh({ labels: { title: { attribute: 'title' } } }, 'ann')
      expect(outcome.outcome === 'accept' && { ...outcome.labels }).to.deep.equal({
        title: ['Chief, "of" Operations'],
      })
      expect(proxy.operations).to.deep.equal(['bind', 'search'])
    })

    it('rejects an entry that is disabled, and passes one that is gone', async () => {
      expect(await refresh({}, 'gone')).to.deep.equal({ outcome: 'reject', reason: 'the entry is disabled' })
      expect(await refresh({}, 'nobody')).to.deep.equal({ outcome: 'pass' })
      expect((await refresh({ disabled: undefined }, 'gone')).outcome).to.equal('accept')
    })
  })
})
