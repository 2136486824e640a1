// Pages of other origins: which may read what, errors too.
import { expect } from 'chai'
import { OWNERS, SIGNING_IN, scripted } from '../support/plugins/index.ts'
import { exchange } from '../support/raw-http.ts'
import { type HttpAnswer, startTestServer, type TestInstance } from '../support/server.ts'

const UI = 'https://ui.example.com'
const LOCAL = 'http://localhost:3000'
const alice = ['alice', 'canary of the page'] as const
const PREFLIGHT = {
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'authorization,cache-control',
}
const TOKEN_PATHS = ['/auth', '/auth/', '/auth/token', '/token', '/token/']

const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })

function start(server: object = {}, authenticators: object[] = [accept]): Promise<TestInstance> {
  const cors = { origins: [UI, LOCAL] }
  return startTestServer({
    config: { server: { cors, ...server }, authenticators, authorizers: [{ plugin: OWNERS }] },
  })
}

/** The headers that are about other origins. */
function shared({ headers }: HttpAnswer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
}

const READABLE = {
  'access-control-allow-origin': UI,
  'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
}
const ASKED = (methods: string, origin = UI) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': methods,
  'access-control-allow-headers': 'Accept, Authorization, Cache-Control, Content-Type, X-Requested-With',
  'access-control-max-age': '600',
})

