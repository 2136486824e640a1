// Two nodes that share one store, and what happens while it is away.
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { needs } from '../support/debian.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of alice'
const SERVICE = 'registry'

describe('two nodes on one Redis', function () {
  this.timeout(30_000)
  needs('redis-server')
  let redis: RedisServer
  let one: TestInstance
  let two: TestInstance

  beforeEach(async () => {
    redis = await startRedis({ password: 'canary-of-redis' })
    one = await start()
    two = await start()
  })
  afterEach(async () => {
    await one.stop()
    await two.stop()
    await redis.stop()
  })

  function start(): Promise<TestInstance> {
    const store = { redis: { addresses: [`127.0.0.1:${redis.port}`], password: '!env REDIS' } }
    const users = { alice: { password: '!env ALICE' } }
    const config = {
      server: { store },
      authenticators: [{ plugin: 'static', options: { users } }],
      authorizers: [{ plugin: 'acl', options: { rules: [{ match: { account: 'alice' }, actions: ['*'] }] } }],
    }
    return startTestServer({ config, env: { ALICE: PASSWORD, REDIS: 'canary-of-redis' } })
  }

  const login = (node: TestInstance, more: object = { offline_token: 'true', client_id: 'docker' }) =>
    node.token({ user: ['alice', PASSWORD], query: { service: SERVICE, ...more } })
  const refresh = (node: TestInstance, token: string) =>
    node.token({ form: { grant_type: 'refresh_token', refresh_token: token, service: SERVICE } })

  async function command(node: TestInstance, ...args: string[]): Promise<string> {
    const out: string[] = []
    const file = join(node.folder, 'dockwarden.yml')
    process.env.REDIS = 'canary-of-redis'
    process.env.ALICE = PASSWORD
    try {
      const output = { stdout: { write: (text: string) => out.push(text) }, stderr: { write: () => {} } }
      expect(await runCommandLine([...args, '--config', file], output)).to.equal(0)
    } finally {
      delete process.env.REDIS
      delete process.env.ALICE
    }
    return out.join('')
  }

  for (const [what, ...args] of [
    ['account', '--account', 'alice'],
    ['client', '--client', 'docker'],
  ] as const) {
    it(`know each other's refresh tokens, and refuse at once what was revoked by ${what}`, async () => {
      const token = (await login(one)).json.refresh_token
      expect((await refresh(two, token)).claims!.sub).to.equal('alice')
      await command(one, 'token', 'revoke', ...args)
      for (const node of [two, one]) {
        const answer = await refresh(node, token)
        expect(answer.status).to.equal(400)
        expect(answer.json.error).to.equal('invalid_grant')
      }
    })
  }

  it("know each other's personal access tokens", async () => {
    const [text] = (
      await command(one, 'token', 'create', '--account', 'alice', '--authenticator', 'static')
    ).split('\n')
    const ask = () => two.token({ user: ['alice', text!], query: { service: SERVICE } })
    expect((await ask()).status).to.equal(200)
    await command(one, 'token', 'revoke', text!)
    expect((await ask()).status).to.equal(401)
  })

  it('bridge a restart of Redis', async () => {
    const token = (await login(one)).json.refresh_token
    await redis.halt()
    const waiting = refresh(two, token)
    await redis.start()
    expect((await waiting).status).to.equal(200)
    expect((await refresh(one, token)).status).to.equal(200)
  })

  it('work without Redis where they do not need it, say 503 where they do, and recover by themselves', async () => {
    const token = (await login(one)).json.refresh_token
    await redis.halt()
    expect((await login(one, {})).status).to.equal(200)
    for (const answer of [await refresh(one, token), await login(one)]) {
      expect(answer.status).to.equal(503)
      expect(answer.headers['retry-after']).to.match(/^\d+$/)
      expect(answer.text).not.to.match(/edis|127\.0\.0\.1/)
    }
    expect((await one.send({ path: '/readyz' })).status).to.equal(503)
    expect((await one.send({ path: '/healthz' })).status).to.equal(200)
    // What is no token at all needs no store to be refused.
    expect((await refresh(one, 'nonsense')).status).to.equal(400)
    await redis.start()
    while ((await one.send({ path: '/readyz' })).status !== 200) await new Promise(setImmediate)
    expect((await refresh(one, token)).status).to.equal(200)
  })
})
