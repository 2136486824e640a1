// What many clients do at once: the same question costs once, a name that nobody knows costs as much as one with a hash, and a
// server that stops lets nobody wait.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { HOST_SERVICES } from '../../core/services/host.ts'
import { serve } from '../support/http-server.ts'
import { openRaw } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the crowd'
const COST = 4
const BOB = hashSync(PASSWORD, COST)

const begun = ({ server }: TestInstance, name: string) =>
  server.services.container
    .resolve(HOST_SERVICES)
    .places.counts()
    .find((place) => place.name === name)?.begun
const hashes = (server: TestInstance) => begun(server, 'password hashes')

/** A program that notes that it was run, and answers once the file `open` is there. */
const PROGRAM = 'echo run >> "$0/runs"; while [ ! -e "$0/open" ]; do sleep 0.05; done'

describe('many at once', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-work-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const runs = () => {
    const file = join(folder, 'runs')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
  }
  const open = () => writeFileSync(join(folder, 'open'), '')
  const withProgram = (max_processes: number) =>
    startTestServer({
      config: {
        authenticators: [
          {
            plugin: 'exec',
            timeout: '60s',
            options: { command: '/bin/sh', args: ['-c', PROGRAM, folder], max_processes },
          },
        ],
        authorizers: [],
      },
    })

  it('ask a program once, when they log in with the same account and password', async () => {
    await using server = await withProgram(64)
    const all = Array.from({ length: 20 }, () => server.token({ user: ['robot', PASSWORD] }))
    await eventually(() => runs() === 1)
    // Who asked before this has been heard.
    for (let look = 0; look < 5; look++) await server.send({ path: '/healthz' })
    open()
    expect((await Promise.all(all)).map(({ status }) => status)).to.deep.equal(Array(20).fill(200))
    expect(runs()).to.equal(1)
    expect(server.audits().map(({ account }) => account)).to.deep.equal(Array(20).fill('robot'))
  })

  it('share nothing with another password or another account', async () => {
    await using server = await withProgram(64)
    const users: [string, string][] = [
      ['robot', PASSWORD],
      ['robot', `${PASSWORD}s`],
      ['robots', PASSWORD],
    ]
    const all = users.map((user) => server.token({ user }))
    await eventually(() => runs() === 3)
    open()
    await Promise.all(all)
  })

  const placeholders: [string, object, number][] = [
    ['nothing but account and password', { json: { user: '${account}', secret: '${password}' } }, 1],
    ['the address in the body', { json: { user: '${account}', from: '${ip}' } }, 4],
    ['the service in the URL', { query: '?s=${service}' }, 4],
    ['the client in a header', { headers: { 'X-Client': '${client_id}' } }, 4],
    ['the account in an expression', { accept: 'request.account != ""' }, 1],
    ['the service in an expression', { accept: 'request.service != "x"' }, 4],
    ['the whole request in an expression', { accept: '[request].size() == 1' }, 4],
  ]
  for (const [what, { query = '', ...given }, calls] of placeholders as [
    string,
    { query?: string },
    number,
  ][]) {
    it(`ask an HTTP service ${calls === 1 ? 'once' : 'each for itself'}, when it is told ${what}`, async () => {
      const { promise: gate, resolve: answer } = Promise.withResolvers<void>()
      const backend = await serve((_, response) => void gate.then(() => response.end('{}')))
      await using server = await startTestServer({
        config: {
          authenticators: [{ plugin: 'http', options: { url: `${backend.origin}/login${query}`, ...given } }],
          authorizers: [],
        },
      })
      const all = Array.from({ length: 4 }, () => server.token({ user: ['robot', PASSWORD] }))
      await eventually(() => backend.received.length === calls)
      for (let look = 0; look < 5; look++) await server.send({ path: '/healthz' })
      answer()
      for (const { status } of await Promise.all(all)) expect(status).to.equal(200)
      expect(backend.received).to.have.length(calls)
      await backend.close()
    })
  }

  it('are told at once that the server stops, those who wait as well', async () => {
    await using server = await withProgram(1)
    const first = server.send({ path: '/auth', user: ['ann', PASSWORD] })
    await eventually(() => runs() === 1)
    const second = server.token({ user: ['bob', PASSWORD] })
    await eventually(() =>
      server.server.services.container
        .resolve(HOST_SERVICES)
        .places.counts()
        .some(({ waiting }) => waiting === 1),
    )
    const stopped = server.server.stop()
    const answer = await second
    expect(answer.status).to.equal(503)
    expect(answer.headers['retry-after']).to.equal('1')
    open()
    expect((await first).status).to.equal(200)
    await stopped
  })
})

