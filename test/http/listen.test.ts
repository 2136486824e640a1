// Where the server listens: path prefix, unix sockets, addresses in use; and the headers of every answer.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { openRaw } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the listener'
const alice = ['alice', PASSWORD] as const

function start(server: object, authorizers: object[] = [{ plugin: OWNERS }]): Promise<TestInstance> {
  const authenticators = [scripted.authenticator('yes', { answer: { outcome: 'accept' } })]
  return startTestServer({ config: { server, authenticators, authorizers } })
}

async function failure(starting: Promise<TestInstance>): Promise<string> {
  try {
    await (await starting).stop()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it started')
}

describe('path_prefix', () => {
  it('stands before every path', async () => {
    await using server = await start({ path_prefix: '/registry/v1.0~x' })
    for (const path of ['/auth', '/auth/token', '/token']) {
      expect((await server.token({ path: `/registry/v1.0~x${path}`, user: alice })).claims!.sub).to.equal(
        'alice',
      )
      expect((await server.token({ path, user: alice })).status).to.equal(404)
      expect((await server.token({ path: `/registry/v1a0~x${path}`, user: alice })).status).to.equal(404)
    }
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json']) {
      expect((await server.send({ path: `/registry/v1.0~x${path}` })).status).to.equal(200)
      const host = { host: 'a b' }
      expect((await server.send({ path: `/registry/v1.0~x${path}`, headers: host })).status).to.equal(400)
      expect((await server.send({ path })).status).to.equal(404)
    }
  })
})

describe('path_prefix, as text,', () => {
  const cases: [string, string[], string[]][] = [
    ['/my registry', ['/my%20registry/auth'], ['/my+registry/auth', '/my%2520registry/auth', '/auth']],
    ['/a(b){c}:d*', ['/a(b){c}:d*/auth', '/a%28b%29%7Bc%7D%3Ad%2A/auth'], ['/a/auth', '/abcd/auth']],
    ['/ü', ['/%C3%BC/auth', '/%c3%bc/auth/token'], ['/%FC/auth']],
    ['/a%20b', ['/a%2520b/auth'], ['/a%20b/auth']],
    ['/a?b#c', ['/a%3Fb%23c/auth'], ['/a?b#c/auth']],
    ['/a//b', ['/a//b/auth'], ['/a/b/auth', '/a//auth']],
    ['/x', ['/x/auth', '/x//auth', '/x///auth'], ['/x/y/auth', '/x', '//x/auth', '/xx/auth', '/auth']],
    ['', ['/auth', '//auth'], ['/x/auth', '/auth/x']],
  ]
  for (const [prefix, found, missing] of cases) {
    it(`stands before every path however clients encode it: ${JSON.stringify(prefix)}`, async () => {
      await using server = await start({ path_prefix: prefix })
      for (const path of found)
        expect((await server.token({ path, user: alice })).claims!.sub, path).to.equal('alice')
      for (const path of missing) {
        // %FC is no UTF-8.
        expect([400, 404], path).to.include((await server.token({ path, user: alice })).status)
      }
    })
  }
})

describe('every answer', () => {
  it('has a request id of its own, which is that of the log, and is not sniffed', async () => {
    await using server = await start({})
    const answers = [
      await server.token({ user: alice }),
      await server.token({ user: alice, query: { scope: 'x' } }),
    ]
    const ids = answers.map(({ headers }) => headers['x-request-id'])
    expect(ids[0]).not.to.equal(ids[1])
    expect(server.audits().map(({ request }) => request)).to.deep.equal(ids)
    for (const { headers } of [...answers, await server.send({ path: '/nothing' })]) {
      expect(headers).to.include({ 'x-content-type-options': 'nosniff' })
      expect(headers).not.to.have.property('strict-transport-security')
    }
  })

  it('may not be stored when it is of the token endpoint', async () => {
    await using server = await start({})
    for (const scope of ['repository:alice/a:pull', 'malformed']) {
      expect((await server.token({ user: alice, query: { scope } })).headers['cache-control']).to.equal(
        'no-store',
      )
    }
  })

  it('has Strict-Transport-Security with hsts, errors too', async () => {
    await using server = await start({ hsts: true })
    for (const path of ['/auth', '/healthz', '/nothing', '/%']) {
      const { headers } = await server.send({ path })
      expect(headers['strict-transport-security']).to.equal('max-age=63072000; includeSubDomains')
    }
  })
})

