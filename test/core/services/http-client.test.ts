import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import type { HttpClient, HttpClientOptions, HttpRequest } from '../../../core/plugin.ts'
import { createFiles } from '../../../core/services/files.ts'
import { createHttpClients } from '../../../core/services/http-client.ts'
import { WorkPlaces } from '../../../core/work/places.ts'
import { freePort } from '../../support/free-port.ts'
import { type Handler, serve, type TestServer } from '../../support/http-server.ts'

const clients: HttpClient[] = []
const servers: { close(): unknown }[] = []

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

function open(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClients(createFiles('/'), new WorkPlaces()).open({
    retries: 0,
    connections: 4,
    ...options,
  })
  clients.push(client)
  return client
}

async function server(handle: Handler): Promise<TestServer> {
  const started = await serve(handle)
  servers.push(started)
  return started
}

/** A server that speaks raw TCP. */
async function rawServer(answer: string): Promise<string> {
  const raw: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  })
  raw.listen(0, '127.0.0.1')
  await once(raw, 'listening')
  servers.push(raw)
  return `http://127.0.0.1:${(raw.address() as AddressInfo).port}`
}

/** The origin of a server that nobody has started. */
async function deadOrigin(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`
}

function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, signal: AbortSignal.timeout(10_000), ...more }
}

async function failure(sent: Promise<unknown>): Promise<string> {
  return sent.then(
    () => expect.fail('the request did not fail'),
    (error: Error) => error.message,
  )
}

describe('the HTTP client', () => {
  it('sends method, path, headers and body, and reads status, headers and body', async () => {
    const peer = await server((_, response) => {
      response.writeHead(
        201,
        [
          ['X-One', '1'],
          ['X-Many', 'a'],
          ['X-Many', 'b'],
        ].flat(),
      )
      response.end('{"größe":1}')
    })
    const answer = await open().send(
      get(`${peer.origin}/a%2Fb?q=1`, { method: 'POST', headers: { 'x-test': 'yes' }, body: 'höhe' }),
    )
    expect(peer.received[0]).to.include({ method: 'POST', url: '/a%2Fb?q=1', body: 'höhe' })
    expect(peer.received[0]!.headers).to.include({ 'x-test': 'yes' })
    expect(answer.status).to.equal(201)
    expect(answer.headers).to.include({ 'x-one': '1', 'x-many': 'a, b' })
    expect(answer.body).to.equal('{"größe":1}')
  })

  it('keeps its connection from one request to the next', async () => {
    const peer = await server((_, response) => response.end('ok'))
    const client = open()
    for (let i = 0; i < 5; i++) {
      await client.send(get(peer.origin, { method: 'POST', body: 'x' }))
      await turn() // undici leaves a connection alone for one turn after its answer
    }
    expect(peer.received).to.have.length(5)
    expect(peer.connections).to.equal(1)
  })

  it('makes a new connection when the server has closed the idle one', async () => {
    const peer = await server((_, response) => response.end('ok'))
    const client = open()
    for (let i = 0; i < 5; i++) {
      const closed = once(peer.server, 'connection').then(([socket]) => once(socket, 'close'))
      expect((await client.send(get(peer.origin, { method: 'POST', body: 'x' }))).status).to.equal(200)
      peer.server.closeIdleConnections()
      await closed
    }
    expect(peer.received).to.have.length(5)
  })

  it('makes at most the configured number of connections', async () => {
    const peer = await server((_, response) => void setImmediate(() => response.end('ok')))
    const client = open({ connections: 2 })
    await Promise.all(Array.from({ length: 20 }, () => client.send(get(peer.origin))))
    expect(peer.received).to.have.length(20)
    expect(peer.connections).to.equal(2)
  })

  it('answers other requests while one hangs, and gives up the one whose signal aborts', async () => {
    const peer = await server((request, response) => {
      if (request.url !== '/hang') response.end('ok')
    })
    const client = open()
    const gaveUp = new AbortController()
    const hanging = failure(client.send(get(`${peer.origin}/hang`, { signal: gaveUp.signal })))
    for (let i = 0; i < 10; i++) expect((await client.send(get(peer.origin))).body).to.equal('ok')
    gaveUp.abort()
    expect(await hanging).to.equal(`${peer.origin}: no answer in time`)
    expect((await client.send(get(peer.origin))).body).to.equal('ok')
  })

  it('does not send a request whose signal has aborted already', async () => {
    const peer = await server((_, response) => response.end('ok'))
    expect(
      await failure(open({ retries: 3 }).send(get(peer.origin, { signal: AbortSignal.abort() }))),
    ).to.contain('in time')
    expect(peer.received).to.have.length(0)
  })

  it('gives up a body that drips when its signal aborts', async () => {
    const dripping = new AbortController()
    const peer = await server((_, response) => {
      response.writeHead(200)
      response.write('{')
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
      setTimeout(() => dripping.abort(), 50)
    })
    const why = await failure(open().send(get(peer.origin, { signal: dripping.signal })))
    expect(why).to.equal(`${peer.origin}: no answer in time`)
  })

  it('reads a body of 1 MiB, and refuses one byte more', async () => {
    const peer = await server((request, response) => response.end('x'.repeat(Number(request.url.slice(1)))))
    const client = open()
    expect((await client.send(get(`${peer.origin}/1048576`))).body).to.have.length(1_048_576)
    expect(await failure(client.send(get(`${peer.origin}/1048577`)))).to.contain('larger than 1 MiB')
  })

  it('hangs up on a body without end or announced length', async () => {
    const hungUp = Promise.withResolvers<void>()
    const peer = await server((_, response) => {
      const chunk = 'x'.repeat(65_536)
      const more = () => {
        while (!response.destroyed && response.write(chunk)) {}
      }
      response.on('drain', more).on('close', hungUp.resolve)
      more()
    })
    expect(await failure(open().send(get(peer.origin)))).to.equal(
      `${peer.origin}: the answer is larger than 1 MiB`,
    )
    await hungUp.promise
  })

  it('returns a redirect as it is', async () => {
    const peer = await server((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const answer = await open().send(get(peer.origin))
    expect(answer.status).to.equal(302)
    expect(answer.headers).to.include({ location: '/elsewhere' })
    expect(peer.received).to.have.length(1)
  })

  it('drops a byte order mark', async () => {
    const peer = await server((_, response) => response.end('\ufeff{}'))
    expect((await open().send(get(peer.origin))).body).to.equal('{}')
  })

  it('ignores proxy variables', async () => {
    const peer = await server((_, response) => response.end('direct'))
    const before = { ...process.env }
    for (const name of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY']) process.env[name] = await deadOrigin()
    try {
      expect((await open().send(get(peer.origin))).body).to.equal('direct')
    } finally {
      process.env = before
    }
  })
})

describe('the HTTP client, when a request fails', () => {
  it('names scheme, host, port and cause, and nothing that was sent', async () => {
    const origin = await deadOrigin()
    const request = get(`${origin}/path-secret?q=query-secret`, {
      method: 'POST',
      headers: { authorization: 'header-secret' },
      body: 'body-secret',
    })
    const error = await open()
      .send(request)
      .catch((thrown: Error) => thrown)
    expect(error).to.be.instanceOf(Error)
    expect((error as Error).message).to.equal(`${origin}: connection refused`)
    expect((error as Error).cause).to.equal(undefined)
  })

  it('says so when the name does not exist', async () => {
    expect(await failure(open().send(get('http://nobody.invalid/')))).to.match(
      /^http:\/\/nobody\.invalid: .*name/,
    )
  })

  it('says so when the answer is not HTTP', async () => {
    const origin = await rawServer('SSH-2.0-OpenSSH_9.2\r\n')
    expect(await failure(open().send(get(origin)))).to.equal(`${origin}: the answer is not HTTP`)
  })

  it('says so when the answer breaks off', async () => {
    const origin = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
    expect(await failure(open().send(get(origin)))).to.contain('closed before the answer was complete')
  })

  it('tries again when no connection could be made, and then succeeds', async () => {
    const port = await freePort()
    const late = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'))
    servers.push(late)
    const sent = open({ retries: 1_000 }).send(get(`http://127.0.0.1:${port}`))
    await pause(50)
    late.listen(port, '127.0.0.1')
    expect((await sent).status).to.equal(204)
  })

  it('never sends again what was sent, even if the connection breaks before any answer', async () => {
    const peer = await server((_, response) => void response.socket!.resetAndDestroy())
    const client = open({ retries: 5 })
    for (const method of ['GET', 'POST']) {
      expect(await failure(client.send(get(peer.origin, { method })))).to.contain('closed before the answer')
    }
    expect(peer.received.map(({ method }) => method)).to.deep.equal(['GET', 'POST'])
  })

  it('stops trying when the signal aborts', async () => {
    const gaveUp = new AbortController()
    const sent = failure(open({ retries: 1_000 }).send(get(await deadOrigin(), { signal: gaveUp.signal })))
    gaveUp.abort()
    expect(await sent).to.contain('no answer in time')
  })
})

describe('closing the HTTP client', () => {
  it('ends its idle connections, and may be done twice', async () => {
    const peer = await server((_, response) => response.end('ok'))
    const client = open()
    const closed = once(peer.server, 'connection').then(([socket]) => once(socket, 'close'))
    await client.send(get(peer.origin))
    await client.close()
    await client.close()
    await closed
    expect(await failure(client.send(get(peer.origin)))).to.contain(peer.origin)
  })
})
