// What groups are found in a real directory, many of them and large ones too.
import { expect } from 'chai'
import { testHost } from '../../core/testing/index.ts'
import { GROUPS_BASE, labelsOf, login, PASSWORD, PEOPLE_BASE } from '../../test/support/ldap-people.ts'
import { WatchedDirectory } from '../../test/support/ldap-watched.ts'

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

describe('ldap, groups in a real directory', () => {
  const directory = new WatchedDirectory([...CROWD, ...MANY])
  const opening: WatchedDirectory['opening'] = (...given) => directory.opening(...given)

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
      expect(directory.proxy.operations).to.deep.equal([
        'bind',
        'search',
        'bind',
        'search',
        'search',
        'search',
      ])
    })

    it('are kept for as long as cache says, and are searched for anew then', async () => {
      let now = 1_000_000
      const cached = { base: GROUPS_BASE, filter: '(member=${dn})', cache: '1m' }
      const ldap = await opening({ groups: cached }, testHost({ clock: { now: () => now } }))
      const first = await labelsOf(ldap, 'bob')
      expect(first.groups).to.include('team-0')
      const searches = () =>
        directory.proxy.operations.splice(0).filter((operation) => operation === 'search').length
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
})
