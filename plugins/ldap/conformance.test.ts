import { Secret } from '../../core/plugin.ts'
import { conformance, type LabelingCase, testHost } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import { freePort } from '../../test/support/free-port.ts'
import { GROUPS_BASE, PASSWORD, PEOPLE, PEOPLE_BASE, serviceOptions } from '../../test/support/ldap-people.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'
import plugin from './index.ts'
import labeler from './labeler.ts'
import { openDirectory } from './open.ts'
import { DIRECTORY, SharedDirectory } from './shared.ts'

const groups = { base: GROUPS_BASE, filter: '(member=${dn})', nested: 3 }
const url = 'ldap://ldap.example.com'
const valid = { servers: [url], base: 'dc=example', filter: '(uid=${account})' }

describe('with a real slapd', () => {
  needs('slapd')
  let slapd: SlapdServer
  let gone: string
  before(async () => {
    slapd = await startSlapd({ ldif: PEOPLE })
    gone = `ldap://127.0.0.1:${await freePort()}`
  })
  after(() => slapd?.stop())

  const labels = {
    title: { attribute: 'title' },
    department: { attribute: 'departmentNumber', parse_cn: true, lower_case: true },
  }

  conformance(plugin, {
    options: () =>
      serviceOptions([slapd.url], { account: 'uid', disabled: '(employeeType=disabled)', labels, groups }),
    invalid: [
      { options: {}, path: 'servers', message: /must be a list of servers/ },
      { options: { ...valid, servers: ['https://x'] }, path: 'servers.0', message: /must be such as/ },
      {
        options: { ...valid, servers: [url, 'ldap://a:b@x'] },
        path: 'servers.1',
        message: /must be such as/,
      },
      { options: { ...valid, servers: [] }, path: 'servers', message: /names no server/ },
      { options: { ...valid, filter: '(uid=ann)' }, path: 'filter', message: /the same entry for everyone/ },
      { options: { ...valid, filter: '(uid=${acount})' }, path: 'filter', message: /did you mean "account"/ },
      { options: { ...valid, filter: '(&(uid=${account})' }, path: 'filter', message: /is no LDAP filter/ },
      { options: { ...valid, disabled: 'x' }, path: 'disabled', message: /is no LDAP filter/ },
      {
        options: { ...valid, disabled: '(a<=${now:epoch})' },
        path: 'disabled',
        message: /no placeholder \$\{now:epoch\}; .*now:filetime/,
      },
      {
        options: { ...valid, disabled: '(a<=${now-x:filetime})' },
        path: 'disabled',
        message: /no placeholder/,
      },
      { options: { ...valid, disabled: '(a<=${account})' }, path: 'disabled', message: /no placeholder/ },
      {
        options: { ...valid, credential_attributes: 'pwdLastSet' },
        path: 'credential_attributes',
        message: /write \[pwdChangedTime\]/,
      },
      {
        options: { ...valid, credential_attributes: ['a b'] },
        path: 'credential_attributes.0',
        message: /no name of an attribute/,
      },
      { options: { ...valid, bind_dn: 'cn=reader' }, path: 'bind_dn', message: /has no password/ },
      { options: { ...valid, bind_dn: 'cn=${account}' }, path: 'bind_dn', message: /initial_bind_as_user/ },
      { options: { ...valid, initial_bind_as_user: true }, path: 'bind_dn', message: /who \$\{account\} is/ },
      {
        options: { ...valid, bind_password: new Secret('x') },
        path: 'bind_password',
        message: /is for nobody/,
      },
      {
        options: { ...valid, bind_dn: 'cn=r', bind_password: '' },
        path: 'bind_password',
        message: /is empty/,
      },
      {
        options: { ...valid, bind_dn: 'cn=r', bind_password: new Secret('x'), bind_password_file: 'y' },
        path: 'bind_password_file',
        message: /remove one of the two/,
      },
      {
        options: { ...valid, bind_dn: 'cn=r', bind_password_file: 'no-such-file' },
        message: /no-such-file: there is no such file/,
      },
      {
        options: { ...valid, servers: ['ldaps://x'], starttls: true },
        path: 'starttls',
        message: /from the start/,
      },
      {
        options: { ...valid, labels: { a: {} } },
        path: 'labels.a.attribute',
        message: /name of an attribute/,
      },
      {
        options: { ...valid, labels: { a: { attribute: 'b', match: '(' } } },
        path: 'labels.a.match',
        message: /RE2/,
      },
      {
        options: { ...valid, groups: { base: '', filter: '(cn=x)' } },
        path: 'groups.filter',
        message: /all groups for everyone/,
      },
      { options: { ...valid, tls: { ca: 'no-such.pem' } }, message: /no-such\.pem: there is no such file/ },
      { options: { ...valid, tls: { ca: 'package.json' } }, message: /holds no PEM certificate/ },
      { options: { ...valid, tls: { key: 'x' } }, path: 'tls', message: /belong together/ },
    ],
    accepts: [
      {
        account: 'ann',
        password: PASSWORD,
        labels: {
          title: ['Chief, "of" Operations'],
          department: ['ops, berlin', 'say "hi"', 'straße', 'plain'],
          groups: ['Dev', 'Engineering, "all"', 'Staff', 'Ring'],
        },
        provides: {
          'ldap/entry': {
            account: 'ann',
            dn: `uid=ann,${PEOPLE_BASE}`,
            attributes: {
              uid: ['ann'],
              title: ['Chief, "of" Operations'],
              departmentnumber: [
                'cn=Ops\\2C Berlin,ou=departments,dc=example,dc=com',
                'cn=say \\22hi\\22,ou=departments,dc=example,dc=com',
                'cn=Stra\\C3\\9Fe,ou=departments,dc=example,dc=com',
                'Plain',
              ],
            },
          },
        },
      },
      { account: 'ANN', password: PASSWORD, as: 'ann' },
      { account: 'müller, jürgen', password: 'grüße dich', as: 'müller, jürgen' },
      { account: 'a*b+c"d(e)f\\g', password: PASSWORD },
    ],
    rejects: [
      { account: 'ann', password: 'wrong horse' },
      { account: 'keyless', password: PASSWORD },
      { account: 'gone', password: PASSWORD },
      { account: 'twin', password: PASSWORD },
    ],
    passes: [
      { account: 'nobody', password: PASSWORD },
      { account: 'constructor', password: PASSWORD },
      { account: 'ann', password: '' },
      { account: '*', password: PASSWORD },
    ],
    unavailable: { options: () => serviceOptions([gone]) },
  })

  const labelled: LabelingCase[] = [
    {
      identity: { account: 'ann', authenticator: 'sso' },
      expect: {
        title: ['Chief, "of" Operations'],
        department: ['ops, berlin', 'say "hi"', 'straße', 'plain'],
        groups: ['Dev', 'Engineering, "all"', 'Staff', 'Ring'],
      },
    },
    { identity: { account: 'bob' }, expect: {} },
    { identity: { account: 'gone' }, expect: {} },
    { identity: { account: 'robot' }, expect: {} },
    { identity: { account: '' }, expect: {} },
  ]

  conformance(labeler, {
    options: () => serviceOptions([slapd.url], { disabled: '(employeeType=disabled)', labels, groups }),
    invalid: [
      { options: { ...valid, initial_bind_as_user: true }, path: '', message: /initial_bind_as_user/ },
      { options: { ...valid, filter: '(uid=ann)' }, path: 'filter', message: /the same entry for everyone/ },
    ],
    labels: labelled,
    unavailable: { options: () => serviceOptions([gone]) },
  })

  describe('on the directory of another instance', () => {
    const shared: SharedDirectory[] = []
    after(() => {
      for (const { directory } of shared) directory.close()
    })
    const hostWith = (server: string) => {
      const options = plugin.options.parse(serviceOptions([server], { disabled: '(employeeType=disabled)' }))
      const one = new SharedDirectory(openDirectory(options, testHost()), options)
      shared.push(one)
      return testHost({ shared: [[DIRECTORY, one]] })
    }

    conformance(labeler, {
      host: () => hostWith(slapd.url),
      options: () => ({ labels, groups }),
      invalid: [
        { options: { filter: '(uid=ann)', base: PEOPLE_BASE }, path: 'filter', message: /the same entry/ },
        { options: { filter: '(uid=ann)' }, message: /^filter: finds the same entry for everyone/ },
        { options: { servers: [url] }, path: 'base', message: /is missing; write where/ },
        { options: { servers: [url] }, path: 'filter', message: /is missing; write what finds/ },
        ...Object.entries({
          starttls: false,
          tls: {},
          bind_dn: 'cn=reader',
          bind_password: new Secret('x'),
          bind_password_file: 'x',
          connections: 8,
          server_timeout: '2s',
        }).map(([path, value]) => ({
          options: { [path]: value },
          path,
          message: /belongs to a connection of its own: write servers too, or remove it/,
        })),
      ],
      labels: labelled,
      unavailable: { host: () => hostWith(gone), options: () => ({ labels, groups }) },
    })
  })
})