describe('/healthz and /readyz', () => {
  const down = `import { definePlugin, pass, z } from 'dockwarden/plugin'
    export default definePlugin({
      kind: 'authorizer', name: 'down', options: z.strictObject({}),
      create: () => ({ authorize: async () => pass, ready: async () => { throw new Error('backend of mine is away') } }),
    })`

  it('tell a backend that is down from a server that is', async () => {
    const config = { authenticators: [], authorizers: [{ plugin: './down.ts', id: 'policy' }] }
    await using server = await startTestServer({ config, files: { 'down.ts': down } })
    expect(await server.send({ path: '/healthz' })).to.include({ status: 200, text: '{"status":"ok"}' })
    // What is down is for the log, not for everybody.
    expect(await server.send({ path: '/readyz' })).to.include({ status: 503, text: '{"status":"not ready"}' })
    const warning = server.lines().find(({ level }) => level === 'warn')
    expect(warning!.msg).to.equal('plugin down (id policy) did not become ready: backend of mine is away')
  })

  it('ask a backend once for all who ask at the same time, and again for who comes later', async () => {
    const slow = `import { definePlugin, pass, z } from 'dockwarden/plugin'
      export default definePlugin({
        kind: 'authorizer', name: 'slow', options: z.strictObject({}),
        create: (options, { log }) => ({
          authorize: async () => pass,
          async ready() {
            log.info({}, 'asked')
            await new Promise((resolve) => setTimeout(resolve, 20))
          },
        }),
      })`
    const config = { authenticators: [], authorizers: [{ plugin: './slow.ts' }] }
    await using server = await startTestServer({ config, files: { 'slow.ts': slow } })
    const asked = () => server.lines().filter(({ msg }) => msg === 'asked').length
    const before = asked()
    using connection = await openRaw(server.port)
    for (const round of [1, 2]) {
      connection.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20))
      const answers = await connection.answers(20 * round)
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(20 * round).fill(200))
      expect(asked() - before).to.equal(round)
    }
  })

  it('are both 200 when all is well', async () => {
    await using server = await start({})
    for (const path of ['/healthz', '/readyz']) expect((await server.send({ path })).status).to.equal(200)
  })
})

