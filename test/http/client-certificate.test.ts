// Client certificates over real TLS: who comes in with one, who does not, and what changes while connections are open.
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import {
  type Authority,
  alternativeNames,
  authorityOf,
  newAuthority,
} from '../support/client-certificates.ts'
import { basic, encode, type HttpQuestion } from '../support/http-question.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const DAY = 86_400_000
const PASSWORD = 'canary of the certified'
const SCOPE = { service: 'registry', scope: 'repository:ci/app:pull,push' }
const own = [{ match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }]

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any
}

describe('client certificates', () => {
  let tls: TestPair
  let root: Authority
  let stranger: Authority
  let ci: TestPair
  let server: TestInstance
  let agents: Agent[]

  before(async () => {
    tls = await newPair('P-256', { name: 'localhost' })
    root = await newAuthority('clients')
    stranger = await newAuthority('clients')
    ci = await root.issue('CN=ci,OU=build', { usage: 'client' })
  })
  beforeEach(() => {
    agents = []
  })
  afterEach(async () => {
    for (const agent of agents) agent.destroy()
    await server?.stop()
  })

  async function start(
    given: { server?: object; files?: Record<string, string>; options?: object } = {},
  ): Promise<void> {
    const mtls = { plugin: 'mtls', options: { labels: { unit: 'certificate.subject.OU' }, ...given.options } }
    const people = { users: { '': {}, alice: { password: '!env ALICE' } } }
    server = await startTestServer({
      config: {
        server: {
          listen: '127.0.0.1:0',
          tls: { certificate: 'tls.crt', key: 'tls.key' },
          client_ca: 'clients.pem',
          ...given.server,
        },
        authenticators: [mtls, { plugin: 'static', options: people }],
        authorizers: [{ plugin: 'acl', options: { rules: own } }],
      },
      env: { ALICE: PASSWORD },
      files: {
        'tls.crt': tls.certificate,
        'tls.key': tls.key,
        'clients.pem': root.certificate,
        ...given.files,
      },
      ca: tls.certificate,
      watchInterval: 10,
    })
  }

  function agentOf(pair: TestPair | undefined, ca = tls.certificate): Agent {
    const shown = pair && { cert: pair.certificate, key: pair.key }
    const agent = new Agent({ ...shown, ca, keepAlive: true, maxSockets: 1, servername: 'localhost' })
    agents.push(agent)
    return agent
  }

  function ask(agent: Agent, { form, user, query = SCOPE }: HttpQuestion = {}): Promise<Answer> {
    const options = {
      agent,
      host: '127.0.0.1',
      port: server.port,
      method: form ? 'POST' : 'GET',
      path: form ? '/auth' : `/auth?${encode(query)}`,
      headers: {
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(user && { authorization: basic(...user) }),
      },
    }
    return new Promise((resolve, reject) => {
      const sent = request(options, async (response) => {
        const chunks = await response.toArray()
        resolve({ status: response.statusCode!, json: JSON.parse(Buffer.concat(chunks).toString()) })
      })
      sent.on('error', reject).end(form && encode(form))
    })
  }

  function accessOf({ json }: Answer) {
    const { sub, access } = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString())
    return [sub, ...access[0].actions]
  }

  function reasons(): string[] {
    return server.lines().flatMap(({ msg, reason }) => (msg === 'credentials rejected' ? [reason] : []))
  }

  it('stand for an account, with labels, and are named in the audit line', async () => {
    await start()
    const answer = await ask(agentOf(ci))
    expect(accessOf(answer)).to.deep.equal(['ci', 'pull', 'push'])
    const fingerprint = new X509Certificate(ci.certificate).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(server.audits().at(-1)).to.include({
      account: 'ci',
      authenticator: 'mtls',
      certificate: fingerprint,
    })
  })

  it('are not needed by who has a password, or wants to be anonymous', async () => {
    await start()
    expect(accessOf(await ask(agentOf(undefined), { user: ['alice', PASSWORD] }))).to.deep.equal(['alice'])
    expect(accessOf(await ask(agentOf(undefined)))).to.deep.equal([''])
  })

  it('do not count beside a password, right or wrong', async () => {
    await start()
    const bad = await stranger.issue('CN=ci')
    for (const pair of [ci, bad]) {
      expect(accessOf(await ask(agentOf(pair), { user: ['alice', PASSWORD] }))).to.deep.equal(['alice'])
      expect((await ask(agentOf(pair), { user: ['alice', 'wrong of the certified'] })).status).to.equal(401)
    }
  })

  it('are asked for with a TLS certificate of our own making, too', async () => {
    await start({ server: { tls: 'auto' } })
    const ca = readFileSync(join(server.folder, 'var/tls.crt'), 'utf8')
    expect(accessOf(await ask(agentOf(ci, ca)))).to.deep.equal(['ci', 'pull', 'push'])
  })

  it('may come with the authorities between them and the root', async () => {
    await start()
    const between = await root.authority('between')
    const leaf = await between.issue('CN=ci')
    const chain = { ...leaf, certificate: leaf.certificate + between.certificate }
    expect(accessOf(await ask(agentOf(chain)))).to.deep.equal(['ci', 'pull', 'push'])
    expect((await ask(agentOf(leaf))).status).to.equal(401)
    expect(reasons().at(-1)).to.contain('does not lead to an authority in server.client_ca')
  })

  it('are judged by `accept`, and named by `account`', async () => {
    const options = {
      accept: "certificate.san.uri.exists(uri, uri.startsWith('spiffe://example/'))",
      account: "certificate.san.uri[0].split('/')[3]",
    }
    await start({ options })
    const good = await root.issue('CN=x', { names: [alternativeNames(['uri', 'spiffe://example/ci'])] })
    expect(accessOf(await ask(agentOf(good)))[0]).to.equal('ci')
    expect((await ask(agentOf(ci))).status).to.equal(401)
    expect(reasons().at(-1)).to.contain('`accept` is not true for it')
  })

  it('of a proxy are not those of its clients', async () => {
    await start({ server: { client_certificate: { header: 'Client-Cert', trusted_proxies: ['127.0.0.1'] } } })
    expect(accessOf(await ask(agentOf(ci)))).to.deep.equal([''])
  })

  describe('that are not trusted are refused, and never taken for anonymous:', () => {
    const cases: [string, () => Promise<TestPair>, RegExp][] = [
      [
        'of another authority of the same name',
        () => stranger.issue('CN=ci'),
        /does not lead to an authority/,
      ],
      ['self-signed', () => newPair('P-256', { name: 'ci' }), /does not lead to an authority/],
      ['expired', () => root.issue('CN=ci', { notAfter: new Date(Date.now() - DAY) }), /has expired/],
      [
        'not valid yet',
        () => root.issue('CN=ci', { notBefore: new Date(Date.now() + DAY) }),
        /not valid yet/,
      ],
      ['for servers', () => root.issue('CN=ci', { usage: 'server' }), /not for clients/],
      ['issued by a client', () => clientAsAuthority(), /./],
      ['with a line break in its name', () => root.issue([{ CN: ['ci\nCN=admin'] }]), /control characters/],
      ['without a name', () => root.issue([{ O: ['Example'] }]), /`account` gives no name/],
      ['with a name that ends in white space', () => root.issue([{ CN: ['ci '] }]), /white space at an end/],
    ]
    for (const [name, make, reason] of cases) {
      it(name, async () => {
        await start()
        const answer = await ask(agentOf(await make()))
        expect(answer.status).to.equal(401)
        expect(reasons().at(-1))
          .to.match(reason)
          .and.match(/^client certificate [0-9a-f]{16}\.\.\.: /)
        expect(server.audits().at(-1)).to.include({ authenticator: 'mtls', status: 401 })
      })
    }

    async function clientAsAuthority(): Promise<TestPair> {
      const leaf = await authorityOf(ci).issue('CN=admin')
      return { ...leaf, certificate: leaf.certificate + ci.certificate }
    }
  })

  describe('and refresh tokens:', () => {
    const offline = { ...SCOPE, offline_token: 'true', client_id: 'test' }
    const redeem = (token: string): HttpQuestion => ({
      form: { grant_type: 'refresh_token', refresh_token: token, ...SCOPE },
    })

    it('what was got with a certificate is good only together with it', async () => {
      await start()
      const { json } = await ask(agentOf(ci), { query: offline })
      const token = redeem(json.refresh_token)
      expect(accessOf(await ask(agentOf(ci), token))).to.deep.equal(['ci', 'pull', 'push'])
      const twin = await root.issue('CN=ci,OU=build', { usage: 'client' })
      for (const [pair, reason] of [
        [undefined, /shows no client certificate/],
        [twin, /another client certificate/],
        [await stranger.issue('CN=ci'), /another client certificate/],
      ] as const) {
        expect((await ask(agentOf(pair), token)).status).to.equal(400)
        expect(server.audits().at(-1)!.reason).to.match(reason)
      }
    })

    it('they end when the certificate is revoked', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root.list([]) },
      })
      const { json } = await ask(agentOf(ci), { query: offline })
      await write('clients.crl', await root.list([ci]))
      const answer = await ask(agentOf(ci), redeem(json.refresh_token))
      expect(answer.status).to.equal(400)
      expect(server.audits().at(-1)!.reason).to.contain('has been revoked')
    })
  })

  /** Writes a file of authorities, and waits until the server has read it. */
  async function write(name: string, text: string): Promise<void> {
    const before = told().length
    writeFileSync(join(server.folder, name), text)
    await eventually(() => told().length > before)
  }

  const told = () => server.lines().filter(({ msg }) => /authorities of client certificates/.test(msg))

  describe('while the server runs:', () => {
    it('one that is revoked is refused at once, also on a connection that was open before', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root.list([]) },
      })
      const agent = agentOf(ci)
      expect((await ask(agent)).status).to.equal(200)
      await write('clients.crl', await root.list([ci]))
      // The agent may use its old connection; that ends, or it has noticed already and makes another.
      const answer = await ask(agent).catch(() => ask(agent))
      expect(answer.status).to.equal(401)
      expect(reasons().at(-1)).to.contain('has been revoked')
      const fine = await root.issue('CN=ci')
      expect((await ask(agentOf(fine))).status).to.equal(200)
    })

    it('a connection that is busy when the authorities change ends before its next request', async () => {
      await start()
      const socket = await open(ci)
      // Half a request: the connection is not idle.
      socket.write('GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\n')
      await write('clients.pem', stranger.certificate)
      const closed = new Promise<string>((resolve) => {
        let text = ''
        socket.on('data', (data) => {
          text += data
        })
        socket.on('close', () => resolve(text))
      })
      socket.write('\r\n')
      expect(await closed).to.equal('')
    })

    it('a new authority is trusted, and the old one is not any more', async () => {
      await start()
      await write('clients.pem', stranger.certificate)
      expect((await ask(agentOf(await stranger.issue('CN=ci')))).status).to.equal(200)
      expect((await ask(agentOf(ci))).status).to.equal(401)
    })

    it('a damaged file does not count', async () => {
      await start()
      await write('clients.pem', root.certificate.slice(0, 200))
      expect(told().at(-1)!.msg).to.match(/could not be read again, and those in use stay: .*no certificate/)
      expect((await ask(agentOf(ci))).status).to.equal(200)
    })

    it('a renewed TLS certificate goes on asking for them', async () => {
      await start()
      const next = await newPair('P-256', { name: 'localhost' })
      writeFileSync(join(server.folder, 'tls.crt'), next.certificate)
      writeFileSync(join(server.folder, 'tls.key'), next.key)
      await eventually(() => server.lines().some(({ msg }) => /^TLS certificate read again/.test(msg)))
      expect((await ask(agentOf(ci, next.certificate))).status).to.equal(200)
      expect((await ask(agentOf(await stranger.issue('CN=ci'), next.certificate))).status).to.equal(401)
    })
  })

  /** A connection of its own. */
  function open(pair: TestPair, more: object = {}): Promise<TLSSocket> {
    const options = { host: '127.0.0.1', port: server.port, servername: 'localhost', ca: tls.certificate }
    return new Promise((resolve, reject) => {
      const shown = { cert: pair.certificate, key: pair.key }
      const socket = connect({ ...options, ...shown, ...more }, () => resolve(socket))
      socket.on('error', reject)
    })
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`sessions of ${version} are not resumed: each connection shows its certificate`, async () => {
      await start()
      const once = async (session?: Buffer) => {
        const socket = await open(ci, { minVersion: version, maxVersion: version, session })
        const reused = socket.isSessionReused()
        let given: Buffer | undefined = socket.getSession()
        socket.on('session', (kept) => {
          given = kept
        })
        socket.write('GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        const text = Buffer.concat(await socket.toArray()).toString()
        return { text, given, reused }
      }
      const first = await once()
      expect(first.given).to.be.instanceOf(Buffer)
      const second = await once(first.given)
      expect(second.reused).to.equal(false)
      expect(second.text).to.match(/^HTTP\/1\.1 200 /)
      expect(server.audits().map(({ account }) => account)).to.deep.equal(['ci', 'ci'])
    })
  }
})
