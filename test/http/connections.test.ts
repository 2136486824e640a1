// Connections: what is no HTTP, comes slowly, in pieces or several at once is answered in JSON, and the connection can be
// used again or is closed.
import type { RequestListener, ServerResponse } from 'node:http'
import { expect } from 'chai'
import { type Listener, startListener } from '../../core/server/listener.ts'
import { basic } from '../support/http-question.ts'
import { exchange, openRaw, type RawAnswer } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the wire'
const HOST = 'Host: localhost\r\n'
const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
const CLOSE = 'Connection: close\r\n'

function expectError({ status, headers, body }: RawAnswer, expected: number): void {
  expect(status).to.equal(expected)
  expect(headers.get('content-type')).to.equal('application/json; charset=utf-8')
  expect(JSON.parse(body).errors[0]).to.have.keys('code', 'message', 'detail')
}

const account = ({ body }: RawAnswer) =>
  JSON.parse(Buffer.from(JSON.parse(body).token.split('.')[1], 'base64url').toString()).sub

describe('connections', () => {
  let server: TestInstance

  before(async () => {
    const users = { '': {}, alice: { password: '!env ALICE' }, bob: { password: '!env ALICE' } }
    server = await startTestServer({
      config: { authenticators: [{ plugin: 'static', options: { users } }], authorizers: [] },
      env: { ALICE: PASSWORD },
    })
  })

  after(() => server.stop())

  const get = (name: string, more = '') =>
    `GET /auth HTTP/1.1\r\n${HOST}Authorization: ${basic(name, PASSWORD)}\r\n${more}\r\n`

  describe('what is no HTTP', () => {
    const broken: [string, string][] = [
      ['a TLS client hello', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
      ['words', 'hello, is it me you are looking for?\r\n\r\n'],
      ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['another version', `GET /auth HTTP/9.9\r\n${HOST}\r\n`],
      ['a control character in the URL', `GET /auth\x01 HTTP/1.1\r\n${HOST}\r\n`],
      ['a URL without a slash', `GET auth HTTP/1.1\r\n${HOST}\r\n`],
      ['a URL that is cut off', `GET http://[ HTTP/1.1\r\n${HOST}${CLOSE}\r\n`],
      ['a header without a colon', `GET /auth HTTP/1.1\r\n${HOST}Authorization\r\n\r\n`],
      ['a header that goes on in the next line', `GET /auth HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`],
      ['a NUL in a header', `GET /auth HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
      ['two lengths', `POST /auth HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
      [
        'a length and chunks',
        `POST /auth HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['a negative length', `POST /auth HTTP/1.1\r\n${HOST}Content-Length: -5\r\n\r\nhello`],
      [
        'a bad chunk',
        `POST /auth HTTP/1.1\r\n${HOST}${FORM}Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n`,
      ],
      ['HTTP/1.1 without a Host', `GET /auth HTTP/1.1\r\n${CLOSE}\r\n`],
    ]
    for (const [name, bytes] of broken) {
      it(`is answered 400 in JSON and closed: ${name}`, async () => {
        const answers = await exchange(server.port, bytes)
        expect(answers).to.have.length(1)
        expectError(answers[0]!, 400)
      })
    }

    it('does not harm the next connection', async () => {
      expect((await server.token()).status).to.equal(200)
    })
  })

  describe('several requests on one connection', () => {
    it('are answered in their order, each with its own account, when they are sent at once', async () => {
      using connection = await openRaw(server.port)
      connection.write(`${get('alice')}${get('bob')}GET /auth HTTP/1.1\r\n${HOST}\r\n${get('alice')}`)
      const answers = await connection.answers(4)
      expect(answers.map(account)).to.deep.equal(['alice', 'bob', '', 'alice'])
    })

    for (const [name, request, status] of [
      ['a wrong password', `GET /auth HTTP/1.1\r\n${HOST}Authorization: ${basic('alice', 'x')}\r\n\r\n`, 401],
      ['a malformed scope', `GET /auth?scope=x HTTP/1.1\r\n${HOST}\r\n`, 400],
      ['an unknown path', `GET /nothing HTTP/1.1\r\n${HOST}\r\n`, 404],
      ['another method, with a body', `PUT /auth HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`, 405],
      ['a body of another type', `POST /auth HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`, 400],
      [
        'a body that nobody reads',
        `GET /auth?scope=x HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
        400,
      ],
    ] as const) {
      it(`goes on after ${name}`, async () => {
        using connection = await openRaw(server.port)
        connection.write(request + get('alice'))
        const [refused, issued] = await connection.answers(2)
        expectError(refused!, status)
        expect(account(issued!)).to.equal('alice')
      })
    }

    it('ends after a body that is too large, and answers that one', async () => {
      const head = `POST /auth HTTP/1.1\r\n${HOST}${FORM}Content-Length: 100000\r\n\r\n`
      const answers = await exchange(server.port, head + 'x'.repeat(100_000) + get('alice'))
      expect(answers).to.have.length(1)
      expectError(answers[0]!, 413)
      expect(answers[0]!.headers.get('connection')).to.equal('close')
    })
  })

  describe('a body', () => {
    const fields = `username=alice&password=${encodeURIComponent(PASSWORD)}`
    const chunked = [...fields].map((char) => `1\r\n${char}\r\n`).join('')

    for (const [name, head, body] of [
      ['in chunks of one byte', 'Transfer-Encoding: chunked\r\n', `${chunked}0\r\n\r\n`],
      [
        'in chunks with a trailer',
        'Transfer-Encoding: chunked\r\nTrailer: X\r\n',
        `${chunked}0\r\nX: y\r\n\r\n`,
      ],
      ['with an unknown expectation', `Expect: miracles\r\nContent-Length: ${fields.length}\r\n`, fields],
    ] as const) {
      it(`is read ${name}`, async () => {
        using connection = await openRaw(server.port)
        connection.write(`POST /auth HTTP/1.1\r\n${HOST}${FORM}${head}\r\n${body}`)
        const [answer] = await connection.answers(1)
        expect(account(answer!)).to.equal('alice')
      })
    }

    it('is asked for with 100 when the client waits for that', async () => {
      using connection = await openRaw(server.port)
      connection.write(
        `POST /auth HTTP/1.1\r\n${HOST}${FORM}Expect: 100-continue\r\nContent-Length: ${fields.length}\r\n\r\n`,
      )
      expect((await connection.answers(1))[0]!.status).to.equal(100)
      connection.write(fields)
      expect(account((await connection.answers(2))[1]!)).to.equal('alice')
    })

    it('that is cut off by the client is a refused request in the log and harms nobody', async () => {
      const before = server.audits().length
      const connection = await openRaw(server.port)
      connection.write(`POST /auth HTTP/1.1\r\n${HOST}${FORM}Content-Length: 100\r\n\r\nusername=`)
      connection.socket.end()
      await connection.closed()
      expect((await server.token()).status).to.equal(200)
      const lines = server.audits().slice(before)
      expect(lines.map(({ status }) => status).sort()).to.deep.equal([200, 400])
    })
  })
})

describe('slow clients', () => {
  let listener: Listener
  let reached: string[]
  let refused: string[]
  const body = Buffer.alloc(64 * 1024 * 1024)

  beforeEach(async () => {
    reached = []
    refused = []
    const handler: RequestListener = ({ url }, response) => {
      reached.push(url!)
      if (url === '/large') response.end(body)
      if (url === '/small') response.end()
    }
    const patience = { headers: 100, request: 200, answer: 100, linger: 50, interval: 10 }
    listener = await startListener(handler, [{ listen: { host: '127.0.0.1', port: 0 } }], {
      patience,
      refused: (cause) => refused.push(cause),
    })
  })

  afterEach(() => listener.stop())

  for (const [name, bytes, arrives] of [
    ['whose request line does not end', 'GET /line', false],
    ['whose headers do not end', `GET /headers HTTP/1.1\r\n${HOST}X-Slow: `, false],
    ['whose body does not end', `POST /body HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nusername=`, true],
  ] as const) {
    it(`are answered 408 in JSON and closed: one ${name}`, async () => {
      const answers = await exchange(listener.port!, bytes)
      expect(answers).to.have.length(1)
      expectError(answers[0]!, 408)
      expect(reached).to.have.length(arrives ? 1 : 0)
      expect(refused).to.deep.equal(['408'])
    })
  }

  it('are closed without an answer nobody asked for: one that says nothing', async () => {
    expect(await exchange(listener.port!, '')).to.deep.equal([])
    expect(refused).to.deep.equal([])
  })

  it('are closed without a second answer: one that goes on with what was answered', async () => {
    const answers = await exchange(
      listener.port!,
      `POST /small HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`,
    )
    expect(answers.map(({ status }) => status)).to.deep.equal([200])
  })

  it('have one time for all headers, however many bytes come', async () => {
    using connection = await openRaw(listener.port!)
    connection.write(`GET /headers HTTP/1.1\r\n${HOST}X-Slow: `)
    const drip = setInterval(() => connection.write('x'), 5)
    const [answer] = await connection.closed()
    clearInterval(drip)
    expectError(answer!, 408)
    expect(reached).to.deep.equal([])
  })

  it('that go on after their 408 are not served', async () => {
    using connection = await openRaw(listener.port!)
    connection.socket.allowHalfOpen = true
    connection.write(`GET /headers HTTP/1.1\r\n${HOST}X-Slow: `)
    await connection.answers(1)
    connection.write('x\r\n\r\n')
    connection.socket.end()
    await eventually(() => listener.connections.size === 0)
    expect(reached).to.deep.equal([])
    expect(refused).to.deep.equal(['408'])
  })

  it('that do not take their answer are closed', async () => {
    const connection = await openRaw(listener.port!)
    connection.socket.pause()
    connection.write(`GET /large HTTP/1.1\r\n${HOST}\r\n`)
    await eventually(() => reached.length === 1 && listener.connections.size === 0)
    expect(refused).to.deep.equal(['an answer that was not taken'])
    connection.destroy()
  })
})

describe('a client that does not wait for answers', () => {
  let listener: Listener
  let waiting: ServerResponse[]

  beforeEach(async () => {
    waiting = []
    const handler: RequestListener = (_, response) => void waiting.push(response)
    listener = await startListener(handler, [{ listen: { host: '127.0.0.1', port: 0 } }], {
      patience: { drain: 20 },
    })
  })

  afterEach(() => listener.stop())

  it('has 32 requests served at once, and its answers in their order', async () => {
    using connection = await openRaw(listener.port!)
    connection.write(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(32))
    await eventually(() => waiting.length === 32)
    for (const [index, response] of [...waiting.entries()].reverse()) response.end(`${index}`)
    expect((await connection.answers(32)).map(({ body }) => Number(body))).to.deep.equal([...waiting.keys()])
    connection.write(`GET / HTTP/1.1\r\n${HOST}\r\n`)
    await eventually(() => waiting.length === 33)
  })

  it('is closed when it sends a flood of them', async () => {
    using connection = await openRaw(listener.port!)
    connection.write(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(3_000))
    expect(await connection.closed()).to.deep.equal([])
    expect(waiting).to.have.length(32)
  })
})

describe('a listener that stops', () => {
  for (const [name, path] of [
    ['does not take its answer', '/large'],
    ['gets none', '/none'],
  ]) {
    it(`ends at last the connection of a client that ${name}`, async () => {
      let reached = 0
      const handler: RequestListener = ({ url }, response) => {
        reached += 1
        if (url === '/large') response.end(Buffer.alloc(64 * 1024 * 1024))
      }
      const listener = await startListener(handler, [{ listen: { host: '127.0.0.1', port: 0 } }], {
        patience: { drain: 50 },
      })
      using connection = await openRaw(listener.port!)
      connection.socket.pause()
      connection.write(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`)
      await eventually(() => reached === 1)
      await listener.stop()
      await eventually(() => listener.connections.size === 0)
    })
  }

  it('does not wait for the next request of a client that has its answer', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<ServerResponse>()
    const handler = (_: unknown, response: ServerResponse) => arrive(response)
    const listener = await startListener(handler, [{ listen: { host: '127.0.0.1', port: 0 } }], {
      patience: { drain: 60_000 },
    })
    using connection = await openRaw(listener.port!)
    connection.write(`GET /auth HTTP/1.1\r\n${HOST}\r\n`)
    const response = await arrived
    const stopped = listener.stop()
    response.end()
    await stopped
    expect((await connection.closed()).map(({ status }) => status)).to.deep.equal([200])
  })
})
