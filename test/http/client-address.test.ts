// The client's address as a whole server sees it: in the audit log, for plugins, and in the ip condition of the ACL.
import { expect } from 'chai'
import { scripted } from '../support/plugins/index.ts'
import { openRaw } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the addresses'
const SCOPE = 'repository:a/b:pull,push'
const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })

/** Pull for loopback, push too for 198.51.100.0/24. */
const acl = {
  plugin: 'acl',
  options: {
    rules: [
      { match: { ip: '127.0.0.1' }, actions: ['pull'] },
      { match: { ip: '198.51.100.0/24' }, actions: ['*'] },
    ],
  },
}

function start(server: object): Promise<TestInstance> {
  return startTestServer({ config: { server, authenticators: [accept], authorizers: [acl] } })
}

const ask = (headers: Record<string, string | string[]> = {}) => ({
  user: ['alice', PASSWORD] as const,
  query: { scope: SCOPE },
  headers,
})

describe('the client address', () => {
  it('of an IPv4 client on an IPv6 socket is IPv4', async () => {
    await using server = await start({ listen: ':0' })
    using connection = await openRaw(server.port)
    const authorization = `Basic ${Buffer.from(`alice:${PASSWORD}`).toString('base64')}`
    connection.write(
      `GET /auth?scope=${SCOPE} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`,
    )
    await connection.answers(1)
    expect(server.audits()[0]).to.deep.include({ ip: '127.0.0.1', access: ['repository:a/b:pull'] })
  })

  it('can not be set by a header unless the configuration says so', async () => {
    await using server = await start({})
    const forged = {
      'x-forwarded-for': '198.51.100.9',
      'x-real-ip': '198.51.100.9',
      forwarded: 'for=198.51.100.9',
    }
    expect((await server.token(ask(forged))).access).to.deep.equal(['repository:a/b:pull'])
    expect(server.audits()[0]!.ip).to.equal('127.0.0.1')
  })

  it('can not be forged through a trusted proxy that appends what it saw', async () => {
    await using server = await start({
      client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8'] },
    })
    const cases: [string | string[], string, string][] = [
      ['198.51.100.9', '198.51.100.9', 'pull,push'],
      ['198.51.100.9, 203.0.113.1', '203.0.113.1', ''],
      [['198.51.100.9', '203.0.113.1'], '203.0.113.1', ''],
      ['127.0.0.1, 203.0.113.1', '203.0.113.1', ''],
      ['203.0.113.1, 198.51.100.9', '198.51.100.9', 'pull,push'],
    ]
    for (const [forwarded, ip, granted] of cases) {
      const { access } = await server.token(ask({ 'x-forwarded-for': forwarded }))
      expect(access, String(forwarded)).to.deep.equal([`repository:a/b:${granted}`])
      expect(server.audits().at(-1)!.ip).to.equal(ip)
    }
  })

  it('that a trusted proxy can not say is none: no rule with ip is for it, not even the proxy’s own', async () => {
    await using server = await start({
      client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8'] },
    })
    for (const forwarded of [
      'unknown',
      '198.51.100.9,',
      '',
      '198.51.100.9, _hidden',
      'unknown, 127.0.0.1',
      '[127.0.0.1',
    ]) {
      const { access } = await server.token(ask({ 'x-forwarded-for': forwarded }))
      expect(access, forwarded).to.deep.equal(['repository:a/b:'])
      expect(server.audits().at(-1)).not.to.have.property('ip')
    }
  })

  it('in a single header of a trusted proxy is read alike', async () => {
    await using server = await start({ client_ip: { header: 'X-Real-IP', trusted_proxies: ['127.0.0.0/8'] } })
    expect((await server.token(ask({ 'x-real-ip': '198.51.100.9' }))).access).to.deep.equal([SCOPE])
    expect((await server.token(ask({ 'x-real-ip': 'unknown' }))).access).to.deep.equal(['repository:a/b:'])
    expect((await server.token(ask())).access).to.deep.equal(['repository:a/b:pull'])
  })

  it('can not be taken from Forwarded (RFC 7239), which is not read: the start says so', async () => {
    const client_ip = { header: 'forwarded', trusted_proxies: ['127.0.0.0/8'] }
    const message = await start({ client_ip }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(message).to.contain('server.client_ip.header: Forwarded (RFC 7239) is not read here')
  })

  it('from an untrusted peer is the peer’s', async () => {
    await using server = await start({
      client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['10.0.0.0/8'] },
    })
    await server.token(ask({ 'x-forwarded-for': '198.51.100.9' }))
    expect(server.audits()[0]!.ip).to.equal('127.0.0.1')
  })

  it('at a position is believed from any peer, and its absence is 400', async () => {
    await using server = await start({ client_ip: { header: 'X-Real-IP', position: 0 } })
    expect((await server.token(ask({ 'x-real-ip': '::ffff:198.51.100.9' }))).access).to.deep.equal([SCOPE])
    for (const headers of [{}, { 'x-real-ip': '' }, { 'x-real-ip': 'nowhere' }]) {
      const answer = await server.token(ask(headers as Record<string, string>))
      expect(answer.status).to.equal(400)
      expect(answer.json.errors[0].message).to.contain('x-real-ip')
    }
    expect(server.audits().map(({ ip }) => ip)).to.deep.equal([
      '198.51.100.9',
      undefined,
      undefined,
      undefined,
    ])
  })
})
