// Refresh tokens of a directory's accounts on a whole server, in both forms of the configuration: a new password ends them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { RefreshOrder } from '../../core/token/orders.ts'
import { needs } from '../support/debian.ts'
import { newPair } from '../support/key-pairs.ts'
import { PEOPLE_OF_OTHERS, SCHEMA } from '../support/ldap-directories.ts'
import { PASSWORD, PEOPLE_BASE } from '../support/ldap-people.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { type SlapdServer, startSlapd } from '../support/slapd.ts'
import { keeperOf } from '../support/token-keeper.ts'

const BOB = `uid=bob,${PEOPLE_BASE}`
const SERVICE = 'registry'
const FIRST = '133500000000000000'
const SECOND = '133500000000000001'

/** What both forms call the same. */
const lookup = { base: PEOPLE_BASE, filter: '(uid=${account})', bind_dn: 'cn=reader,dc=example,dc=com' }
const match = { account: '/.+/' }

const FORMS: [string, string, (slapd: SlapdServer, folder: string) => object][] = [
  [
    'native',
    'corp',
    ({ url }, folder) => ({
      server: { listen: '127.0.0.1:0' },
      authenticators: [
        {
          plugin: 'ldap',
          id: 'corp',
          options: { ...lookup, servers: [url], bind_password_file: join(folder, 'reader'), account: 'uid' },
        },
      ],
      authorizers: [{ plugin: 'acl', options: { rules: [{ match, actions: ['pull'] }] } }],
    }),
  ],
  [
    'of docker_auth',
    'ldap_auth',
    ({ port }, folder) => ({
      server: { addr: '127.0.0.1:0' },
      token: {
        issuer: 'Acme',
        expiration: 900,
        certificate: join(folder, 'signing.crt'),
        key: join(folder, 'signing.key'),
      },
      ldap_auth: {
        ...lookup,
        addr: `127.0.0.1:${port}`,
        tls: 'none',
        bind_password_file: join(folder, 'reader'),
      },
      acl: [{ match, actions: ['pull'] }],
    }),
  ],
]

/** As the native form above, with a memory. */
const remembering = (slapd: SlapdServer, folder: string, more: object = {}) => {
  const [, , configOf] = FORMS[0]!
  const config = configOf(slapd, folder) as { authenticators: [{ options: object }] }
  const [directory] = config.authenticators
  return { ...config, authenticators: [{ ...directory, ...more }] }
}

describe('a password that a directory has proved', () => {
  needs('slapd')
  let slapd: SlapdServer
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-directory-'))
    writeFileSync(join(folder, 'reader'), 'reader-password')
    slapd = await startSlapd({ ldif: PEOPLE_OF_OTHERS, schema: SCHEMA })
  })
  after(async () => {
    await slapd?.stop()
    rmSync(folder, { recursive: true })
  })
  beforeEach(() =>
    slapd.modify(BOB, { pwdLastSet: FIRST, userPassword: PASSWORD, userAccountControl: '512' }),
  )

  const start = (more: object) =>
    startTestServer({ config: JSON.stringify(remembering(slapd, folder, more)), env: { PASSWORD } })

  async function login(server: TestInstance, password = PASSWORD): Promise<[number, string]> {
    const { status } = await server.token({ user: ['bob', password], query: { service: SERVICE } })
    return [status, server.audits().at(-1)!.asked.join()]
  }

  it('is not remembered unless that is asked for', async () => {
    await using server = await start({})
    for (let count = 0; count < 3; count++) expect(await login(server)).to.deep.equal([200, 'corp: accept'])
  })

  it('is remembered until the entry tells of another one, or is disabled', async () => {
    await using server = await start({ remember: '5m' })
    expect(await login(server)).to.deep.equal([200, 'corp: accept'])
    expect(await login(server)).to.deep.equal([200, 'corp: remembered'])
    expect(await login(server, 'wrong horse')).to.deep.equal([401, 'corp: reject'])
    await slapd.modify(BOB, { pwdLastSet: SECOND, userPassword: 'second' })
    expect(await login(server)).to.deep.equal([401, 'corp: reject'])
    expect(await login(server, 'second')).to.deep.equal([200, 'corp: accept'])
    expect(await login(server, 'second')).to.deep.equal([200, 'corp: remembered'])
    // The bind alone would let it in.
    await slapd.modify(BOB, { pwdLastSet: [] })
    for (let count = 0; count < 2; count++)
      expect(await login(server, 'second')).to.deep.equal([200, 'corp: accept'])
  })

  it('can not be remembered where only the users themselves can look', async () => {
    const options = {
      base: PEOPLE_BASE,
      filter: '(uid=${account})',
      servers: [slapd.url],
      initial_bind_as_user: true,
      bind_dn: `uid=\${account},${PEOPLE_BASE}`,
    }
    const fault = await start({ remember: '5m', options }).then(
      async (server) => await server.stop(),
      (error: Error) => error.message,
    )
    expect(fault).to.match(/initial_bind_as_user.*bind_dn; remove the key/)
    await using server = await start({ options })
    for (let count = 0; count < 2; count++) expect(await login(server)).to.deep.equal([200, 'corp: accept'])
  })
})

