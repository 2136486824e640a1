// Another protocol than a port's own: an answer that says what to change, where there can be one, and one log line with cause and remedy.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { exchange, openRaw, type RawAnswer, readAnswers } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const HOST = 'Host: localhost\r\n'
const PROXY_V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\x1f\x90\x13\x89'

const refusals = (server: TestInstance) =>
  server.lines().filter(({ msg }) => msg === 'refused before the token endpoint')

function start(secure: boolean): Promise<TestInstance> {
  return startTestServer({
    config: { server: secure ? { tls: 'auto' } : {}, authenticators: [], authorizers: [] },
  })
}

describe('a port of HTTPS', () => {
  const strays: [string, string, string, RegExp][] = [
    ['GET', `GET /auth?service=canary HTTP/1.1\r\n${HOST}\r\n`, 'HTTP on the HTTPS port', /https:\/\//],
    [
      'POST',
      `POST /auth HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\ncanary`,
      'HTTP on the HTTPS port',
      /HTTPS/,
    ],
    ['HEAD', `HEAD / HTTP/1.0\r\n\r\n`, 'HTTP on the HTTPS port', /HTTPS/],
    ['OPTIONS, as HAProxy checks', 'OPTIONS / HTTP/1.0\r\n\r\n', 'HTTP on the HTTPS port', /HTTPS/],
    ['DELETE', `DELETE / HTTP/1.1\r\n${HOST}\r\n`, 'HTTP on the HTTPS port', /HTTPS/],
    ['a method in small letters', `get / HTTP/1.1\r\n${HOST}\r\n`, 'HTTP on the HTTPS port', /HTTPS/],
    [
      'a large body',
      `PUT / HTTP/1.1\r\n${HOST}\r\n${'canary'.repeat(30_000)}`,
      'HTTP on the HTTPS port',
      /HTTPS/,
    ],
    ['the PROXY protocol', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', 'the PROXY protocol', /load balancer/],
    ['the PROXY protocol, version 2', PROXY_V2, 'the PROXY protocol', /load balancer/],
  ]
  for (const [name, bytes, cause, remedy] of strays) {
    it(`answers 400 with the remedy, and logs it once: ${name}`, async () => {
      await using server = await start(true)
      for (let round = 0; round < 3; round += 1) {
        const [answer] = await exchange(server.port, bytes)
        expect(answer!.status).to.equal(400)
        expect(answer!.headers.get('content-type')).to.match(/^application\/json/)
        const [{ code, message }] = JSON.parse(answer!.body).errors
        expect(code).to.equal('INVALID_REQUEST')
        expect(message).to.match(remedy)
      }
      await server.stop()
      expect(refusals(server).map((line) => [line.cause, line.count])).to.deep.equal([
        [cause, 1],
        [cause, 2],
      ])
      expect(refusals(server)[0]!.hint).to.match(remedy)
      expect(server.logged).not.to.include('canary')
    })
  }

  it("says in docker_auth's words what it was, to a client of Node's", async () => {
    await using server = await start(true)
    const text = await new Promise<string>((resolve, reject) => {
      request({ port: server.port, host: '127.0.0.1', path: '/auth?scope=repository:a:pull' }, (answer) => {
        let body = ''
        answer.on('data', (chunk) => {
          body += chunk
        })
        answer.on('end', () => resolve(body))
      })
        .on('error', reject)
        .end()
    })
    expect(text).to.include('Client sent an HTTP request to an HTTPS server.')
  })

  it('still speaks TLS, also when it comes a byte at a time', async () => {
    await using server = await start(true)
    using slow = await bytewise(server.port)
    expect((await over(slow.port)).status).to.equal(200)
    expect((await over(server.port)).status).to.equal(200)
    expect(refusals(server)).to.deep.equal([])
  })

  it('does not mind who connects and leaves without a word', async () => {
    await using server = await start(true)
    const { connections } = server.server.listener
    for (const leave of ['end', 'resetAndDestroy', 'destroy'] as const) {
      const { socket } = await openRaw(server.port)
      socket[leave]()
    }
    expect((await over(server.port)).status).to.equal(200)
    await eventually(() => connections.size === 0)
    expect(refusals(server)).to.deep.equal([])
  })
})

describe('a port of HTTP', () => {
  it('logs once that TLS was spoken on it, and what to do', async () => {
    await using server = await start(false)
    for (let round = 0; round < 3; round += 1) await over(server.port).catch(() => {})
    await server.stop()
    expect(refusals(server).map(({ cause, count }) => [cause, count])).to.deep.equal([
      ['TLS on the HTTP port', 1],
      ['TLS on the HTTP port', 2],
    ])
    expect(refusals(server)[0]!.hint).to.include('server.tls')
  })

  const strays: [string, string, string, RegExp][] = [
    [
      'the PROXY protocol',
      `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
      'the PROXY protocol',
      /X-Forwarded-For/,
    ],
    ['the PROXY protocol, version 2', PROXY_V2, 'the PROXY protocol', /X-Forwarded-For/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/2 without TLS', /HTTP\/1\.1/],
  ]
  for (const [name, bytes, cause, remedy] of strays) {
    it(`answers 400 with the remedy: ${name}`, async () => {
      await using server = await start(false)
      const [answer] = await exchange(server.port, bytes)
      expect(answer!.status).to.equal(400)
      expect(JSON.parse(answer!.body).errors[0].message).to.match(remedy)
      expect(refusals(server)).to.have.length(1)
      expect(refusals(server)[0]).to.include({ cause, count: 1 })
    })
  }
})

describe('a TLS handshake that fails', () => {
  needs('openssl')

  const cases: [string, string[], string, RegExp][] = [
    ['the client does not trust us', ['-verify_return_error', '-tls1_3'], 'UNKNOWN_CA', /does not trust/],
    ['nor with TLS 1.2', ['-verify_return_error', '-tls1_2'], 'UNKNOWN_CA', /does not trust/],
    ['no suite in common', ['-tls1_2', '-cipher', 'AES128-SHA'], 'NO_SHARED_CIPHER', /in common/],
    ['an old client', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], 'UNSUPPORTED_PROTOCOL', /too old/],
  ]
  for (const [name, options, code, hint] of cases) {
    it(`is logged with its cause: ${name}`, async () => {
      await using server = await start(true)
      const command = ['s_client', '-connect', `127.0.0.1:${server.port}`, ...options]
      await promisify(execFile)('openssl', command).catch(() => {})
      await eventually(() => refusals(server).length > 0)
      const [line] = refusals(server)
      expect(line!.cause)
        .to.match(/^TLS handshake: ERR_SSL_/)
        .and.include(code)
      expect(line!.hint).to.match(hint)
    })
  }

  it('is logged when the client hangs up in the middle of it', async () => {
    await using server = await start(true)
    using connection = await openRaw(server.port)
    connection.write('\x16\x03\x01\x02\0\x01')
    connection.socket.end()
    await eventually(() => refusals(server).length > 0)
    expect(refusals(server)[0]!.cause).to.equal('TLS handshake: the client hung up')
  })
})

/** An answer to `GET /healthz` over TLS. */
function over(port: number): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
      socket.write(`GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`),
    )
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject).on('close', () => resolve(readAnswers(text)[0]!))
  })
}

/** A port that hands on to another what clients send, one byte at a time. */
async function bytewise(port: number): Promise<{ port: number } & Disposable> {
  const sockets: Socket[] = []
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1').setNoDelay()
    sockets.push(client, target)
    for (const socket of [client, target]) socket.on('error', () => {})
    client.on('data', (chunk: Buffer) => {
      for (const byte of chunk) target.write(Buffer.of(byte))
    })
    target.pipe(client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
