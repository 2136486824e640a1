// Behind a balancer that speaks the PROXY protocol: whose address counts, who may connect, and what is refused.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { readConfig } from '../../core/config/config.ts'
import { type Listener, startListener } from '../../core/server/listener.ts'
import { basic } from '../support/http-question.ts'
import { scripted } from '../support/plugins/index.ts'
import { inet6, v2 } from '../support/proxy-headers.ts'
import { openRaw, type RawAnswer } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary behind the balancer'
const CLIENT = '198.51.100.7'
const V1 = `PROXY TCP4 ${CLIENT} 192.0.2.1 50000 443\r\n`
const LOOPBACK = { trusted_proxies: ['127.0.0.0/8'] }
const FROM_ELSEWHERE = '127.9.9.9'
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
const ask = (more = '', path = '/auth?scope=repository:app:pull') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('alice', PASSWORD)}\r\n${more}\r\n`

const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })
const acl = {
  plugin: 'acl',
  options: { rules: [{ match: { ip: `${CLIENT}/32` }, actions: ['pull'] }] },
}

function start(server: object = {}, authenticators: object[] = [accept]): Promise<TestInstance> {
  return startTestServer({
    config: { server: { proxy_protocol: LOOPBACK, ...server }, authenticators, authorizers: [acl] },
  })
}

/** Sends pieces, each once the one before has surely been read, and gives the first answer. */
async function send(to: number | string, ...pieces: (string | Uint8Array)[]): Promise<RawAnswer> {
  using connection = await openRaw(to)
  for (const piece of pieces) {
    connection.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return (await connection.answers(1))[0]!
}

const refusals = (server: TestInstance) =>
  server
    .lines()
    .filter(({ msg }) => msg === 'refused before the token endpoint')
    .map(({ cause, peer }) => ({ cause, peer }))

describe('server.proxy_protocol', () => {
  const IPV6 = Buffer.from('20010db8000000000000000000000007', 'hex')
  const headers: [string, string | Uint8Array, string][] = [
    ['version 1', V1, CLIENT],
    ['version 1 of IPv6', 'PROXY TCP6 2001:DB8:0::7 ::1 1 2\r\n', '2001:db8::7'],
    ['version 1 of IPv4 in IPv6', `PROXY TCP6 ::ffff:${CLIENT} ::1 1 2\r\n`, CLIENT],
    ['version 1 of whom the proxy does not know', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 2', v2(), CLIENT],
    ['version 2 of IPv6', v2({ family: 0x21, addresses: inet6(IPV6, 9) }), '2001:db8::7'],
    [
      'version 2 with entries and a checksum',
      v2({ entries: [[2, Buffer.from('auth')]], checksum: true }),
      CLIENT,
    ],
    ['version 2 of its own', v2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }), '127.0.0.1'],
    ['version 2 of a socket', v2({ family: 0x31, addresses: Buffer.alloc(216) }), '127.0.0.1'],
  ]
  for (const [name, header, ip] of headers) {
    it(`takes the client's address from its header: ${name}`, async () => {
      await using server = await start()
      const { status, body } = await send(server.port, header, ask())
      expect(status).to.equal(200)
      expect(server.audits()[0]).to.include({ status: 200, ip })
      expect(JSON.parse(body).scope).to.equal(ip === CLIENT ? 'repository:app:pull' : '')
    })
  }

  it('reads it in any pieces, with the request in the same or another one', async () => {
    await using server = await start()
    for (const header of [Buffer.from(V1), v2({ checksum: true })]) {
      const whole = Buffer.concat([header, Buffer.from(ask())])
      expect((await send(server.port, whole)).status).to.equal(200)
      expect((await send(server.port, ...Array.from(whole, (byte) => Buffer.from([byte])))).status).to.equal(
        200,
      )
      for (const cut of [1, 5, 12, 16, header.length - 1, header.length, header.length + 1])
        expect((await send(server.port, whole.subarray(0, cut), whole.subarray(cut))).status).to.equal(200)
    }
    expect(new Set(server.audits().map(({ ip }) => ip))).to.deep.equal(new Set([CLIENT]))
  })

  it('reads it once a connection, for all requests on it', async () => {
    await using server = await start()
    using connection = await openRaw(server.port)
    connection.write(V1 + ask())
    await connection.answers(1)
    connection.write(ask() + ask())
    await connection.answers(3)
    expect(server.audits().map(({ ip }) => ip)).to.deep.equal([CLIENT, CLIENT, CLIENT])
    connection.write(V1 + ask())
    expect((await connection.answers(4))[3]!.status).to.equal(400)
  })

  it('does not read client_ip then, which a client could send itself', async () => {
    for (const client_ip of [
      { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8', `${CLIENT}/32`] },
      { header: 'X-Forwarded-For', position: 0 },
    ]) {
      await using server = await start({ client_ip })
      await send(server.port, V1, ask('X-Forwarded-For: 203.0.113.9\r\n'))
      await send(server.port, 'PROXY UNKNOWN\r\n', ask('X-Forwarded-For: 203.0.113.9\r\n'))
      await send(server.port, V1, ask())
      expect(server.audits().map(({ status, ip }) => [status, ip])).to.deep.equal([
        [200, CLIENT],
        [200, '127.0.0.1'],
        [200, CLIENT],
      ])
    }
  })

  it('reads client_ip at an address without it', async () => {
    const client_ip = { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8'] }
    const listen = ['127.0.0.1:0', { address: '127.0.0.1:0', proxy_protocol: false }]
    await using server = await start({ client_ip, listen })
    const [proxied, plain] = server.server.listener.ports
    await send(proxied!, V1, ask('X-Forwarded-For: 203.0.113.9\r\n'))
    await send(plain!, ask('X-Forwarded-For: 203.0.113.9\r\n'))
    expect(server.audits().map(({ ip }) => ip)).to.deep.equal([CLIENT, '203.0.113.9'])
    expect((await send(plain!, V1, ask())).status).to.equal(400)
  })

  it('may be of one address alone', async () => {
    const listen = [{ address: '127.0.0.1:0', proxy_protocol: LOOPBACK }, '127.0.0.1:0']
    await using server = await start({ listen, proxy_protocol: undefined })
    const [proxied, plain] = server.server.listener.ports
    expect((await send(proxied!, V1, HEALTH)).status).to.equal(200)
    expect((await send(plain!, HEALTH)).status).to.equal(200)
    expect((await send(proxied!, HEALTH)).status).to.equal(400)
  })

  const bad: [string, string | Uint8Array, string, RegExp][] = [
    ['a request without a header', HEALTH, 'a proxy without a PROXY header', /Turn that on at the proxy/],
    [
      'TLS without a header',
      Buffer.from([0x16, 3, 1, 0, 5]),
      'a proxy without a PROXY header',
      /Turn that on/,
    ],
    ['a broken line', 'PROXY TCP4 nowhere\r\n', 'a broken PROXY header', /its line is not/],
    ['an endless line', `PROXY ${'A'.repeat(500)}`, 'a broken PROXY header', /no end within 107 bytes/],
    ['another version', v2({ command: 0x31 }), 'a broken PROXY header', /its version is 3/],
    ['a wrong checksum', v2({ entries: [[3, Buffer.alloc(4)]] }), 'a broken PROXY header', /checksum/],
    ['a header that is too large', v2({ length: 0xffff }), 'a broken PROXY header', /at most 16384/],
  ]
  for (const [name, bytes, cause, message] of bad) {
    for (const tls of [undefined, 'auto'])
      it(`answers 400 to ${name}${tls ? ', where TLS is' : ''}`, async () => {
        await using server = await start({ tls })
        const answer = await send(server.port, bytes)
        expect(answer.status).to.equal(400)
        expect(answer.headers.get('content-type')).to.match(/^application\/json/)
        expect(JSON.parse(answer.body).errors[0].message).to.match(message)
        expect(refusals(server)).to.deep.equal([{ cause, peer: '127.0.0.1' }])
        expect(server.audits()).to.deep.equal([])
      })
  }

  it('answers 400 to whoever is no proxy, whatever they send', async () => {
    await using server = await start({ proxy_protocol: { trusted_proxies: ['127.0.0.1'] } })
    for (const bytes of [V1 + ask(), v2(), ask(), HEALTH]) {
      using connection = await openRaw(server.port, FROM_ELSEWHERE)
      connection.write(bytes)
      const [answer] = await connection.closed()
      expect(answer!.status).to.equal(400)
      expect(JSON.parse(answer!.body).errors[0].message).to.match(/trusted_proxies/)
    }
    expect(server.audits()).to.deep.equal([])
    expect(refusals(server)[0]).to.deep.equal({
      cause: 'a connection that no proxy has made, at an address for the PROXY protocol',
      peer: FROM_ELSEWHERE,
    })
    expect((await send(server.port, V1, HEALTH)).status).to.equal(200)
  })

  it('stands before TLS', async () => {
    await using server = await start({ tls: 'auto' })
    for (const header of [V1, v2(), 'PROXY UNKNOWN\r\n']) {
      const { status } = await over(server.port, header, ask())
      expect(status).to.match(/^HTTP\/1\.1 200 /)
    }
    expect(server.audits().map(({ ip }) => ip)).to.deep.equal([CLIENT, CLIENT, '127.0.0.1'])
    await over(server.port, V1, 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(refusals(server)).to.deep.equal([{ cause: '404', peer: CLIENT }])
  })

  it('names the client of a handshake that fails', async () => {
    await using server = await start({ tls: 'auto' })
    using connection = await openRaw(server.port)
    connection.write(V1)
    connection.write(Buffer.from([0x16, 3, 1, 0, 2, 1, 1]))
    await connection.closed()
    expect(refusals(server).map(({ peer }) => peer)).to.deep.equal([CLIENT])
  })

  it("does not mind a balancer's checks that only connect, or say that they are its own", async () => {
    for (const tls of [undefined, 'auto']) {
      await using server = await start({ tls })
      const { connections } = server.server.listener
      for (const bytes of [
        '',
        v2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }),
        'PROXY UNKNOWN\r\n',
        V1,
      ])
        for (const leave of ['end', 'resetAndDestroy'] as const) {
          const { socket } = await openRaw(server.port)
          if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve))
          socket[leave]()
        }
      await eventually(() => connections.size === 0)
      expect(refusals(server)).to.deep.equal([])
    }
  })

  it('lets whoever reaches a unix socket be a proxy', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-proxied-'))
    try {
      const listen = `unix:${folder}/dw.sock`
      await using server = await start({ listen, proxy_protocol: { trusted_proxies: [] } })
      expect((await send(`${folder}/dw.sock`, V1, ask())).status).to.equal(200)
      expect((await send(`${folder}/dw.sock`, 'PROXY UNKNOWN\r\n', ask())).status).to.equal(200)
      expect(server.audits()[0]).to.include({ ip: CLIENT })
      expect(server.audits()[1]).not.to.have.property('ip')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('lets the guard tell clients apart', async () => {
    await using server = await start({}, [
      {
        plugin: 'static',
        options: {
          users: { alice: { password: '$2b$04$1111111111111111111111111111111111111111111111111111.' } },
        },
      },
    ])
    const from = (ip: string, guess: number) =>
      send(
        server.port,
        `PROXY TCP4 ${ip} 192.0.2.1 50000 443\r\nGET /auth HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('alice', `canary guess ${guess}`)}\r\n\r\n`,
      )
    let last = 0
    for (let guess = 0; guess < 10 && last !== 429; guess += 1)
      last = (await from('198.51.100.1', guess)).status
    expect(last).to.equal(429)
    expect((await from('203.0.113.1', 99)).status).to.equal(401)
  })

  it('follows a reload in whom it trusts, not in whether it is there', async () => {
    const config = (proxy_protocol: object | undefined) => ({
      server: { proxy_protocol },
      authenticators: [accept],
      authorizers: [acl],
    })
    await using server = await start()
    await server.reload(config({ trusted_proxies: ['127.9.0.0/16'] }))
    expect((await send(server.port, V1, HEALTH)).status).to.equal(400)
    using connection = await openRaw(server.port, FROM_ELSEWHERE)
    connection.write(V1 + ask())
    expect((await connection.answers(1))[0]!.status).to.equal(200)
    expect(server.audits()[0]).to.include({ ip: CLIENT })
    await server.reload(config(undefined))
    expect((await send(server.port, HEALTH)).status).to.equal(400)
  })

  it('says at check and start when client_ip is never read', async () => {
    const client_ip = { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8'] }
    await using server = await start({ client_ip })
    const { warnings } = await readConfig(join(server.folder, 'dockwarden.yml'))
    expect(warnings.map(({ path, message }) => [path, message.slice(0, 11)])).to.deep.equal([
      ['server.client_ip', 'is not read'],
    ])
  })

  const wrong: [object, string][] = [
    [
      { proxy_protocol: { trusted_proxies: [] } },
      'server.proxy_protocol.trusted_proxies: must name a network',
    ],
    [{ proxy_protocol: {} }, 'server.proxy_protocol.trusted_proxies: is missing'],
    [{ proxy_protocol: true }, 'server.proxy_protocol: '],
    [{ proxy_protocol: { trusted_proxies: ['balancer'] } }, 'is neither an address nor a network'],
    [
      { listen: [{ address: ':1', proxy_protocol: true }] },
      'server.listen[0].proxy_protocol: must be false, or a map',
    ],
    [
      { listen: [{ address: ':1', proxy_protocol: { trusted_proxies: [] } }] },
      'server.listen[0].proxy_protocol.trusted_proxies: must name a network',
    ],
  ]
  for (const [server, message] of wrong) {
    it(`is checked: ${JSON.stringify(server)}`, async () => {
      const started = start(server).then(
        async (running) => {
          await running.stop()
          return 'started'
        },
        (error: Error) => error.message,
      )
      expect(await started).to.include(message)
    })
  }
})

describe('a header of the PROXY protocol', () => {
  let listener: Listener
  let refused: [string, string | undefined][]

  async function listen(limits: object = {}, handshake = 100): Promise<void> {
    refused = []
    listener = await startListener(
      (_, response) => void response.end('here'),
      [{ listen: { host: '127.0.0.1', port: 0 }, isProxy: () => true }],
      {
        limits,
        isProxy: () => true,
        patience: { handshake, interval: 10, linger: 10 },
        refused: (cause, peer) => void refused.push([cause, peer]),
      },
    )
  }
  afterEach(() => listener.stop())

  it('has its time, and no more', async () => {
    await listen()
    using silent = await openRaw(listener.port!)
    using slow = await openRaw(listener.port!)
    slow.write('PROXY TCP4 ')
    expect(await slow.closed()).to.deep.equal([])
    expect(await silent.closed()).to.deep.equal([])
    expect(refused).to.deep.equal([['a PROXY header: too slow', '127.0.0.1']])
  })

  it('makes its connection one of the client, of whom none may hold all', async () => {
    await listen({ connections: 4 }, 10_000)
    const answered = async (ip: string) => {
      const connection = await openRaw(listener.port!)
      connection.write(`PROXY TCP4 ${ip} 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`)
      await connection.answers(1)
      return connection
    }
    const greedy = [
      await answered('198.51.100.1'),
      await answered('198.51.100.1'),
      await answered('198.51.100.1'),
    ]
    using other = await answered('203.0.113.1')
    using another = await answered('203.0.113.2')
    // The longest idle of the one who has most.
    await eventually(() => greedy[0]!.socket.closed)
    for (const connection of [other, another]) {
      connection.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      expect((await connection.answers(2))[1]!.status).to.equal(200)
    }
    for (const connection of greedy) connection.destroy()
  })
})

/** Speaks TLS behind a header, and gives the first line of the answer. */
async function over(port: number, header: string | Uint8Array, request: string): Promise<{ status: string }> {
  const carrier = connect({ port, host: '127.0.0.1' })
  await new Promise((resolve, reject) => carrier.once('connect', resolve).once('error', reject))
  carrier.write(header)
  const socket: TLSSocket = connectTls({ socket: carrier, rejectUnauthorized: false })
  socket.write(request)
  const text = await new Promise<string>((resolve, reject) =>
    socket.setEncoding('latin1').once('data', resolve).once('error', reject),
  )
  socket.destroy()
  return { status: text }
}
