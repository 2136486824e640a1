// The metrics of a whole server: an address of their own, that answers scrapes and nothing else.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { basic } from '../support/http-question.ts'
import { newKey, newPair } from '../support/key-pairs.ts'
import { openRaw } from '../support/raw-http.ts'
import { lint, metricsUrl, scrape, scrapeOver } from '../support/scrape.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the metrics'
const SCRAPER = 'canary of whoever scrapes'

describe('the metrics of a server', () => {
  let server: TestInstance
  afterEach(() => server?.stop())

  async function start(
    metrics: object = {},
    more: Partial<Parameters<typeof startTestServer>[0]> = {},
    token: object = {},
  ) {
    server = await startTestServer({
      config: {
        server: { metrics: { listen: '127.0.0.1:0', ...metrics } },
        token: { services: ['registry'], ...token },
        authenticators: [
          { plugin: 'static', options: { users: { '': {}, alice: { password: '!env ALICE' } } } },
        ],
        authorizers: [{ plugin: 'acl', options: { rules: [] } }],
      },
      env: { ALICE: PASSWORD, SCRAPER },
      ...more,
    })
  }
  const ask = (init: RequestInit = {}, path = '/metrics') =>
    fetch(new URL(path, metricsUrl(server)), { redirect: 'manual', ...init })
  const withUser = (name: string, password: string) => ({ headers: { authorization: basic(name, password) } })

  it('count token requests by status, grant and service', async () => {
    await start()
    const alice = ['alice', PASSWORD] as const
    await server.token({ user: alice, query: { service: 'registry', offline_token: 'true' } })
    await server.token({ user: ['alice', 'wrong'], query: { service: 'registry' } })
    await server.token({ query: { service: 'registry' } })
    await server.token({ query: { service: 'registry', scope: 'nonsense' } })
    await server.token({ headers: { authorization: 'Nonsense' }, query: { service: 'registry' } })
    for (let index = 0; index < 50; index++) await server.token({ query: { service: `mine-${index}` } })
    const scraped = await scrape(server)
    const name = 'dockwarden_token_requests_total'
    const of = (status: number, grant: string, service: string) =>
      scraped.series.get(`${name}{status="${status}",grant="${grant}",service="${service}"}`)
    expect(of(200, 'password', 'registry')).to.equal(1)
    expect(of(401, 'password', 'registry')).to.equal(1)
    expect(of(200, 'anonymous', 'registry')).to.equal(1)
    expect(of(400, 'anonymous', 'registry')).to.equal(1)
    expect(of(401, 'unknown', 'registry')).to.equal(1)
    expect(of(400, 'anonymous', 'other')).to.equal(50)
    expect(scraped.of(name)).to.have.length(6)
    expect(scraped.sum('dockwarden_token_request_duration_seconds_count')).to.equal(55)
    expect(scraped.text).not.to.contain('alice')
  })

  it('say which Dockwarden and which Node this is, and what the process needs', async () => {
    await start()
    const { series } = await scrape(server)
    const [build] = [...series.keys()].filter((key) => key.startsWith('dockwarden_build_info'))
    expect(build).to.match(/^dockwarden_build_info\{version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\}$/)
    expect(series.get('process_resident_memory_bytes')).to.be.greaterThan(1e6)
    expect([...series.keys()]).to.include('nodejs_eventloop_lag_p99_seconds')
  })

  it('have the places of the server, its connections, and what it refuses', async () => {
    // Signatures with such a key have a place.
    await start({}, { files: { 'rsa.pem': newKey('RSA-2048') } }, { keys: [{ key: 'rsa.pem' }] })
    await server.token({ user: ['alice', PASSWORD], query: { service: 'registry' } })
    await server.send({ path: '/nowhere' })
    const scraped = await scrape(server)
    expect(scraped.sum('dockwarden_place_begun_total', 'place="signatures"')).to.equal(1)
    expect(scraped.sum('dockwarden_place_size', 'place="password hashes"')).to.be.greaterThan(0)
    expect(scraped.sum('dockwarden_refused_total', 'cause="404"')).to.equal(1)
    expect(scraped.sum('dockwarden_connections')).to.be.within(1, 10)
    expect(scraped.sum('dockwarden_connections_limit')).to.be.greaterThan(10)
    expect(scraped.sum('dockwarden_event_loop_busy_seconds_total')).to.be.greaterThan(0)
    expect(scraped.sum('dockwarden_guard_throttled_total')).to.equal(0)
    expect(scraped.of('dockwarden_guard_throttled_total')).to.have.length(2)
  })

  it('have what is asked of the store, and when keys and certificates end', async () => {
    const { certificate, key } = await newPair('P-256', {
      name: 'localhost',
      notAfter: new Date(2_000_000_000_000),
    })
    await start(
      { tls: { certificate: 'metrics.crt', key: 'metrics.key' } },
      { files: { 'metrics.crt': certificate, 'metrics.key': key } },
    )
    const query = { service: 'registry', offline_token: 'true', client_id: 'docker' }
    const { json } = await server.token({ user: ['alice', PASSWORD], query })
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    expect((await server.token({ form })).status).to.equal(200)
    const scraped = await scrapeOver(server, certificate)
    const store = 'dockwarden_store_operation_duration_seconds_count'
    for (const operation of ['add', 'get', 'use'])
      expect(scraped.sum(store, `operation="${operation}"`, 'outcome="done"'), operation).to.equal(1)
    expect(scraped.sum(store, 'outcome="failed"')).to.equal(0)
    const [signs] = scraped.of('dockwarden_signing_key_not_after_timestamp_seconds')
    expect(signs).to.match(/\{kid="[\w:-]+",stage="signs"\}$/)
    expect(scraped.series.get(signs!)! * 1_000).to.be.greaterThan(Date.now())
    const ends = 'dockwarden_certificate_not_after_timestamp_seconds'
    expect(scraped.series.get(`${ends}{use="server.metrics.tls"}`)).to.equal(2_000_000_000)
  })

  describe('as promtool reads them', () => {
    needs('promtool')

    it('have nothing that it complains of', async () => {
      await start()
      await server.token({ user: ['alice', PASSWORD], query: { service: 'registry' } })
      expect(lint((await scrape(server)).text)).to.equal('')
    })
  })

  it('are at /metrics of their address alone, never where tokens are asked for', async () => {
    await start()
    expect((await server.send({ path: '/metrics' })).status).to.equal(404)
    const cases: [status: number, method: string, path: string][] = [
      [200, 'GET', '/metrics'],
      [200, 'GET', '/metrics?name[]=up'],
      [200, 'HEAD', '/metrics'],
      [405, 'POST', '/metrics'],
      [405, 'DELETE', '/metrics'],
      [404, 'GET', '/'],
      [404, 'GET', '/metrics/'],
      [404, 'GET', '/healthz'],
      [404, 'GET', '/readyz'],
      [404, 'GET', '/auth?service=registry'],
      [404, 'POST', '/auth'],
    ]
    for (const [status, method, path] of cases) {
      const answer = await ask({ method, ...(method === 'POST' && { body: 'a body' }) }, path)
      const body = await answer.text()
      expect(answer.status, `${method} ${path}`).to.equal(status)
      expect(answer.headers.get('allow'), `${method} ${path}`).to.equal(status === 405 ? 'GET, HEAD' : null)
      expect(body.includes('dockwarden_build_info')).to.equal(status === 200 && method === 'GET')
    }
    const { headers } = await ask({ method: 'HEAD' })
    expect(Number(headers.get('content-length'))).to.be.greaterThan(1_000)
    expect(headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8')
  })

  it('are for whoever shows the password, where there is one', async () => {
    await start({ password: '!env SCRAPER' })
    const refused = [
      {},
      withUser('prometheus', 'wrong'),
      withUser('prometheus', ''),
      withUser('alice', SCRAPER),
      withUser('', SCRAPER),
      withUser('alice', PASSWORD),
      { headers: { authorization: `Bearer ${SCRAPER}` } },
      { headers: { authorization: 'Basic %%%' } },
    ]
    for (const init of refused) {
      const answer = await ask(init)
      expect(answer.status, JSON.stringify(init)).to.equal(401)
      expect(answer.headers.get('www-authenticate')).to.match(/^Basic realm=/)
      expect(await answer.text()).not.to.contain('dockwarden_')
    }
    expect((await ask(withUser('prometheus', SCRAPER))).status).to.equal(200)
    const warned = server.lines().filter(({ cause }) => cause === 'metrics: a wrong password, or none')
    expect(warned).to.have.length(1)
  })

  it('take another user name', async () => {
    await start({ username: 'scraper', password: '!env SCRAPER' })
    expect((await ask(withUser('prometheus', SCRAPER))).status).to.equal(401)
    expect((await ask(withUser('scraper', SCRAPER))).status).to.equal(200)
  })

  it('go over TLS with a certificate of their own', async () => {
    const { certificate, key } = await newPair('P-256', { name: 'localhost' })
    await start(
      { tls: { certificate: 'metrics.crt', key: 'metrics.key' } },
      { files: { 'metrics.crt': certificate, 'metrics.key': key } },
    )
    expect(metricsUrl(server)).to.match(/^https:/)
    expect((await scrapeOver(server, certificate)).sum('dockwarden_build_info')).to.equal(1)
  })

  it('are written once for all who ask at the same time', async () => {
    await start()
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await ask()).text()))
    for (const text of texts) expect(text).to.contain('dockwarden_build_info')
  })

  it('are there for others while somebody holds every connection that he gets', async () => {
    await start()
    const port = Number(new URL(metricsUrl(server)).port)
    const held = await Promise.all(
      Array.from({ length: 120 }, () => openRaw(port, '127.0.0.2').catch(() => {})),
    )
    try {
      for (const connection of held) connection?.write('GET /metrics HTTP/1.1\r\nHost: x\r\n')
      expect((await scrape(server)).series.size).to.be.greaterThan(10)
      expect((await server.token({ query: { service: 'registry' } })).status).to.equal(200)
    } finally {
      for (const connection of held) connection?.destroy()
    }
  })

  it('end with the server, and hold nothing up', async () => {
    await start()
    const port = Number(new URL(metricsUrl(server)).port)
    using idle = await openRaw(port)
    idle.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
    await idle.answers(1)
    await server.stop()
    await idle.closed()
    await expectRefused(port)
  })

  it('keep the server from starting when their address is taken, and leave nothing open', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as { port: number }
    try {
      const error = await start({ listen: `127.0.0.1:${port}` }).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(error?.message).to.equal(
        `server.metrics: cannot listen on 127.0.0.1:${port}: another process does; stop it or change the listen address`,
      )
    } finally {
      other.close()
    }
  })

  it('are gone when the token address is taken', async () => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as { port: number }
    const probe = createServer()
    await once(probe.listen(0, '127.0.0.1'), 'listening')
    const { port: free } = probe.address() as { port: number }
    probe.close()
    try {
      const server = { listen: `127.0.0.1:${port}`, metrics: { listen: `127.0.0.1:${free}` } }
      const config = { server, authenticators: [], authorizers: [] }
      const error = await start({}, { config }).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(error?.message).to.contain(`cannot listen on 127.0.0.1:${port}`)
      await expectRefused(free)
    } finally {
      other.close()
    }
  })

  async function expectRefused(port: number): Promise<void> {
    await eventually(() =>
      openRaw(port).then(
        (connection) => {
          connection.destroy()
          return false
        },
        () => true,
      ),
    )
  }
})

describe('a server without the key', () => {
  it('measures nothing and has no second address', async () => {
    await using server = await startTestServer({ config: { authenticators: [], authorizers: [] } })
    expect(server.server.metrics).to.equal(undefined)
  })
})
