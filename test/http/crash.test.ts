// What clients were told holds, also when the server dies at any moment: under load, with both stores.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { Secret } from '../../core/plugin.ts'
import { readSecretToken } from '../../core/token/secret-token.ts'
import { needs } from '../support/debian.ts'
import { startDockwarden } from '../support/dockwarden.ts'
import { basic, encode } from '../support/http-question.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

const ROUNDS = 3
const CLIENTS = 8
const LOGINS = 60
const SERVICE = 'registry'
const PASSWORD = 'canary of the crash'
const VARIABLE = 'DOCKWARDEN_TEST_CRASH'

/** What was acknowledged before the end. */
interface Acknowledged {
  readonly good: Set<string>
  readonly revoked: Set<string>
}

describe('a kill -9 under load', function () {
  this.timeout(180_000)
  let folder: string
  // For the servers, and for the commands that run in this process.
  before(() => {
    process.env[VARIABLE] = PASSWORD
  })
  after(() => {
    delete process.env[VARIABLE]
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-crash-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('loses no refresh token and no revocation in the embedded store', async () => {
    await survives(writeConfig(folder, 'embedded'), async () => {})
  })

  describe('with Redis', () => {
    needs('redis-server')
    let redis: RedisServer
    beforeEach(async () => {
      redis = await startRedis()
    })
    afterEach(() => redis.stop())

    it('loses no refresh token and no revocation, also when Redis is killed too', async () => {
      const file = writeConfig(folder, { redis: { addresses: [`127.0.0.1:${redis.port}`] } })
      await survives(file, async () => {
        await redis.halt('SIGKILL')
        await redis.start()
      })
    })
  })
})

function writeConfig(folder: string, store: unknown): string {
  const file = join(folder, 'dockwarden.yml')
  const users = Object.fromEntries(Array.from({ length: CLIENTS }, (_, index) => [`user-${index}`, 'USER']))
  const text = JSON.stringify({
    server: { listen: '127.0.0.1:0', store },
    authenticators: [{ plugin: 'static', options: { users } }],
    authorizers: [{ plugin: 'acl', options: { rules: [] } }],
  })
  writeFileSync(file, text.replaceAll('"USER"', `{ password: !env ${VARIABLE} }`))
  return file
}

async function survives(file: string, alsoKill: () => Promise<void>): Promise<void> {
  const told: Acknowledged = { good: new Set(), revoked: new Set() }
  const start = () => startDockwarden([file])
  for (let round = 0; round < ROUNDS; round++) {
    const server = await start()
    const url = `http://127.0.0.1:${server.port}/token`
    const enough = Promise.withResolvers<void>()
    const end = new AbortController()
    const least = told.good.size + told.revoked.size + LOGINS
    const clients = Array.from({ length: CLIENTS }, (_, index) =>
      client(url, `user-${index}`, told, end.signal, () => {
        if (told.good.size + told.revoked.size >= least) enough.resolve()
      }),
    )
    const revoking = revoker(file, told, enough.promise)
    await enough.promise
    // Whatever is under way at this moment is cut off.
    end.abort()
    server.child.kill('SIGKILL')
    await alsoKill()
    await Promise.all([...clients, revoking])
  }
  expect(told.revoked.size).to.be.above(0)
  const server = await start()
  try {
    const url = `http://127.0.0.1:${server.port}/token`
    const answers = async (tokens: Iterable<string>) =>
      new Set(await Promise.all([...tokens].map((token) => refresh(url, token))))
    expect(await answers(told.good)).to.deep.equal(new Set([200]))
    expect(await answers(told.revoked)).to.deep.equal(new Set([400]))
  } finally {
    await server.stop()
  }
}

/** Logs in again and again until the server is killed. */
async function client(
  url: string,
  user: string,
  told: Acknowledged,
  end: AbortSignal,
  more: () => void,
): Promise<void> {
  while (!end.aborted) {
    const query = encode({ service: SERVICE, offline_token: 'true' })
    const headers = { authorization: basic(user, PASSWORD) }
    const answer = await fetch(`${url}?${query}`, { headers }).catch(() => undefined)
    const body = (await answer?.json().catch(() => undefined)) as { refresh_token?: string } | undefined
    // One that could not be answered was told nothing; the next one will be.
    if (body?.refresh_token === undefined) continue
    told.good.add(body.refresh_token)
    more()
  }
}

/** Ends every second token or so, as an operator would. */
async function revoker(file: string, told: Acknowledged, end: Promise<void>): Promise<void> {
  let over = false
  void end.then(() => {
    over = true
  })
  while (!over) {
    const [token] = told.good
    if (token === undefined) {
      await new Promise(setImmediate)
      continue
    }
    const { id } = readSecretToken(new Secret(token))!
    // What is not acknowledged may have happened or not.
    told.good.delete(token)
    const silent = { write: () => {} }
    if (
      (await runCommandLine(['token', 'revoke', id, '--config', file], {
        stdout: silent,
        stderr: silent,
      })) === 0
    ) {
      told.revoked.add(token)
    }
  }
}

/** What becomes of a token. That the server has too much to do just now says nothing of it. */
async function refresh(url: string, token: string): Promise<number> {
  const form = { grant_type: 'refresh_token', refresh_token: token, service: SERVICE }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (;;) {
    const { status } = await fetch(url, { method: 'POST', headers, body: encode(form) })
    if (status !== 503) return status
  }
}
