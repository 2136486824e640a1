// What the listener takes of a request's headers: every line, up to their limit in bytes. Some versions of Node drop lines in
// silence, so this runs on the oldest that is supported too.
import type { RequestListener } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { expect } from 'chai'
import { type Listener, startListener } from '../../../core/server/listener.ts'
import { basic } from '../../support/http-question.ts'
import { newPair } from '../../support/key-pairs.ts'
import { exchange, openRaw, readAnswers } from '../../support/raw-http.ts'
import { startTestServer } from '../../support/server.ts'

const ANY = { host: '127.0.0.1', port: 0 }
/** From as few as some versions drop, to about as many as fit into the limit, which counts names and values. */
const COUNTS = [999, 1_000, 1_001, 2_001, 30_000]
const lines = (count: number) => 'a:b\r\n'.repeat(count)
const request = (count: number, last: string) =>
  `GET /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines(count)}${last}\r\n\r\n`

/** Answers with the number of lines and the last one. */
const echo: RequestListener = ({ rawHeaders, headers }, response) => {
  response.end(JSON.stringify([rawHeaders.length / 2, headers.last]))
}

describe('the headers of a request', () => {
  describe('without TLS', () => {
    let listener: Listener
    before(async () => {
      listener = await startListener(echo, [{ listen: ANY }])
    })
    after(() => listener.stop())

    for (const count of COUNTS) {
      it(`are read to their last line of ${count}`, async () => {
        const [answer] = await exchange(listener.port!, request(count, 'last: here'))
        expect(JSON.parse(answer!.body)).to.deep.equal([count + 3, 'here'])
      })
    }

    it('of more than 64 KiB are refused whole, however many they are', async () => {
      const [answer] = await exchange(listener.port!, request(40_000, 'last: here'))
      expect(answer!.status).to.equal(431)
    })
  })

  describe('with TLS', () => {
    let listener: Listener
    before(async () => {
      const { certificate, key } = await newPair('P-256')
      listener = await startListener(echo, [
        { listen: ANY, tls: { name: 'tls', options: { cert: certificate, key } } },
      ])
    })
    after(() => listener.stop())

    for (const count of COUNTS) {
      it(`are read to their last line of ${count}`, async () => {
        const socket = connectTls({ port: listener.port!, host: '127.0.0.1', rejectUnauthorized: false })
        socket.end(request(count, 'last: here'))
        const text = (await socket.setEncoding('latin1').toArray()).join('')
        expect(JSON.parse(readAnswers(text)[0]!.body)).to.deep.equal([count + 3, 'here'])
      })
    }
  })

  it('are whole for whom they name and where from, behind 5,000 lines', async () => {
    await using server = await startTestServer({
      config: {
        server: { client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.0/8'] } },
        authenticators: [
          { plugin: 'static', options: { users: { '': {}, alice: { password: '!env ALICE' } } } },
        ],
        authorizers: [],
      },
      env: { ALICE: 'canary of the lines' },
    })
    const last = `Authorization: ${basic('alice', 'canary of the lines')}\r\nX-Forwarded-For: 198.51.100.9`
    using connection = await openRaw(server.port)
    connection.write(request(5_000, last))
    await connection.answers(1)
    expect(server.audits()[0]).to.include({ status: 200, account: 'alice', ip: '198.51.100.9' })
  })
})
