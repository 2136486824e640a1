// nginx and HAProxy as docs/proxies.md sets them up: whose address arrives, and whether their checks are content.
import { type ClientRequestArgs, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { expect } from 'chai'
import { hasStream, startBalancer } from '../support/balancer.ts'
import { needs } from '../support/debian.ts'
import { basic } from '../support/http-question.ts'
import { scripted } from '../support/plugins/index.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the balanced'
/** Of the client; the balancer comes from 127.0.0.1. */
const CLIENT = '127.0.0.9'
const TRUSTED = { trusted_proxies: ['127.0.0.1'] }
const HEADER = { client_ip: { header: 'X-Forwarded-For', ...TRUSTED } }

const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })
const start = (server: object) =>
  startTestServer({ config: { server, authenticators: [accept], authorizers: [] } })

/** Asks for a token through a balancer. */
function token(port: number, secure: boolean): Promise<number> {
  const options: ClientRequestArgs & { rejectUnauthorized: boolean } = {
    host: '127.0.0.1',
    port,
    localAddress: CLIENT,
    path: '/auth?service=registry',
    headers: { authorization: basic('alice', PASSWORD), 'x-forwarded-for': '203.0.113.66' },
    rejectUnauthorized: false,
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const send = secure ? requestHttps : requestHttp
    send(options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode!))
    })
      .once('error', reject)
      .end()
  })
}

/** No check, and no request, was refused. */
function expectContent(server: TestInstance): void {
  expect(server.lines().filter(({ level }) => level === 'warn')).to.deep.equal([])
}

describe('behind HAProxy', function () {
  // A check that fails is tried again after two seconds.
  this.timeout(60_000)
  needs('haproxy')

  const tcp: [string, (text: string) => string][] = [
    ['version 2', (text) => text],
    [
      'version 2 with a checksum and more',
      (text) => text.replace('send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'),
    ],
    ['version 1', (text) => text.replace('send-proxy-v2', 'send-proxy')],
  ]
  for (const [name, change] of tcp) {
    it(`a client of TLS that is passed on has its address: ${name}`, async () => {
      await using server = await start({ tls: 'auto', proxy_protocol: TRUSTED })
      await using balancer = await startBalancer('haproxy-tcp.cfg', server.port, change)
      expect(await token(balancer.port, true)).to.equal(200)
      expect(server.audits()[0]).to.include({ status: 200, ip: CLIENT })
      await eventually(async () => (await balancer.checked()) === 'L7OK')
      expectContent(server)
    })
  }

  it('a client without TLS that is passed on has its address', async () => {
    await using server = await start({ proxy_protocol: TRUSTED })
    const plain = (text: string) => text.replace(' check-ssl verify none', '')
    await using balancer = await startBalancer('haproxy-tcp.cfg', server.port, plain)
    expect(await token(balancer.port, false)).to.equal(200)
    expect(server.audits()[0]).to.include({ status: 200, ip: CLIENT })
    await eventually(async () => (await balancer.checked()) === 'L7OK')
    expectContent(server)
  })

  for (const check of [
    'option httpchk',
    'option httpchk HEAD /',
    'option httpchk OPTIONS /readyz',
    'option httpchk GET /healthz',
  ]) {
    it(`its check is content, and its header has the client's address: ${check}`, async () => {
      await using server = await start(HEADER)
      const change = (text: string) => text.replace('option httpchk', check)
      await using balancer = await startBalancer('haproxy-http.cfg', server.port, change)
      expect(await token(balancer.port, false)).to.equal(200)
      expect(server.audits()[0]).to.include({ status: 200, ip: CLIENT })
      await eventually(async () => (await balancer.checked()) === 'L7OK')
      expectContent(server)
    })
  }

  it('its check of a port alone is content, with a PROXY header', async () => {
    await using server = await start({ tls: 'auto', proxy_protocol: TRUSTED })
    const change = (text: string) =>
      text.replace(/ {2}option httpchk.*\n/, '').replace(' check-ssl verify none', '')
    await using balancer = await startBalancer('haproxy-tcp.cfg', server.port, change)
    await eventually(async () => (await balancer.checked()) === 'L4OK')
    expect(await token(balancer.port, true)).to.equal(200)
    expectContent(server)
  })
})

describe('behind nginx', function () {
  this.timeout(60_000)
  needs('nginx')

  it("its header has the client's address", async () => {
    await using server = await start(HEADER)
    await using balancer = await startBalancer('nginx-http.conf', server.port)
    for (let round = 0; round < 3; round += 1) expect(await token(balancer.port, false)).to.equal(200)
    expect(server.audits().map(({ ip }) => ip)).to.deep.equal([CLIENT, CLIENT, CLIENT])
    expectContent(server)
  })

  for (const tls of [undefined, 'auto']) {
    it(`a client that is passed on has its address${tls ? ', with TLS' : ''}`, async function () {
      if (!hasStream()) this.skip()
      await using server = await start({ tls, proxy_protocol: TRUSTED })
      await using balancer = await startBalancer('nginx-stream.conf', server.port)
      expect(await token(balancer.port, tls !== undefined)).to.equal(200)
      expect(server.audits()[0]).to.include({ status: 200, ip: CLIENT })
      expectContent(server)
    })
  }
})