describe('server.cors', () => {
  it('lets a page of its origins ask with a password, at every path of tokens', async () => {
    await using server = await start()
    for (const origin of [UI, LOCAL])
      for (const path of TOKEN_PATHS) {
        const answer = await server.send({ method: 'OPTIONS', path, headers: { origin, ...PREFLIGHT } })
        expect(answer).to.include({ status: 204, text: '' })
        expect(shared(answer)).to.deep.equal(ASKED('GET, HEAD, POST', origin))
        expect(answer.headers.vary).to.equal('Origin')
      }
    expect(server.audits()).to.deep.equal([])
  })

  it('lets it read tokens and the key set', async () => {
    await using server = await start({ path_prefix: '/my registry' })
    const headers = { origin: UI }
    for (const path of [
      '/my%20registry/auth',
      '/my%20registry/token',
      '/my%20registry/.well-known/jwks.json',
    ]) {
      const answer = await server.send({ path, user: alice, headers })
      expect(answer.status).to.equal(200)
      expect(shared(answer)).to.deep.equal(READABLE)
      expect(answer.headers.vary).to.equal('Origin')
    }
    const posted = await server.send({
      path: '/my%20registry/auth',
      headers,
      form: { username: 'alice', password: alice[1] },
    })
    expect([posted.status, shared(posted)]).to.deep.equal([200, READABLE])
  })

  it('lets it ask for the key set as a whole', async () => {
    await using server = await start()
    const path = '/.well-known/jwks.json'
    const answer = await server.send({ method: 'OPTIONS', path, headers: { origin: UI, ...PREFLIGHT } })
    expect([answer.status, shared(answer)]).to.deep.equal([204, ASKED('GET, HEAD')])
    const { etag } = (await server.send({ path })).headers
    const again = await server.send({ path, headers: { origin: UI, 'if-none-match': etag as string } })
    expect([again.status, shared(again)]).to.deep.equal([304, READABLE])
  })

  const errors: [string, number, object, object?][] = [
    ['a malformed scope', 400, { query: { scope: 'canary' } }],
    [
      'a wrong password',
      401,
      {},
      scripted.authenticator('no', { answer: { outcome: 'reject', reason: 'no' } }),
    ],
    ['a path with a slash at its end, and a wrong method', 405, { method: 'PUT', path: '/auth/' }],
    ['a URL that is too long', 414, { query: { scope: 'a'.repeat(33_000) } }],
    ['an outage', 503, {}, scripted.authenticator('down', { does: 'throw' })],
  ]
  for (const [name, status, question, authenticator] of errors) {
    it(`lets it read an error: ${name}`, async () => {
      await using server = await start({}, authenticator ? [authenticator] : undefined)
      const headers = { origin: UI }
      const answer = await server.send({ path: '/auth', user: alice, headers, ...question })
      expect([answer.status, shared(answer)]).to.deep.equal([status, READABLE])
      expect(answer.json.errors).to.have.length(1)
      if (status === 503) expect(answer.headers).to.have.property('retry-after')
      if (status === 401) expect(answer.headers['www-authenticate']).to.match(/^Basic /)
    })
  }

  const strangers = [
    'https://evil.example.com',
    'http://ui.example.com',
    'https://ui.example.com:444',
    'https://ui.example.com.evil.example',
    'https://UI.example.com',
    `${UI}/`,
    `${UI}, ${UI}`,
    'https://ui.example.co',
    'null',
    '*',
  ]
  for (const origin of strangers) {
    it(`shows nothing to pages of others: ${origin}`, async () => {
      await using server = await start()
      const answer = await server.send({ path: '/auth', user: alice, headers: { origin } })
      expect([answer.status, shared(answer)]).to.deep.equal([200, {}])
      // A cache must not give this answer to a page that may read it.
      expect(answer.headers.vary).to.equal('Origin')
      const asked = await server.send({ method: 'OPTIONS', path: '/auth', headers: { origin, ...PREFLIGHT } })
      expect([asked.status, shared(asked)]).to.deep.equal([405, {}])
    })
  }

  it('says in the log when a page asks that may not, with or without the key', async () => {
    for (const cors of [undefined, { origins: [LOCAL] }]) {
      await using server = await start({ cors })
      await server.send({ method: 'OPTIONS', path: '/auth', headers: { origin: UI, ...PREFLIGHT } })
      const [line] = server.lines().filter(({ msg }) => msg === 'refused before the token endpoint')
      expect(line!.cause).to.equal('a page of another origin asked, which may not')
      expect(line!.hint).to.include('server.cors.origins')
    }
  })

  it('is about nothing but tokens and the key set', async () => {
    const signingIn = { plugin: SIGNING_IN, id: 'sign', options: { provider: 'http://127.0.0.1:1' } }
    await using server = await start({}, [accept, signingIn])
    for (const path of [
      '/',
      '/healthz',
      '/readyz',
      '/example_auth',
      '/nothing',
      '/auth/x',
      '/auth//',
      '/%',
      '/.well-known/jwks.json/',
    ]) {
      for (const [method, more] of [
        ['GET', {}],
        ['OPTIONS', PREFLIGHT],
      ] as const) {
        const answer = await server.send({ method, path, headers: { origin: UI, ...more } })
        expect(shared(answer), `${method} ${path}`).to.deep.equal({})
        expect(String(answer.headers.vary ?? '')).not.to.include('Origin')
      }
    }
  })

  it('of a URL that is cut off is a 400, as without it', async () => {
    await using server = await start()
    const [answer] = await exchange(
      server.port,
      `GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: ${UI}\r\n\r\n`,
    )
    expect(answer!.status).to.equal(400)
  })

  it('asks for no credentials of the browser, and OPTIONS that is no preflight is none', async () => {
    await using server = await start()
    for (const headers of [{ origin: UI }, PREFLIGHT, {}] as Record<string, string>[]) {
      const answer = await server.send({ method: 'OPTIONS', path: '/auth', headers })
      expect(answer.status).to.equal(405)
      expect(answer.headers).not.to.have.property('access-control-allow-methods')
      expect(answer.headers).not.to.have.property('access-control-allow-credentials')
    }
  })

  it('follows a reload', async () => {
    await using server = await start()
    const cors = { origins: ['https://evil.example.com'] }
    await server.reload({ server: { cors }, authenticators: [accept], authorizers: [{ plugin: OWNERS }] })
    for (const [origin, status] of [
      [UI, 405],
      ['https://evil.example.com', 204],
    ] as const) {
      const headers = { origin, ...PREFLIGHT }
      expect((await server.send({ method: 'OPTIONS', path: '/auth', headers })).status).to.equal(status)
    }
  })

  it('changes nothing where it is not', async () => {
    await using server = await start({ cors: undefined })
    const answer = await server.send({ path: '/auth', user: alice, headers: { origin: UI } })
    expect([answer.status, shared(answer)]).to.deep.equal([200, {}])
    expect(answer.headers).not.to.have.property('vary')
  })

  const wrong: [unknown, string][] = [
    ['*', 'would let every page of the web ask; name each origin'],
    ['null', 'is what sandboxed pages and files send'],
    ['ui.example.com', '"ui.example.com" is no origin; write https://HOST or https://HOST:PORT'],
    ['https://*.example.com', 'is a pattern, and origins are compared as they are; name each origin'],
    [`${UI}/`, `write "${UI}"`],
    [`${UI}/page`, `write "${UI}"`],
    [`${UI}:443`, `write "${UI}"`],
    ['https://UI.example.com', `write "${UI}"`],
    ['https://user@ui.example.com', `write "${UI}"`],
    ['https://bücher.example', 'write "https://xn--bcher-kva.example"'],
    ['file:///index.html', 'is no origin'],
    ['', 'is no origin'],
  ]
  for (const [origin, message] of wrong) {
    it(`takes origins as browsers send them only: ${JSON.stringify(origin)}`, async () => {
      const started = start({ cors: { origins: [origin] } }).then(
        async (server) => {
          await server.stop()
          return 'started'
        },
        (error: Error) => error.message,
      )
      expect(await started)
        .to.include(`server.cors.origins[0]: `)
        .and.to.include(message)
    })
  }
})
