// One directory for authenticator and labeler, on a whole server: what is asked of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../../test/support/debian.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { GROUPS_BASE, PASSWORD, PEOPLE, PEOPLE_BASE } from '../../test/support/ldap-people.ts'
import { type LdapProxy, startLdapProxy } from '../../test/support/ldap-proxy.ts'
import { corp, ENV, FILTER, labeler, READER, robots, start, TITLE } from '../../test/support/ldap-sharing.ts'
import { startTestServer, type TestInstance } from '../../test/support/server.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'

describe('ldap: one directory for all', () => {
  needs('slapd')
  let slapd: SlapdServer
  let proxy: LdapProxy
  before(async () => {
    slapd = await startSlapd({ ldif: PEOPLE })
    proxy = await startLdapProxy(slapd.port)
  })
  after(async () => {
    await proxy?.stop()
    await slapd?.stop()
  })
  beforeEach(() => {
    proxy.operations.splice(0)
    proxy.connections = 0
  })

  /** A login; what was asked of the directory for it, once the connections are there; and the labels that came of it. */
  async function login(server: TestInstance, account = 'ann', password = PASSWORD) {
    await server.token({ user: ['bob', PASSWORD] })
    proxy.operations.splice(0)
    const { status } = await server.token({ user: [account, password] })
    const asked = proxy.operations.splice(0)
    const { labels, account: as } = server.audits().at(-1)!
    return { status, asked, labels, as }
  }

  const title = { title: ['Chief, "of" Operations'] }
  const cases: [string, () => object, object][] = [
    [
      'an entry that the authenticator had is not searched for again',
      () => ({ authenticators: [corp(proxy.url)], labelers: [labeler(TITLE)] }),
      { asked: ['search', 'bind'], labels: title },
    ],
    [
      'by another name of the account neither',
      () => ({
        authenticators: [corp(proxy.url, { account: 'uid' })],
        labelers: [labeler(TITLE)],
        login: 'ANN',
      }),
      { asked: ['search', 'bind'], labels: title, as: 'ann' },
    ],
    [
      'nor where the labeler finds accounts in the very same way',
      () => ({
        authenticators: [corp(proxy.url)],
        labelers: [labeler({ ...TITLE, base: PEOPLE_BASE, filter: FILTER })],
      }),
      { asked: ['search', 'bind'], labels: title },
    ],
    [
      'groups are searched for by its name',
      () => ({
        authenticators: [corp(proxy.url)],
        labelers: [labeler({ groups: { base: GROUPS_BASE, filter: '(member=${dn})' } })],
      }),
      { asked: ['search', 'bind', 'search'], labels: { groups: ['Dev'] } },
    ],
    [
      'several labelers all find what they want in it',
      () => ({
        authenticators: [corp(proxy.url, { labels: { mail: { attribute: 'mail' } } })],
        labelers: [
          labeler(TITLE),
          labeler({ labels: { number: { attribute: 'uidNumber' } } }, { id: 'more' }),
        ],
      }),
      { asked: ['search', 'bind'], labels: { ...title, mail: ['ann@example.com'], number: ['1000'] } },
    ],
    [
      'who finds accounts in another way searches, on the same connections',
      () => ({
        authenticators: [corp(proxy.url)],
        labelers: [labeler({ ...TITLE, filter: '(uid=${account})' })],
      }),
      { asked: ['search', 'bind', 'search'], labels: title },
    ],
    [
      'an entry that is disabled for the labeler alone gives no labels',
      () => ({
        authenticators: [corp(proxy.url)],
        labelers: [labeler({ ...TITLE, disabled: '(uid=ann)' })],
      }),
      { asked: ['search', 'bind', 'search', 'search'], labels: {} },
    ],
    [
      'an account of somebody else is searched for',
      () => ({
        authenticators: [robots, corp(proxy.url)],
        labelers: [labeler(TITLE)],
        password: ENV.ROBOT,
      }),
      { asked: ['search'], labels: title },
    ],
    [
      'what one directory found is not what another one would find',
      () => ({
        authenticators: [corp(proxy.url), corp(slapd.url, {}, 'other')],
        labelers: [labeler(TITLE, { uses: { directory: 'other' } })],
      }),
      // The other one is not behind the proxy.
      { asked: ['search', 'bind'], labels: title },
    ],
    [
      'that of whoever accepted',
      () => ({
        authenticators: [corp(slapd.url, { base: GROUPS_BASE }, 'nobody'), corp(proxy.url)],
        labelers: [labeler(TITLE, { uses: { directory: 'accepting' } })],
      }),
      { asked: ['search', 'bind'], labels: title },
    ],
    [
      'whoever accepted has none: no labels',
      () => ({
        authenticators: [robots, corp(proxy.url)],
        labelers: [labeler(TITLE, { uses: { directory: 'accepting' } })],
        password: ENV.ROBOT,
      }),
      { asked: [], labels: {} },
    ],
    [
      'a labeler’s own, for another labeler',
      () => ({
        authenticators: [
          { ...robots, options: { users: { bob: { any_password: true }, ...robots.options.users } } },
        ],
        labelers: [
          { ...corp(proxy.url, TITLE), id: 'first' },
          labeler({ labels: { mail: { attribute: 'mail' } } }),
        ],
        password: ENV.ROBOT,
      }),
      { asked: ['search', 'search'], labels: { ...title, mail: ['ann@example.com'] } },
    ],
  ]
  for (const [name, make, expected] of cases) {
    it(name, async () => {
      const { login: account, password, ...config } = make() as { login?: string; password?: string }
      await using server = await start(config)
      const { status, ...came } = await login(server, account, password)
      expect(status).to.equal(200)
      expect(came).to.deep.include(expected)
    })
  }

  it('one connection for searches, one for logins, and none for the labeler', async () => {
    await using server = await start({
      authenticators: [corp(proxy.url)],
      labelers: [labeler({ ...TITLE, filter: '(uid=${account})' })],
    })
    expect((await server.token({ user: ['ann', PASSWORD] })).status).to.equal(200)
    expect((await server.send({ path: '/readyz' })).status).to.equal(200)
    expect(proxy.connections).to.equal(2)
  })

  it('with a refresh token too', async () => {
    await using server = await start({ authenticators: [corp(proxy.url)], labelers: [labeler(TITLE)] })
    const query = { service: 'registry', offline_token: 'true' }
    const { json } = await server.token({ user: ['ann', PASSWORD], query })
    proxy.operations.splice(0)
    const form = {
      grant_type: 'refresh_token',
      refresh_token: json.refresh_token,
      service: 'registry',
      client_id: 'x',
    }
    expect((await server.token({ form })).status).to.equal(200)
    expect(proxy.operations).to.deep.equal(['search'])
    expect(server.audits().at(-1)!.labels).to.deep.equal(title)
  })

  it('fifty logins at once, each with its own entry', async () => {
    await using server = await start({
      authenticators: [corp(proxy.url)],
      labelers: [labeler({ labels: { mail: { attribute: 'mail' } } })],
    })
    const people = Array.from({ length: 50 }, (_, index) => (index % 2 ? 'ann' : 'bob'))
    await Promise.all(people.map((name) => server.token({ user: [name, PASSWORD] })))
    for (const { account, labels } of server.audits())
      expect(labels).to.deep.equal({ mail: [`${account}@example.com`] })
    expect(server.audits()).to.have.length(50)
  })

  it('groups that are kept are those of one directory, though another has an entry of the same name', async () => {
    const other = await startSlapd({
      ldif: PEOPLE.replaceAll('cn=Dev', 'cn=Ops').replaceAll('cn: Dev', 'cn: Ops'),
    })
    try {
      await using server = await start({
        authenticators: [
          corp(other.url, { filter: '(&(uid=${account})(title=*))' }, 'first'),
          corp(slapd.url, {}, 'second'),
        ],
        labelers: [
          labeler(
            { groups: { base: GROUPS_BASE, filter: '(member=${dn})', cache: '1h' } },
            { uses: { directory: 'accepting' } },
          ),
        ],
      })
      const groups = async () => {
        await server.token({ user: ['ann', PASSWORD] })
        const { authenticator, labels } = server.audits().at(-1)!
        return [authenticator, labels.groups]
      }
      expect(await groups()).to.deep.equal(['first', ['Ops']])
      await other.modify(`uid=ann,${PEOPLE_BASE}`, { title: [] })
      expect(await groups()).to.deep.equal(['second', ['Dev']])
    } finally {
      await other.stop()
    }
  })

  it('docker_auth’s labels of ldap_auth come with the one search', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-ldap-'))
    const { certificate, key } = await newPair('P-256')
    const files = { 'token.crt': certificate, 'token.key': key, password: 'reader-password' }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const config = `
server: { addr: "127.0.0.1:0" }
token: { issuer: x, expiration: 900, certificate: "${folder}/token.crt", key: "${folder}/token.key" }
ldap_auth:
  addr: 127.0.0.1:${proxy.port}
  base: ${PEOPLE_BASE}
  filter: (uid=\${account})
  bind_dn: ${READER}
  bind_password_file: "${folder}/password"
  labels: { title: { attribute: title } }
acl: [{ match: {}, actions: ["*"] }]
`
    try {
      await using server = await startTestServer({ config })
      expect(await login(server)).to.deep.include({ asked: ['search', 'bind'], labels: title })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