for (const [form, id, configOf] of FORMS) {
  describe(`an account of a directory, in the form ${form}`, () => {
    needs('slapd')
    let slapd: SlapdServer
    let server: TestInstance
    /** docker_auth's paths start from the working directory, which all tests share. */
    let folder: string
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-directory-'))
      const { certificate, key } = await newPair('P-256')
      const files = { 'signing.crt': certificate, 'signing.key': key, reader: 'reader-password' }
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      slapd = await startSlapd({ ldif: PEOPLE_OF_OTHERS, schema: SCHEMA })
    })
    after(async () => {
      await slapd?.stop()
      rmSync(folder, { recursive: true })
    })
    beforeEach(async () => {
      await slapd.modify(BOB, { pwdLastSet: FIRST, userPassword: PASSWORD, userAccountControl: '512' })
      server = await startTestServer({ config: JSON.stringify(configOf(slapd, folder)) })
    })
    afterEach(() => server.stop())

    async function login(password = PASSWORD): Promise<string> {
      const query = { service: SERVICE, offline_token: 'true' }
      const { status, json } = await server.token({ user: ['bob', password], query })
      expect(status).to.equal(200)
      return json.refresh_token
    }
    const refresh = async (token: string) =>
      (await server.token({ form: { grant_type: 'refresh_token', refresh_token: token, service: SERVICE } }))
        .status

    it('has refresh tokens that end with the password, and new ones after it', async () => {
      const token = await login()
      expect(await refresh(token)).to.equal(200)
      await slapd.modify(BOB, { pwdLastSet: SECOND, userPassword: 'second' })
      expect(await refresh(token)).to.equal(400)
      expect(server.audits().at(-1)!.reason).to.match(/the password has changed since/)
      expect(await refresh(await login('second'))).to.equal(200)
    })

    it(`has personal access tokens for ${form === 'native' ? 'each of its names' : 'the name that was given'}`, async () => {
      const tokens = keeperOf(join(server.folder, 'var'), Date.now)
      const order = { account: 'bob', authenticator: id, plugin: 'ldap', labels: {} }
      const personal = (await tokens.personalToken(order)).secret.reveal()
      await tokens.close()
      const statuses = await Promise.all(
        ['bob', 'BOB', 'ann'].map(async (name) => (await server.token({ user: [name, personal] })).status),
      )
      expect(statuses).to.deep.equal([200, form === 'native' ? 200 : 401, 401])
    })

    it('has none that outlive its being disabled', async () => {
      const token = await login()
      await slapd.modify(BOB, { userAccountControl: '514' })
      expect(await refresh(token)).to.equal(400)
    })

    it('has older tokens, without a stamp: they take one at their next use, and a personal one takes none', async () => {
      const tokens = keeperOf(join(server.folder, 'var'), Date.now)
      const known = { account: 'bob', authenticator: id, plugin: 'ldap', labels: {} }
      const order: RefreshOrder = {
        ...known,
        service: SERVICE,
        client: undefined,
        verified: true,
        session: undefined,
        parent: undefined,
      }
      const old = (await tokens.refreshToken(order))!
      const personal = (await tokens.personalToken(known)).secret.reveal()
      const use = async () => (await server.token({ user: ['bob', personal] })).status
      expect([await refresh(old.secret.reveal()), await use()]).to.deep.equal([200, 200])
      await slapd.modify(BOB, { pwdLastSet: SECOND })
      expect([await refresh(old.secret.reveal()), await use()]).to.deep.equal([400, 200])
      await slapd.modify(BOB, { pwdLastSet: '0' })
      expect(await use()).to.equal(401)
      await tokens.close()
    })
  })
}
