// Random bytes on the wire: no 5xx, no answer but JSON, no stray error, no growing heap.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import fc from 'fast-check'
import { runs } from '../support/properties.ts'
import { openRaw, type RawAnswer } from '../support/raw-http.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { onTheWire } from './requests.ts'

/** So many connections at once. */
const BATCH = 50
/** What is made once (code, caches, pools) is made before the heap is measured. */
const FIRST = runs(1_000 / BATCH)
const SECOND = runs(2_000 / BATCH, 1)
const REQUESTS = (FIRST.numRuns + SECOND.numRuns) * BATCH
/** Milliseconds before a client that has no answer ends the connection. */
const PATIENCE = 50
/** Less than a leak of a few hundred bytes a request. */
const MAX_GROWTH = 4 * 1024 * 1024 + REQUESTS * 100

const PASSWORD = 'canary of the noise'

const config = {
  // All of it comes from one address.
  server: { guard: false },
  authenticators: [
    {
      plugin: 'static',
      options: { users: { '': {}, alice: { password: '!env ALICE' }, bob: { any_password: true } } },
    },
  ],
  authorizers: [
    {
      plugin: 'acl',
      options: {
        rules: [
          { match: { account: 'alice', name: '${account}/*' }, actions: ['*'] },
          { match: { account: '/^(.+)$/', name: '/^${account:1}/(a|b)*$/' }, actions: ['pull', 'push'] },
          { match: { type: 'registry', name: 'catalog', labels: { team: 'x*' } }, actions: ['*'] },
          { match: { name: 'public/**' }, actions: ['pull'] },
        ],
      },
    },
  ],
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

function expectProper({ status, headers, body }: RawAnswer): void {
  if (status === 100) return
  expect(status).to.be.within(200, 499).and.not.equal(403)
  expect(headers.get('content-type')).to.match(/^application\/json/)
  expect(JSON.parse(Buffer.from(body, 'latin1').toString())).to.be.an('object')
}

describe(`${REQUESTS} random requests`, () => {
  let server: TestInstance
  const stray: unknown[] = []
  const collect = (error: unknown) => void stray.push(error)

  before(async () => {
    server = await startTestServer({ config, env: { ALICE: PASSWORD }, logLimit: 100_000 })
    process.on('unhandledRejection', collect).on('uncaughtExceptionMonitor', collect)
  })

  after(async () => {
    process.off('unhandledRejection', collect).off('uncaughtExceptionMonitor', collect)
    await server.stop()
  })

  async function send(text: string): Promise<number[]> {
    using connection = await openRaw(server.port)
    connection.write(text)
    // What was announced and never comes would be waited for.
    const timer = setTimeout(() => connection.socket.end(), PATIENCE)
    const answers = await connection.closed()
    clearTimeout(timer)
    for (const answer of answers) expectProper(answer)
    return answers.map(({ status }) => status)
  }

  it('are answered in JSON or not at all, never with a fault of ours, and leave nothing behind', async function () {
    this.timeout(60_000 + REQUESTS * 20)
    const seen = new Map<number, number>()
    const statuses = async (batch: string[]) => {
      for (const status of (await Promise.all(batch.map(send))).flat())
        seen.set(status, (seen.get(status) ?? 0) + 1)
    }
    const property = fc.asyncProperty(fc.array(onTheWire, { minLength: BATCH, maxLength: BATCH }), statuses)

    await fc.assert(property, FIRST)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    await fc.assert(property, SECOND)
    collectGarbage()
    expect(process.memoryUsage().heapUsed - before).to.be.below(MAX_GROWTH)

    expect(stray).to.deep.equal([])
    // The noise reaches every part: tokens, refusals of each kind.
    expect([...seen.keys()]).to.include.members([200, 400, 401, 404, 405])
    expect((await server.token({ user: ['alice', PASSWORD] })).status).to.equal(200)
  })
})
