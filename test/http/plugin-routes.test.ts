// What plugins answer below /plugins/ID/ on a whole server: with its limits, headers, errors and log.
import { expect } from 'chai'
import { startTestServer, type TestInstance } from '../support/server.ts'

const TALKER = `
import { definePlugin, pass, z } from 'dockwarden/plugin'
export default definePlugin({
  kind: 'authenticator', name: 'talker', options: z.strictObject({ late: z.boolean().default(false), route: z.array(z.string()).default([]) }),
  create({ late, route: [method, path] }, host) {
    if (path) host.route(method, path, () => new Response())
    host.route('GET', '/json', (request, { id, ip }) => Response.json({ url: request.url, id, ip, of: host.id, accept: request.headers.get('accept') }))
    host.route('GET', '/page', () => new Response('<p>hello</p>', { headers: { 'Content-Type': 'text/html', 'Content-Security-Policy': "default-src 'self'", 'X-Content-Type-Options': 'sniff', 'Connection': 'close' } }))
    host.route('POST', '/deep/echo', async (request, { log }) => { log.warn({}, 'seen ' + request.headers.get('authorization')); return new Response(await request.text(), { status: 201, headers: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']] }) })
    host.route('DELETE', '/', () => new Response(null, { status: 204 }))
    host.route('GET', '/throws', () => { throw new Error('secret inside') })
    host.route('GET', '/nothing', () => ({ status: 200 }))
    host.route('GET', '/hangs', (request) => new Promise((resolve, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason))))
    return { authenticate: async () => { if (late) host.route('GET', '/late', () => new Response()); return pass } }
  },
})`

const CODES = new Map([
  [404, 'NOT_FOUND'],
  [405, 'UNSUPPORTED'],
  [503, 'UNAVAILABLE'],
])
const BASE = { 'talker.ts': TALKER }

function start(server: object = {}, options: object = {}): Promise<TestInstance> {
  return startTestServer({
    files: BASE,
    config: {
      server,
      authenticators: [{ plugin: './talker.ts', id: 'ta.l-ker', timeout: '1s', options }],
      authorizers: [],
    },
  })
}

describe('routes of plugins', () => {
  let server: TestInstance
  before(async () => {
    server = await start({ limits: { body: 2_000 } })
  })
  after(() => server.stop())
  const at = (path: string, more: object = {}) => server.send({ path: `/plugins/ta.l-ker${path}`, ...more })

  it('answer what is asked, and know who asks', async () => {
    const { status, json, headers } = await at('/json?a=b%20c', { headers: { Accept: 'x/y' } })
    expect(status).equal(200)
    expect(json.url).match(/^http:\/\/[^/]+\/plugins\/ta\.l-ker\/json\?a=b%20c$/)
    expect(json).deep.include({ of: 'ta.l-ker', ip: '127.0.0.1', accept: 'x/y', id: headers['x-request-id'] })
  })

  it("have the server's headers, which they can not take away", async () => {
    const plain = await at('/json')
    expect(plain.headers).deep.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    expect(plain.headers['content-security-policy']).match(/default-src 'none'.*frame-ancestors 'none'/)
    const page = await at('/page')
    expect(page.text).equal('<p>hello</p>')
    expect(page.headers).deep.include({
      'content-type': 'text/html',
      'content-security-policy': "default-src 'self'",
      'x-content-type-options': 'nosniff',
    })
    expect(page.headers.connection).not.equal('close')
  })

  it('read bodies, also set cookies, and no log shows who asked', async () => {
    const echo = await at('/deep/echo', {
      method: 'POST',
      body: 'a body',
      headers: { Authorization: 'Bearer canary-of-a-token-1', 'Content-Type': 'text/plain' },
    })
    expect(echo).deep.include({ status: 201, text: 'a body' })
    expect(echo.headers['set-cookie']).deep.equal(['a=1', 'b=2'])
    expect(server.logged).contain('seen Bearer ').not.contain('canary-of-a-token-1')
    expect((await at('/', { method: 'DELETE' })).status).equal(204)
  })

  it('have the limits of the server', async () => {
    const large = await at('/deep/echo', {
      method: 'POST',
      body: 'x'.repeat(2_001),
      headers: { 'Content-Type': 'text/plain' },
    })
    expect(large.status).equal(413)
    expect((await at(`/json?${'x'.repeat(40_000)}`)).status).equal(414)
  })

  for (const [path, method, status] of [
    ['/unknown', 'GET', 404],
    ['/json/', 'GET', 404],
    ['/JSON', 'GET', 404],
    ['/json', 'PUT', 405],
    ['/json', 'HEAD', 200],
    ['/throws', 'GET', 503],
    ['/nothing', 'GET', 503],
    ['/hangs', 'GET', 503],
  ] as const) {
    it(`answer ${status} to ${method} ${path}`, async () => {
      const answer = await at(path, { method })
      expect(answer.status).equal(status)
      if (status < 400) return
      expect(answer.json.errors[0].code).equal(CODES.get(status))
      expect(answer.text).not.contain('secret inside')
      if (status === 405) expect(answer.headers.allow).contain('GET')
    })
  }

  it('leave a line in the log with the id, also when they fail', async () => {
    await at('/throws')
    const line = server.lines().findLast(({ msg }) => msg === 'route answered')
    expect(line).deep.include({
      id: 'ta.l-ker',
      plugin: 'talker',
      method: 'GET',
      path: '/throws',
      status: 503,
      ip: '127.0.0.1',
    })
    expect(server.logged).contain('secret inside')
  })

  it('are behind the path prefix', async () => {
    await using other = await start({ path_prefix: '/my registry' })
    expect((await other.send({ path: '/my%20registry/plugins/ta.l-ker/json' })).status).equal(200)
    expect((await other.send({ path: '/plugins/ta.l-ker/json' })).status).equal(404)
  })

  for (const [route, message] of [
    [['GET', 'json'], /the path must be such as \/status/],
    [['GET', '/a/../b'], /the path must be/],
    [['GET', '/:name'], /the path must be/],
    [['OPTIONS', '/a'], /the method must be one of GET/],
    [['GET', '/json'], /was there before/],
  ] as const) {
    it(`are refused at load: ${route.join(' ')}`, async () => {
      const fault = await start({}, { route }).then(
        () => 'it started',
        (error: Error) => error.message,
      )
      expect(fault).match(message)
    })
  }

  it('come in create only', async () => {
    await using other = await start({}, { late: true })
    const answer = await other.token({ user: ['ann', 'a password'], query: { service: 'registry' } })
    expect(answer.status).equal(503)
    expect(other.logged).contain('came after create')
  })
})