describe('a unix socket', () => {
  let folder: string
  let socket: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-socket-'))
    socket = join(folder, 'dw.sock')
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('serves tokens, without an address of the client, and is removed at the end', async () => {
    const server = await start({ listen: `unix:${socket}` })
    const answer = await server.token({ user: alice, query: { scope: 'repository:alice/app:pull' } })
    expect(answer.access).to.deep.equal(['repository:alice/app:pull'])
    const [line] = server.audits()
    expect(line).to.include({ account: 'alice' }).and.not.to.have.property('ip')
    await server.stop()
    expect(existsSync(socket)).to.equal(false)
  })

  it('that a killed server left behind is replaced', async () => {
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    expect(spawnSync(process.execPath, ['-e', script, socket]).signal).to.equal('SIGKILL')
    expect(existsSync(socket)).to.equal(true)
    await using server = await start({ listen: `unix:${socket}` })
    expect((await server.token({ user: alice })).status).to.equal(200)
  })

  it('that another process serves is left to it', async () => {
    await using first = await start({ listen: `unix:${socket}` })
    const message = await failure(start({ listen: `unix:${socket}` }))
    expect(message).to.equal(
      `cannot listen on unix:${socket}: another process does; stop it or change the listen address`,
    )
    expect((await first.token({ user: alice })).status).to.equal(200)
  })

  it('has the mode and the group that are wanted, whatever the umask is', async () => {
    const modeOf = () => statSync(socket).mode & 0o777
    const before = process.umask(0o077)
    try {
      for (const [given, mode] of [
        [{ mode: '0660' }, 0o660],
        [{ mode: '600' }, 0o600],
        [{ mode: '0666', group: '0' }, 0o666],
        [{}, 0o660],
      ] as const) {
        await using server = await start({ listen: `unix:${socket}`, socket: given })
        expect(modeOf()).to.equal(mode)
        expect((await server.token({ user: alice })).status).to.equal(200)
      }
      await using _ = await start({ listen: `unix:${socket}` })
      expect(modeOf()).to.equal(0o700)
      expect(process.umask()).to.equal(0o077)
    } finally {
      process.umask(before)
    }
  })

  it('has a group by its name', async function () {
    if (process.geteuid?.() !== 0) this.skip()
    const [name, , id] = readFileSync('/etc/group', 'utf8').split('\n')[1]!.split(':')
    await using _ = await start({ listen: `unix:${socket}`, socket: { group: name } })
    expect(statSync(socket).gid).to.equal(Number(id))
  })

  it('is not opened to a group that there is not', async () => {
    const message = await failure(start({ listen: `unix:${socket}`, socket: { group: 'no such group' } }))
    expect(message).to.equal(
      'there is no group "no such group" in /etc/group; correct server.socket.group, or write its number',
    )
    expect(existsSync(socket)).to.equal(false)
  })

  it('is needed for server.socket, which has a mode', async () => {
    expect(await failure(start({ socket: { group: 'nginx' } }))).to.include('needs listen: unix:/PATH')
    for (const mode of ['0888', 'rw', '66', '01660'])
      expect(await failure(start({ listen: `unix:${socket}`, socket: { mode } }))).to.include('is no mode')
  })

  it('does not take the place of a file', async () => {
    writeFileSync(socket, 'precious')
    const message = await failure(start({ listen: `unix:${socket}` }))
    expect(message).to.equal(
      `cannot listen on unix:${socket}: a file that is no socket stands there; move it away`,
    )
    expect(existsSync(socket)).to.equal(true)
  })

  it('needs its folder', async () => {
    const message = await failure(start({ listen: `unix:${folder}/none/dw.sock` }))
    expect(message).to.equal(
      `cannot listen on unix:${folder}/none/dw.sock: there is no folder ${folder}/none; make it, or write another path`,
    )
  })

  it('has a path that the system can take', async () => {
    const path = join(folder, 'a'.repeat(120))
    const message = await failure(start({ listen: `unix:${path}` }))
    expect(message).to.equal(
      `cannot listen on unix:${path}: the path has ${path.length} bytes, and at most 107 are possible`,
    )
  })
})

describe('an address that can not be used', () => {
  let other: Server
  let folder: string

  before((done) => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-closing-'))
    other = createServer().listen(0, '127.0.0.1', done)
  })

  after((done) => {
    rmSync(folder, { recursive: true })
    other.close(done)
  })

  it('because another process listens there is named, and plugins are closed again', async () => {
    const { port } = other.address() as { port: number }
    const closing = `import { writeFileSync } from 'node:fs'
      import { definePlugin, pass, z } from 'dockwarden/plugin'
      export default definePlugin({
        kind: 'authorizer', name: 'closing', options: z.strictObject({ file: z.string() }),
        create: ({ file }) => ({ authorize: async () => pass, close: async () => writeFileSync(file, 'closed') }),
      })`
    const file = join(folder, 'closed')
    const config = {
      server: { listen: `127.0.0.1:${port}` },
      authenticators: [],
      authorizers: [{ plugin: './closing.ts', options: { file } }],
    }
    const message = await failure(startTestServer({ config, files: { 'closing.ts': closing } }))
    expect(message).to.equal(
      `cannot listen on 127.0.0.1:${port}: another process does; stop it or change the listen address`,
    )
    expect(existsSync(file)).to.equal(true)
  })

  it('because this machine has no such address is named', async () => {
    const message = await failure(start({ listen: '192.0.2.1:0' }))
    expect(message).to.equal('cannot listen on 192.0.2.1:0: this machine has no such address')
  })
})
