// What never reaches the token endpoint is a warning with its cause and count, and nothing that a client wrote.
import { connect as connectTls } from 'node:tls'
import { expect } from 'chai'
import { exchange, openRaw } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const HOST = 'Host: localhost\r\nConnection: close\r\n'
const refusals = (server: TestInstance) =>
  server
    .lines()
    .filter(({ msg }) => msg === 'refused before the token endpoint')
    .map(({ cause, count, peer, level }) => ({ cause, count, peer, level }))
const once = (cause: string) => ({ cause, count: 1, peer: '127.0.0.1', level: 'warn' })

describe('what is refused before the token endpoint', () => {
  const cases: [string, string, string][] = [
    ['words', 'canary of words\r\n\r\n', '400'],
    ['an unknown path', `GET /canary?canary=1 HTTP/1.1\r\n${HOST}\r\n`, '404'],
    ['another method', `DELETE /auth?canary=1 HTTP/1.1\r\n${HOST}\r\n`, '405'],
    ['a long URL', `GET /auth?${'canary'.repeat(6_000)} HTTP/1.1\r\n${HOST}\r\n`, '414'],
    ['large headers', `GET /auth HTTP/1.1\r\n${HOST}X: ${'canary'.repeat(20_000)}\r\n\r\n`, '431'],
    ['a bad path', `GET /canary%zz HTTP/1.1\r\n${HOST}\r\n`, '400'],
  ]
  for (const [name, bytes, cause] of cases) {
    it(`is one warning: ${name}`, async () => {
      await using server = await startTestServer({ config: { authenticators: [], authorizers: [] } })
      for (let index = 0; index < 3; index += 1) await exchange(server.port, bytes)
      expect(refusals(server)).to.deep.equal([once(cause)])
      await server.stop()
      expect(refusals(server)).to.deep.equal([once(cause), { ...once(cause), count: 2 }])
      expect(server.logged).not.to.include('canary')
    })
  }

  it('is one warning: handshakes of TLS that fail, and no port that is only looked at', async () => {
    const config = { server: { tls: 'auto' }, authenticators: [], authorizers: [] }
    await using server = await startTestServer({ config })
    const handshake = (options: object) =>
      new Promise<void>((resolve) => {
        const socket = connectTls({
          port: server.port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ...options,
        })
        socket.on('error', () => {}).on('close', () => resolve())
      })
    await handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })
    const { socket } = await openRaw(server.port)
    await new Promise((resolve) => socket.once('close', resolve).resetAndDestroy())
    await server.stop()
    expect(refusals(server).map(({ cause }) => cause)).to.deep.equal([
      'TLS handshake: ERR_SSL_UNSUPPORTED_PROTOCOL',
    ])
  })

  it('is not for what is answered', async () => {
    await using server = await startTestServer({ config: { authenticators: [], authorizers: [] } })
    for (const path of ['/healthz', '/readyz', '/', '/auth?scope=x', '/.well-known/jwks.json'])
      await server.send({ path })
    expect(refusals(server)).to.deep.equal([])
  })
})
