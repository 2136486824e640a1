// Who is next in a line, on a whole server: turns go round, whoever goes leaves the line, and a server that stops drops it. What
// is asserted are counts and orders, never times.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashSync } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { Crowd, countsOf } from '../support/crowd.ts'
import { eventually, startTestServer } from '../support/server.ts'

const MAIN = fileURLToPath(new URL('../../core/main.ts', import.meta.url))
const PASSWORD = 'canary of the turns'
const CORES = availableParallelism()
/** An eighth of a second of a core, so that a slow machine computes all of them in the time of a request; and half a second. */
const [HASH, DEAR] = [hashSync(PASSWORD, 11), hashSync(PASSWORD, 13)]

describe('the line for password hashes', function () {
  this.timeout(60_000)
  const start = () =>
    startTestServer({
      config: {
        // One address may guess here as fast as it can.
        server: { guard: false },
        authenticators: [
          {
            plugin: 'static',
            timeout: '60s',
            options: { users: { bob: { password: HASH }, alice: { password: HASH } } },
          },
        ],
        authorizers: [],
      },
    })

  it('gives who comes from another network the next turn, whatever one network asks for one name', async () => {
    await using server = await start()
    const crowd = new Crowd(server.port)
    const arrived = (count: number) =>
      eventually(() => {
        const { begun, waiting, refused, late } = countsOf(server)
        return begun + waiting + refused + late === count
      })
    for (let n = 0; n < CORES + 10; n += 1) await crowd.login('bob', 1)
    await arrived(CORES + 10)
    const alice = await crowd.login('alice', 2, PASSWORD)
    await arrived(CORES + 11)
    const { begun } = countsOf(server)
    expect((await alice.answers(1))[0]!.status).to.equal(200)
    // One more of the others before her, then those that run beside her.
    expect(countsOf(server).begun - begun).to.be.within(1, 2 + 2 * CORES)
    expect(countsOf(server).waiting).to.be.above(0)
    expect(countsOf(server).late).to.equal(0)
    crowd.leave()
  })

  it('is left by a client that goes away, whose hash is never begun', async () => {
    await using server = await start()
    const crowd = new Crowd(server.port)
    const stay = []
    for (let n = 0; n < CORES + 3; n += 1) stay.push(await crowd.login('bob', 1))
    await eventually(() => countsOf(server).waiting + countsOf(server).begun === CORES + 3)
    const gone = await crowd.login('alice', 1)
    await eventually(() => countsOf(server).waiting + countsOf(server).begun === CORES + 4)
    gone.destroy()
    await eventually(() => countsOf(server).left === 1)
    for (const client of stay) expect((await client.answers(1))[0]!.status).to.equal(401)
    expect(countsOf(server)).to.include({ begun: CORES + 3, left: 1, refused: 0, late: 0, waiting: 0 })
    expect(server.audits().filter(({ account }) => account === 'alice')[0]).to.include({ status: 499 })
  })
  it('goes round by networks, and in a network by accounts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-turns-'))
    const program =
      'read -r account rest; echo "$account" >> "$0/order"; while [ ! -e "$0/open" ]; do sleep 0.05; done'
    await using server = await startTestServer({
      config: {
        // One address may guess here as fast as it can.
        server: { guard: false },
        authenticators: [
          {
            plugin: 'exec',
            timeout: '60s',
            options: { command: '/bin/sh', args: ['-c', program, folder], max_processes: 1 },
          },
        ],
        authorizers: [],
      },
    })
    const counts = () => countsOf(server, 'program /bin/sh')
    const crowd = new Crowd(server.port)
    const clients = [await crowd.login('first', 3)]
    await eventually(() => counts().running === 1)
    for (const [account, from] of [
      ['ann', 1],
      ['ann', 1],
      ['ann', 1],
      ['cid', 1],
      ['bob', 2],
      ['bob', 2],
    ] as const) {
      clients.push(await crowd.login(account, from))
      await eventually(() => counts().waiting === clients.length - 1)
    }
    writeFileSync(join(folder, 'open'), '')
    for (const client of clients) expect((await client.answers(1))[0]!.status).to.equal(200)
    expect(readFileSync(join(folder, 'order'), 'utf8').trim().split('\n')).to.deep.equal([
      'first',
      'ann',
      'bob',
      'cid',
      'bob',
      'ann',
      'ann',
    ])
    rmSync(folder, { recursive: true })
  })

  it('is told to go when the process is to end, which it does by itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-line-'))
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(
      file,
      JSON.stringify({
        server: { listen: '127.0.0.1:0' },
        authenticators: [
          { plugin: 'static', timeout: '60s', options: { users: { bob: { password: DEAR } } } },
        ],
        authorizers: [],
      }),
    )
    const child = spawn(process.execPath, [MAIN, 'serve', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    const exited = once(child, 'exit')
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log += text
    })
    await eventually(() => /"msg":"listening"/.test(log) || child.exitCode !== null)
    const crowd = new Crowd(Number(/"address":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(log)?.[1]))
    const clients = []
    for (let n = 0; n < CORES + 18; n += 1) clients.push(await crowd.login('bob', 1 + (n % 3)))
    await Promise.any(
      clients.map(async (client) => expect((await client.answers(1))[0]!.status).to.equal(401)),
    )
    child.kill('SIGTERM')
    expect(await exited).to.deep.equal([0, null])
    const statuses = await Promise.all(clients.map(async (client) => (await client.closed())[0]!.status))
    // Whose hash had begun is answered, and all others are told to come again.
    expect(new Set(statuses)).to.deep.equal(new Set([401, 503]))
    rmSync(folder, { recursive: true })
  })
})
