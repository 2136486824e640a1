// What is found in a real directory: entries, labels; and what does not get through.
import { expect } from 'chai'
import { NO_LABELS, Secret } from '../../core/plugin.ts'
import { type testHost, testRequest } from '../../core/testing/index.ts'
import { labelsOf, login, PASSWORD } from '../../test/support/ldap-people.ts'
import { WatchedDirectory } from '../../test/support/ldap-watched.ts'

describe('ldap, against a real directory', () => {
  const directory = new WatchedDirectory()
  const opening: WatchedDirectory['opening'] = (...given) => directory.opening(...given)

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
    directory.proxy.operations.splice(0)
    const request = testRequest()
    const outcome = await ldap.authenticate(
      { kind: 'password', account: 'twin', password: new Secret(PASSWORD) },
      request,
    )
    expect(outcome).to.deep.equal({ outcome: 'reject', reason: 'more than one entry matches the filter' })
    expect(directory.proxy.operations).to.deep.equal(['search'])
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
      expect(directory.proxy.operations).to.deep.equal(['bind', 'search', 'bind', 'search'])
      expect(ldap.refresh).to.equal(undefined)
      await ldap.ready!()
    })

    it('rejects a wrong password before any search', async () => {
      const ldap = await opening(asUser)
      expect((await login(ldap, 'ann', 'wrong horse')).outcome).to.equal('reject')
      expect((await login(ldap, 'nobody')).outcome).to.equal('reject')
      expect(directory.proxy.operations).to.deep.equal(['bind', 'bind'])
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
      expect(directory.proxy.operations).to.deep.equal(['bind', 'search'])
    })

    it('rejects an entry that is disabled, and passes one that is gone', async () => {
      expect(await refresh({}, 'gone')).to.deep.equal({ outcome: 'reject', reason: 'the entry is disabled' })
      expect(await refresh({}, 'nobody')).to.deep.equal({ outcome: 'pass' })
      expect((await refresh({ disabled: undefined }, 'gone')).outcome).to.equal('accept')
    })
  })
})