describe('how long an answer takes', () => {
  const static_ = (users: object) => ({ plugin: 'static', options: { users } })
  const refusals: [string, object[], [string, string]][] = [
    ['a wrong password', [static_({ bob: { password: BOB } })], ['bob', 'wrong']],
    ['a name that nobody knows', [static_({ bob: { password: BOB } })], ['nobody', 'wrong']],
    [
      'a disabled user',
      [static_({ bob: { password: BOB }, ann: { password: BOB, disabled: true } })],
      ['ann', PASSWORD],
    ],
    [
      'a wrong plain password',
      [static_({ bob: { password: BOB }, ann: { password: '!env ANN' } })],
      ['ann', 'wrong'],
    ],
    [
      'a user whose hash is of no use',
      [{ plugin: 'htpasswd', options: { file: 'users' } }],
      ['ann', PASSWORD],
    ],
    [
      'a name that is not in the file',
      [{ plugin: 'htpasswd', options: { file: 'users' } }],
      ['eve', 'wrong'],
    ],
    [
      'a name that none of two knows',
      [static_({ bob: { password: BOB } }), { plugin: 'htpasswd', options: { file: 'users' } }],
      ['eve', 'wrong'],
    ],
  ]
  for (const [what, authenticators, user] of refusals) {
    it(`is that of one hash for ${what}`, async () => {
      await using server = await startTestServer({
        files: { users: `bob:${BOB}\nann:$apr1$x$y\n` },
        env: { ANN: 'canary of ann' },
        config: { authenticators, authorizers: [] },
      })
      const { status } = await server.token({ user })
      expect(status).to.equal(401)
      expect(hashes(server)).to.equal(1)
    })
  }

  for (const account of ['bob', 'nobody']) {
    it(`is that of one hash for a wrong password that is sent ten times at once, for ${account}`, async () => {
      await using server = await startTestServer({
        config: { authenticators: [static_({ bob: { password: BOB } })], authorizers: [] },
      })
      using connection = await openRaw(server.port)
      const credentials = Buffer.from(`${account}:wrong`).toString('base64')
      connection.write(
        `GET /auth HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${credentials}\r\n\r\n`.repeat(10),
      )
      const answers = await connection.answers(10)
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(10).fill(401))
      expect(hashes(server)).to.equal(1)
    })
  }

  it('is not that of a hash for a name that a later authenticator accepts, nor for a plain password', async () => {
    await using server = await startTestServer({
      env: { ANN: PASSWORD, EVE: PASSWORD },
      config: {
        authenticators: [
          static_({ bob: { password: BOB } }),
          { ...static_({ ann: { password: '!env ANN' } }), id: 'second' },
        ],
        authorizers: [],
      },
    })
    expect((await server.token({ user: ['ann', PASSWORD] })).status).to.equal(200)
    expect((await server.token()).status).to.equal(401)
    expect(hashes(server)).to.equal(0)
  })

  it('is no hash where none is configured', async () => {
    await using server = await startTestServer({
      env: { ANN: PASSWORD },
      config: { authenticators: [static_({ ann: { password: '!env ANN' } })], authorizers: [] },
    })
    expect((await server.token({ user: ['eve', 'wrong'] })).status).to.equal(401)
    expect((await server.token({ user: ['ann', 'wrong'] })).status).to.equal(401)
    expect(hashes(server)).to.equal(0)
  })
})

describe('hashes that this server can not check', () => {
  const ARGON2 =
    '$argon2id$v=19$m=65536,t=1,p=1$bLzigHZOhxvNbUpt9xWmLg$Q8m7thKxMb11KtR3Y4XsZ5CBTkX8y+YZGblNBJkcgCI'
  const start = (password: string) =>
    startTestServer({
      config: {
        server: { limits: { hash_memory: '32MiB' } },
        authenticators: [{ plugin: 'static', options: { users: { bob: { password } } } }],
        authorizers: [],
      },
    }).then(
      (server) => server.stop().then(() => 'started'),
      (error: Error) => error.message,
    )

  it('are refused at the start, with the user and the remedy', async () => {
    expect(await start(ARGON2)).to.match(
      /password hash of "bob" asks for 64 MiB of memory, and server.limits.hash_memory is 32 MiB; raise that/,
    )
    expect(await start(BOB.replace('$04$', '$20$'))).to.match(/"bob" takes about 67 s to check.*lower cost/)
    expect(await start(BOB)).to.equal('started')
  })
})
