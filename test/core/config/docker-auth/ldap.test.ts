import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../../core/config/config.ts'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'
import { examineText } from '../../../support/examine-text.ts'

function ldap(text: string) {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}acl: []\nldap_auth:\n${text}\n`)
  return { options: native.authenticators[0]?.options, plugin: native.authenticators[0]?.plugin, ...found }
}

const BASE = '  base: o=example.com\n  filter: (uid=${account})'
const COMMON = { base: 'o=example.com', filter: '(uid=${account})' }
const PLAIN = 'is none, so that passwords cross the network unencrypted; write always or starttls'

describe("docker_auth's ldap_auth section", () => {
  const cases: [string, string, object, string?][] = [
    [
      'TLS',
      '  addr: ldap.example.com:636\n  tls: always',
      { servers: ['ldaps://ldap.example.com:636'], tls: {} },
    ],
    ['the port of TLS', '  addr: a:636', { servers: ['ldaps://a:636'], tls: {} }],
    [
      'the port of TLS without it',
      '  addr: a:636\n  tls: none',
      { servers: ['ldap://a:636'], starttls: false, tls: {} },
      `f:6:3: ldap_auth.tls: ${PLAIN}`,
    ],
    [
      'no TLS',
      '  addr: a:389',
      { servers: ['ldap://a:389'], starttls: false, tls: {} },
      `f:4:1: ldap_auth.tls: ${PLAIN}`,
    ],
    [
      'StartTLS with an authority',
      '  addr: "[::1]:389"\n  tls: starttls\n  ca_certificate: ca.pem',
      { servers: ['ldap://[::1]:389'], starttls: true, tls: { ca: 'ca.pem' } },
    ],
    [
      'no verification',
      '  addr: a:636\n  insecure_tls_skip_verify: yes\n  ca_certificate: ca.pem',
      { servers: ['ldaps://a:636'], tls: { insecure_skip_verify: true } },
      'f:6:3: ldap_auth.insecure_tls_skip_verify: takes any certificate, so that whoever is in between reads the passwords; name ca_certificate instead',
    ],
    [
      'a service account',
      '  addr: a:636\n  bind_dn: cn=r\n  bind_password_file: pw',
      { servers: ['ldaps://a:636'], tls: {}, bind_dn: 'cn=r', bind_password_file: 'pw' },
    ],
    [
      'the user as service account',
      '  addr: a:636\n  bind_dn: cn=${account}\n  initial_bind_as_user: true\n  bind_password_file: pw',
      { servers: ['ldaps://a:636'], tls: {}, bind_dn: 'cn=${account}', initial_bind_as_user: true },
      "f:8:3: ldap_auth.bind_password_file: is not read, since users' own passwords are used; remove it",
    ],
    [
      'a password for nobody',
      '  addr: a:636\n  bind_password_file: pw',
      { servers: ['ldaps://a:636'], tls: {} },
      'f:6:3: ldap_auth.bind_password_file: is not read, since there is no bind_dn; remove it, or write bind_dn',
    ],
    [
      'labels',
      '  addr: a:636\n  labels: { groups: { attribute: memberOf, parse_cn: true, lower_case: on }, title: { attribute: title } }',
      {
        servers: ['ldaps://a:636'],
        tls: {},
        labels: {
          groups: { attribute: 'memberOf', parse_cn: true, lower_case: true },
          title: { attribute: 'title' },
        },
      },
    ],
    [
      'null and nothing as absent',
      '  addr: a:636\n  tls:\n  ca_certificate:\n  bind_dn: ""\n  bind_password_file:\n  labels:',
      { servers: ['ldaps://a:636'], tls: {} },
    ],
  ]
  for (const [title, text, expected, warning] of cases) {
    it(`becomes the ldap plugin's options: ${title}`, () => {
      const { plugin, options, problems, warnings } = ldap(`${text}\n${BASE}`)
      expect(problems).to.deep.equal([])
      expect(warnings).to.deep.equal(warning === undefined ? [] : [warning])
      expect(plugin).to.equal('ldap')
      expect(options).to.deep.equal({ ...COMMON, ...expected })
    })
  }

  const refused: [string, string, string][] = [
    ['no server', `  tls: always\n${BASE}`, 'ldap_auth.addr: is missing; write HOST:PORT of the LDAP server'],
    ['no filter', '  addr: a:636', 'ldap_auth.filter: is missing; write what finds an account'],
    [
      'another kind of TLS',
      `  addr: a:1\n  tls: startls\n${BASE}`,
      'ldap_auth.tls: is none of none, starttls, always',
    ],
    [
      'a service account without a password',
      `  addr: a:636\n  bind_dn: cn=r\n${BASE}`,
      'ldap_auth.bind_password_file: is missing beside bind_dn',
    ],
    [
      'a label of nothing',
      `  addr: a:636\n  labels: { a: { parse_cn: true } }\n${BASE}`,
      'ldap_auth.labels.a: has no attribute',
    ],
  ]
  for (const [title, text, message] of refused) {
    it(`is refused with ${title}`, () => {
      const { problems } = ldap(text)
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include(message)
    })
  }

  const URL_WARNING = (hint: string) =>
    `f:5:3: ldap_auth.addr: is a URL, which docker_auth can not ask; write ${hint}`
  const servers: [string, string, string[]][] = [
    ['dc1', 'ldap://dc1', []],
    ['dc1:ldaps', 'ldaps://dc1:636', []],
    [':389', 'ldap://localhost:389', []],
    ['ldap://dc1:389', 'ldap://dc1:389', [URL_WARNING('dc1:389')]],
    ['LDAP://dc1/', 'ldap://dc1:389', [URL_WARNING('dc1:389')]],
    ['ldaps://dc1', 'ldaps://dc1:636', [URL_WARNING('dc1:636, and tls: always')]],
    ['ldaps://[::1]:3269', 'ldaps://[::1]:3269', [URL_WARNING('[::1]:3269, and tls: always')]],
  ]
  for (const [addr, server, expected] of servers) {
    it(`asks the server that is meant by ${addr}`, () => {
      const { options, problems, warnings } = ldap(`  addr: "${addr}"\n${BASE}`)
      expect(problems).to.deep.equal([])
      expect(options.servers).to.deep.equal([server])
      expect(warnings.filter((warning) => !warning.includes(PLAIN))).to.deep.equal(expected)
    })
  }

  for (const addr of [
    'http://dc1',
    'ldapi:///x',
    'dc1:389/x',
    'user@dc1:389',
    'dc1:389,dc2:389',
    'dc1:99999',
    '::1:389',
    'dc 1:389',
  ]) {
    it(`is refused in its own words with the address ${addr}`, () => {
      const { problems } = ldap(`  addr: "${addr}"\n${BASE}`)
      expect(problems).to.have.length(1)
      expect(problems[0]).to.match(
        /^f:5:9: ldap_auth\.addr: is no address; write HOST:PORT of the LDAP server, such as dc1\.example\.com:389/,
      )
    })
  }

  const modes: [string, string, string][] = [
    ['true', 'a:389', 'write starttls for port 389, or always for a port of LDAP over TLS, such as 636'],
    ['yes', 'a:636', 'write always for LDAP over TLS'],
    ['SSL', 'ldaps://a', 'write always for LDAP over TLS'],
    ['false', 'a:389', 'write none for a connection without TLS'],
    ['StartTLS', 'a:389', 'did you mean "starttls"?'],
  ]
  for (const [mode, addr, hint] of modes) {
    it(`is refused with tls: ${mode}, and says what is meant`, () => {
      const { problems } = ldap(`  addr: ${addr}\n  tls: ${mode}\n${BASE}`)
      expect(problems).to.deep.equal([`f:6:8: ldap_auth.tls: is none of none, starttls, always; ${hint}`])
    })
  }

  it('says of ldaps:// without TLS that it contradicts itself', () => {
    const { problems } = ldap(`  addr: ldaps://a\n  tls: starttls\n${BASE}`)
    expect(problems).to.deep.equal([
      'f:6:8: ldap_auth.tls: is starttls, but addr begins with ldaps://; write always, or HOST:PORT as addr',
    ])
  })

  const passwords: [string, string][] = [
    [
      '  bind_dn: cn=r\n  bind_password: x',
      'f:7:3: ldap_auth.bind_password: is no key of docker_auth, so that no login could succeed; write the password into a file, and its path as bind_password_file',
    ],
    [
      '  bind_dn: cn=r',
      'f:4:1: ldap_auth.bind_password_file: is missing beside bind_dn, so that no login could succeed; name it',
    ],
  ]
  for (const [text, problem] of passwords) {
    it(`says one thing about ${JSON.stringify(text)}`, async () => {
      const file = `${SERVER}${TOKEN}acl: []\nldap_auth:\n  addr: a:636\n${text}\n${BASE}\n`
      const { problems } = await examineText(file)
      expect(problems.filter((found) => found.includes('ldap_auth'))).to.deep.equal([problem])
    })
  }

  it('names its own key of a file that can not be read', async () => {
    const file = `${SERVER}${TOKEN}acl: []\nldap_auth:\n  addr: a:636\n  ca_certificate: /none/ca.pem\n${BASE}\n`
    const { problems } = await examineText(file)
    expect(problems).to.include(
      'f:6:19: ldap_auth.ca_certificate: plugin ldap (id ldap_auth) could not be created: cannot read /none/ca.pem: there is no such file',
    )
  })

  it("loads as it stands in docker_auth's reference", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
    try {
      const file = join(folder, 'config.yml')
      writeFileSync(
        file,
        `${SERVER}${TOKEN}acl: []
ldap_auth:
  addr: ldap.example.com:636
  tls: always
  insecure_tls_skip_verify: false
  ca_certificate:
  bind_dn:
  bind_password_file:
  base: o=example.com
  filter: (&(uid=\${account})(objectClass=person))
  labels:
    title:
      attribute: title
    groups:
      attribute: memberOf
      parse_cn: true
      lower_case: true
`,
      )
      const { plugins, warnings } = await readConfig(file)
      expect(warnings.filter(({ path }) => path.startsWith('ldap_auth'))).to.deep.equal([])
      expect(plugins[0]).to.deep.include({ id: 'ldap_auth', timeout: 10_000 })
      expect(plugins[0]!.options).to.deep.include({
        servers: [{ host: 'ldap.example.com', port: 636, secure: true }],
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
