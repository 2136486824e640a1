// What is sent in one piece is what Koa would send.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import Koa, { type Context } from 'koa'
import { malformed, RequestError, unauthorized } from '../../../core/request/errors.ts'
import { answerJson } from '../../../core/request/json-answer.ts'
import { respondError } from '../../../core/request/respond.ts'
import type { TokenContext } from '../../../core/request/token-context.ts'
import { TokenAnswer } from '../../../core/server/token-answer.ts'

const OF_EVERY = { 'X-Request-Id': 'id-1', 'X-Content-Type-Options': 'nosniff' }

type Endpoint = (context: TokenContext) => void

/** Koa answers at /koa, and in one piece it is answered elsewhere; a header was set before. */
async function withServer<T>(endpoint: Endpoint, use: (server: Server) => Promise<T>): Promise<T> {
  const koa = new Koa().use((context: Context) => {
    context.state.id = 'id-1'
    context.set('Vary', 'Origin')
    if (context.path === '/koa') {
      endpoint(context as unknown as TokenContext)
      context.set(OF_EVERY)
    } else {
      const answer = new TokenAnswer(context)
      endpoint(answer)
      for (const [name, value] of Object.entries(OF_EVERY)) answer.set(name, value)
      answer.send()
    }
  })
  const server = createServer(koa.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(server)
  } finally {
    server.close()
  }
}

/** All that is answered, but for the date; headers in the order of their names. */
async function ask(server: Server, method: string, path: string): Promise<string[]> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end(`${method} ${path}?q=1 HTTP/1.1\r\nHost: x\r\nX-Own: é\r\n\r\n`, 'latin1')
  const [head = '', ...body] = (await text(socket)).split('\r\n\r\n')
  const [status = '', ...headers] = head.split('\r\n')
  return [status, ...headers.filter((line) => !line.startsWith('Date:')).sort(), ...body]
}

describe("the token endpoint's answer", () => {
  const late = new RequestError(408, 'TIMEOUT', 'invalid_request', 'too late')
  const endpoints: [string, Endpoint][] = [
    ['in ASCII', (context) => answerJson(context, { token: 'ey.a.b' })],
    [
      'beyond it',
      (context) => answerJson(context, { scope: 'repository:café/\u{1f433}:pull', lone: '\ud800' }),
    ],
    ['in Latin 1', (context) => answerJson(context, { scope: 'é' })],
    ['of 100 KB', (context) => answerJson(context, { scope: 'a'.repeat(100_000) })],
    ['that is an error', (context) => respondError(context, malformed('no'), 'x')],
    ['with a challenge', (context) => respondError(context, unauthorized('no'), 'Dienst "für\\alle"')],
    ['that ends the connection', (context) => respondError(context, late, 'x')],
    [
      'that says what was asked',
      (context) => {
        const { method, url, req, state } = context
        answerJson(context, { method, url, id: state.id, same: req.url === url, own: context.get('X-Own') })
      },
    ],
  ]
  for (const [name, endpoint] of endpoints) {
    for (const method of ['GET', 'POST', 'HEAD']) {
      it(`${name} is sent to ${method} as Koa sends it`, async () => {
        await withServer(endpoint, async (server) => {
          const ours = await ask(server, method, '/own')
          const koas = await ask(server, method, '/koa')
          expect(ours.map((line) => line.replace('/own', '/koa'))).to.deep.equal(koas)
          expect(ours.join()).to.include('X-Request-Id: id-1').and.include('Vary: Origin')
        })
      })
    }
  }

  it('is none where nothing is said: then Koa answers', async () => {
    await withServer(
      () => {},
      async (server) => {
        const koas = await ask(server, 'GET', '/koa')
        expect(await ask(server, 'GET', '/own')).to.deep.equal(koas.filter((line) => !/^X-/.test(line)))
      },
    )
  })
})
