// A client that goes away before it is answered: what is done for it ends, nothing else begins, and nobody is alarmed.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { basic, encode } from '../support/http-question.ts'
import { startIdentityProvider } from '../support/identity-provider.ts'
import { OWNERS, SIGNING_IN, scripted } from '../support/plugins/index.ts'
import { openRaw, type RawConnection } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

const PASSWORD = 'canary of the gone'
const SCOPE = 'repository:alice/app:pull'
const LONG = { timeout: '60s' }
const { authenticator, labeler, authorizer } = scripted
const yes = authenticator('yes', { answer: { outcome: 'accept' } })
const hanging = { does: 'hang' }

const get = (query: object = { scope: SCOPE }) =>
  `GET /auth?${encode(query as never)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('alice', PASSWORD)}\r\n\r\n`

function post(form: object): string {
  const body = encode(form as never)
  return `POST /auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const said = (server: TestInstance, id: string, what: string) =>
  server.lines().filter((line) => line.id === id && line.msg === what).length
const alarms = (server: TestInstance) =>
  server.lines().filter(({ level }) => ['warn', 'error', 'fatal'].includes(level))

/** Sends, waits until the plugin has been asked so often, and goes. */
async function askAndGo(server: TestInstance, text: string, id = 'odd', times = 1): Promise<void> {
  using connection: RawConnection = await openRaw(server.port)
  connection.write(text)
  await eventually(() => said(server, id, 'asked') === times)
}

describe('a client that goes away', () => {
  const kinds: [string, object][] = [
    [
      'an authenticator',
      {
        authenticators: [
          authenticator('odd', hanging, { ...LONG, on_error: 'next' }),
          authenticator('next', {}),
        ],
        authorizers: [],
      },
    ],
    [
      'a labeler',
      {
        authenticators: [yes],
        labelers: [labeler('odd', hanging, { ...LONG, on_error: 'next' }), labeler('next', {})],
        authorizers: [],
      },
    ],
    [
      'an authorizer',
      { authenticators: [yes], authorizers: [authorizer('odd', hanging, LONG), authorizer('next', {})] },
    ],
  ]
  for (const [kind, config] of kinds) {
    it(`aborts the call of ${kind}, no other plugin is asked, and one line says so`, async () => {
      await using server = await startTestServer({ config })
      await askAndGo(server, get())
      await eventually(() => said(server, 'odd', 'aborted') === 1 && server.audits().length === 1)
      expect(server.audits()[0]).to.include({
        msg: 'client gone',
        level: 'info',
        status: 499,
        account: 'alice',
      })
      expect(server.audits()[0]).to.not.have.any.keys('access', 'refresh_token', 'err')
      expect(said(server, 'next', 'asked')).to.equal(0)
      expect(alarms(server)).to.deep.equal([])
      expect((await server.send({ path: '/healthz' })).status).to.equal(200)
    })
  }

  it('aborts all scopes that are being decided, and begins none of the others', async () => {
    await using server = await startTestServer({
      config: { authenticators: [yes], authorizers: [authorizer('odd', hanging, LONG)] },
    })
    const scope = Array.from({ length: 20 }, (_, index) => `repository:a${index}:pull`)
    await askAndGo(server, get({ scope }), 'odd', 8)
    await eventually(() => said(server, 'odd', 'aborted') === 8 && server.audits().length === 1)
    expect(said(server, 'odd', 'asked')).to.equal(8)
    expect(server.audits()[0]).to.deep.include({ status: 499, scopes: scope })
  })

  it('aborts the look at a refresh token, which stays good', async () => {
    const accept = { answer: { outcome: 'accept' } }
    await using server = await startTestServer({
      config: {
        authenticators: [authenticator('odd', { ...accept, refresh: hanging }, LONG)],
        authorizers: [],
      },
    })
    const login = await server.token({
      user: ['alice', PASSWORD],
      query: { service: 's', offline_token: 'true' },
    })
    const form = { grant_type: 'refresh_token', refresh_token: login.json.refresh_token, service: 's' }
    await askAndGo(server, post(form), 'odd', 2)
    await eventually(() => said(server, 'odd', 'aborted') === 1 && server.audits().length === 2)
    expect(server.audits()[1]).to.include({ status: 499, grant: 'refresh_token', account: 'alice' })
    expect(alarms(server)).to.deep.equal([])
  })

  it('gets no refresh token while its session is being made', async () => {
    const source = `import { accept, definePlugin, z } from 'dockwarden/plugin'
      export default definePlugin({ kind: 'authenticator', name: 'slow', options: z.strictObject({}),
        create: (_, { log }) => ({ authenticate: async () => accept({ session: () => {
          log.info({}, 'asked')
          return new Promise(() => {})
        } }) }) })`
    await using server = await startTestServer({
      config: { authenticators: [{ plugin: './slow.ts', ...LONG }], authorizers: [] },
      files: { 'slow.ts': source },
    })
    await askAndGo(server, get({ service: 's', offline_token: 'true' }), 'slow')
    await eventually(() => server.audits().length === 1)
    expect(server.audits()[0]).to.include({ msg: 'client gone', status: 499 })
    expect(server.audits()[0]).to.not.have.property('refresh_token')
    expect(alarms(server)).to.deep.equal([])
  })

  it('ends all of its requests that it sent at once', async () => {
    await using server = await startTestServer({
      config: { authenticators: [authenticator('odd', hanging, LONG)], authorizers: [] },
    })
    await askAndGo(server, get().repeat(3), 'odd', 3)
    await eventually(() => said(server, 'odd', 'aborted') === 3 && server.audits().length === 3)
    expect(server.audits().map(({ status }) => status)).to.deep.equal([499, 499, 499])
  })

  it('leaves the requests of others alone', async () => {
    await using server = await startTestServer({
      config: {
        authenticators: [authenticator('odd', { after: 300, answer: { outcome: 'accept' } }, LONG)],
        authorizers: [],
      },
    })
    const other = server.token({ user: ['bob', PASSWORD] })
    await eventually(() => said(server, 'odd', 'asked') === 1)
    await askAndGo(server, get(), 'odd', 2)
    expect((await other).claims).to.include({ sub: 'bob' })
  })

  it('is listened for once a connection, however many requests come over it', async () => {
    await using server = await startTestServer({ config: { authenticators: [yes], authorizers: [] } })
    const counts: number[] = []
    const count = (message: unknown) => {
      const { socket } = message as { socket: Socket }
      if (socket.localPort === server.port) counts.push(socket.listenerCount('close'))
    }
    subscribe('http.server.request.start', count)
    try {
      using connection = await openRaw(server.port)
      for (let asked = 1; asked <= 30; asked += 1) {
        connection.write(get())
        await connection.answers(asked)
      }
    } finally {
      unsubscribe('http.server.request.start', count)
    }
    expect(counts).to.have.length(30)
    expect(new Set(counts.slice(1)).size).to.equal(1)
  })

  it('does not end the renewal of its sign-in: the session that the provider has replaced is kept', async () => {
    const provider = await startIdentityProvider()
    provider.person = { account: 'alice@example.com', labels: {} }
    const options = { provider: provider.url, revalidate_after: 0 }
    await using server = await startTestServer({
      config: {
        authenticators: [{ plugin: SIGNING_IN, options, ...LONG }],
        authorizers: [{ plugin: OWNERS }],
      },
    })
    const visitor = new Visitor({ 'sec-fetch-site': 'same-origin' })
    const { location } = await visitor.get(`http://127.0.0.1:${server.port}/example_auth/start`)
    const password = /dwp_\w+/.exec((await visitor.get(provider.consent(location!))).text)![0]
    let answer = () => {}
    provider.beforeRefresh = () => new Promise((resolve) => (answer = resolve))

    const authorization = basic('alice@example.com', password)
    {
      using connection = await openRaw(server.port)
      connection.write(`GET /auth HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`)
      await eventually(() => provider.refreshes === 1)
    }
    await eventually(() => server.audits().length === 1)
    expect(server.audits()[0]).to.include({ status: 499, account: 'alice@example.com' })
    expect(alarms(server)).to.deep.equal([])
    provider.beforeRefresh = async () => {}
    answer()
    // The provider ends the session when the old one comes again.
    for (let use = 0; use < 2; use += 1) {
      expect((await server.token({ user: ['alice@example.com', password] })).status).to.equal(200)
    }
    await provider.close()
  })

  it('gets no password when its browser goes while the provider is asked', async () => {
    const source = `import { accept, definePlugin, pass, z } from 'dockwarden/plugin'
      export default definePlugin({ kind: 'authenticator', name: 'forge', options: z.strictObject({}),
        create: (_, { log }) => ({
          authenticate: async () => pass, refresh: async () => pass,
          routes: (routes) => routes.signIn({
            title: 'Forge', redirect: { url: undefined, path: '/forge' }, registry: undefined,
            revalidateAfter: 1000, grace: 0, passwordLifetime: undefined,
            begin: async ({ state, address }) => ({ url: address + '?state=' + state, keep: null }),
            async finish({ signal }) {
              log.info({}, 'asked')
              await new Promise((resolve) => signal.addEventListener('abort', resolve))
              log.info({}, 'aborted')
              return accept({ account: 'alice' })
            },
          }),
        }) })`
    await using server = await startTestServer({
      config: { authenticators: [{ plugin: './forge.ts', ...LONG }], authorizers: [] },
      files: { 'forge.ts': source },
    })
    const started = await fetch(`http://127.0.0.1:${server.port}/forge/start`, {
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    const [cookie] = started.headers.getSetCookie()[0]!.split(';')
    const { pathname, search } = new URL(started.headers.get('location')!)
    await askAndGo(
      server,
      `GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\n\r\n`,
      'forge',
    )
    const audits = () => server.lines().filter(({ audit }) => audit === 'sign-in')
    await eventually(() => said(server, 'forge', 'aborted') === 1 && audits().length === 1)
    expect(audits()[0]).to.include({ msg: 'client gone', action: 'sign-in', status: 499 })
    expect(audits()[0]).to.not.have.property('token')
    expect(alarms(server)).to.deep.equal([])
  })
})
