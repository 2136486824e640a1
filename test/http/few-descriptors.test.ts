// A server process with few descriptors, and clients that hold as many connections as they get: what it needs for files, the
// store and programs is there, and others get in.
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type DockwardenProcess, startImpatient } from '../support/dockwarden.ts'
import { basic } from '../support/http-question.ts'
import { newPair } from '../support/key-pairs.ts'
import { openRaw, type RawConnection } from '../support/raw-http.ts'
import { eventually } from '../support/server.ts'

const DESCRIPTORS = 100
const PASSWORD = 'canary of the few'
/** Who holds what there is, and who comes later. */
const [HOLDER, OTHER] = ['127.0.0.2', '127.0.0.3'] as const

describe('a server process with few descriptors', () => {
  let folder: string
  let server: DockwardenProcess
  let held: RawConnection[]

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'few-descriptors-'))
    const { certificate, key } = await newPair('P-256')
    const files = {
      'token.crt': certificate,
      'token.key': key,
      'login.sh': '#!/bin/sh\ncat > "$0.$$"\nrm "$0.$$"\n',
      'dockwarden.yml': JSON.stringify({
        server: { listen: '127.0.0.1:0' },
        token: { keys: [{ certificate: 'token.crt', key: 'token.key' }] },
        authenticators: [{ plugin: 'exec', options: { command: './login.sh' } }],
        authorizers: [],
      }),
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    chmodSync(join(folder, 'login.sh'), 0o700)
  })
  beforeEach(async () => {
    held = []
    server = await startImpatient(join(folder, 'dockwarden.yml'), {}, DESCRIPTORS)
  })
  afterEach(async () => {
    for (const connection of held) connection.destroy()
    await server.stop()
  })
  after(() => rmSync(folder, { recursive: true }))

  const used = () => readdirSync(`/proc/${server.child.pid}/fd`).length

  const get = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('ann', PASSWORD)}\r\n\r\n`

  async function hold(bytes: string): Promise<void> {
    for (let index = 0; index < DESCRIPTORS * 2; index += 1) {
      const connection = await openRaw(server.port, HOLDER)
      connection.write(bytes)
      if (bytes.endsWith('\r\n\r\n')) await connection.answers(1)
      held.push(connection)
    }
  }

  it('closes no connection whose request has just come, however many there are', async () => {
    for (let index = 0; index < 15; index += 1) held.push(await openRaw(server.port, OTHER))
    for (const request of ['/healthz', '/auth?service=registry']) {
      const answered = request === '/healthz' ? 1 : 2
      for (const connection of held) connection.write(get(request))
      for (const connection of held) {
        const answers = await connection.answers(answered)
        expect(answers.map(({ status }) => status)).to.deep.equal(Array(answered).fill(200))
      }
    }
  })

  it('closes none of a burst whose requests are on their way, with some more descriptors', async () => {
    await server.stop()
    server = await startImpatient(join(folder, 'dockwarden.yml'), {}, DESCRIPTORS * 3)
    for (let index = 0; index < 100; index += 1) held.push(await openRaw(server.port, OTHER))
    const [first, second] = [held.slice(0, 70), held.slice(70)]
    for (const connection of first) connection.write(get('/auth?service=registry'))
    await first[0]!.answers(1)
    for (const connection of second) connection.write(get('/auth?service=registry'))
    for (const connection of held) expect((await connection.answers(1))[0]!.status).to.equal(200)
  })

  for (const [name, bytes] of [
    ['are silent', ''],
    ['send half of their headers', 'GET /auth HTTP/1.1\r\nHost'],
    ['keep their connections', get('/healthz')],
  ] as const) {
    it(`keeps some free for its own, and lets others in, when all of a client's ${name}`, async () => {
      await hold(bytes)
      await eventually(() => used() <= DESCRIPTORS * 0.95)
      // Programs, the store (a refresh token each) and the files of both, eight at once.
      const path = '/auth?service=registry&offline_token=true'
      const others = await Promise.all(Array.from({ length: 8 }, () => openRaw(server.port, OTHER)))
      held.push(...others)
      for (const other of others) other.write(get(path))
      for (const other of others) expect((await other.answers(1))[0]!.status).to.equal(200)
      // What gave way is one warning a minute.
      expect(server.output()).not.to.match(/EMFILE|"level":"error"/)
    })
  }
})
