// A plugin's `host.store` on whole servers: nodes that share one Redis, a server with its own file, and what is said at load.
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { examineText } from '../support/examine-text.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

/** Accepts each password once, of all nodes. */
const ONCE = `
import { accept, definePlugin, reject, z } from 'dockwarden/plugin'
export default definePlugin({
  kind: 'authenticator', name: 'once', options: z.strictObject({ keeps: z.boolean().default(true), begins: z.boolean().default(false) }),
  async create({ keeps, begins }, host) {
    if (!keeps) return { authenticate: async () => accept() }
    const { store } = host
    if (begins) await store.set('begun', true, host.clock.now() + 3_600_000)
    return {
      async authenticate({ account, password }) {
        const first = await store.setIfAbsent([account, password], true, host.clock.now() + 3_600_000)
        return first ? accept() : reject('used before')
      },
    }
  },
})`
const files = { 'once.ts': ONCE }
const KEY = randomBytes(32).toString('base64')
const OTHER_KEY = randomBytes(32).toString('hex')

function start(server: object, options: object = {}): Promise<TestInstance> {
  return startTestServer({
    files,
    env: { KEY, OTHER_KEY },
    config: { server, authenticators: [{ plugin: './once.ts', id: 'doorkeeper', options }], authorizers: [] },
  })
}

const statusOf = async (node: TestInstance, password: string) =>
  (await node.token({ user: ['ann', password], query: { service: 'registry' } })).status

describe('host.store', function () {
  this.timeout(30_000)

  describe('in Redis', () => {
    needs('redis-server')
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis.stop())
    beforeEach(() => redis.command('flushall'))
    const store = (key?: unknown) => ({
      store: { redis: { addresses: [`127.0.0.1:${redis.port}`] }, ...(key !== undefined && { key }) },
    })

    it('is one for all nodes, through a rotation of the key', async () => {
      await using one = await start(store('!env KEY'))
      await using two = await start(store('!env KEY'))
      expect(await statusOf(one, 'the first password')).equal(200)
      for (const node of [one, two]) expect(await statusOf(node, 'the first password')).equal(401)
      expect(await statusOf(two, 'another password')).equal(200)
      await using three = await start(store(['!env OTHER_KEY', '!env KEY']))
      for (const password of ['the first password', 'another password'])
        expect(await statusOf(three, password)).equal(401)
      expect(await statusOf(three, 'a third password')).equal(200)
      await using four = await start(store(['!env KEY', '!env OTHER_KEY']))
      expect(await statusOf(four, 'a third password')).equal(401)
      const names = await redis.command('keys', 'dockwarden:*:{*')
      expect(names).match(/:entry:\{/)
      for (const text of ['doorkeeper', 'once', 'ann', 'password']) expect(names).not.contain(text)
    })

    it('needs a key as soon as a plugin uses it, at the place of the plugin', async () => {
      const fault = await start(store()).then(
        () => 'it started',
        (error: Error) => error.message,
      )
      expect(fault).match(
        /dockwarden\.yml:\d+:\d+: authenticators\[0\].*host\.store needs server\.store\.key beside redis.*openssl rand -hex 32/,
      )
      await using without = await start(store(), { keeps: false })
      expect(await statusOf(without, 'any password')).equal(200)
    })

    it('check says the same, connects to nothing and keeps nothing', async () => {
      const text = (key: string, begins = 'true') =>
        `server: { store: { redis: { addresses: ["127.0.0.1:1"] }${key} } }\nauthenticators: [{ plugin: ./once.ts, options: { begins: ${begins} } }]\nauthorizers: []\n`
      expect((await examineText(text(''), files)).problems.join()).contain(
        'needs server.store.key beside redis',
      )
      const inFiles = { ...files, key: `${KEY}\n`, short: 'abcd' }
      expect((await examineText(text(', key: !file key'), inFiles)).problems).deep.equal([])
      expect((await examineText(text(', key: [!file key, !file key]'), inFiles)).problems).deep.equal([])
      const short = (await examineText(text(', key: !file short'), inFiles)).problems.join()
      expect(short).match(/server\.store\.key: .*32 bytes in hexadecimal or base64.*openssl rand/)
    })
  })

  describe('in the state directory', () => {
    it('has a key of its own, made with the first plugin that uses it', async () => {
      await using without = await start({}, { keeps: false })
      expect(existsSync(join(without.folder, 'var/store.key'))).equal(false)
      await using server = await start({})
      const path = join(server.folder, 'var/store.key')
      expect(statSync(path).mode & 0o777).equal(0o600)
      expect(readFileSync(path, 'utf8')).match(/^[\da-f]{64}\n$/)
      expect(await statusOf(server, 'the first password')).equal(200)
      expect(await statusOf(server, 'the first password')).equal(401)
      const lines = server.lines().filter(({ msg }) => /host\.store is new/.test(msg))
      expect(lines).lengthOf(1)
      expect(lines[0]).deep.include({ plugin: 'once', id: 'doorkeeper' })
    })

    it('check makes nothing, and names a key file that can not be read', async () => {
      await using server = await start({}, { begins: true })
      const path = join(server.folder, 'var/store.key')
      const text = (folder: string) =>
        `server: { state_dir: ${folder} }\nauthenticators: [{ plugin: ./once.ts, options: { begins: true } }]\nauthorizers: []\n`
      const fresh = join(server.folder, 'fresh')
      expect((await examineText(text(fresh), files)).problems).deep.equal([])
      expect(existsSync(fresh)).equal(false)
      expect((await examineText(text(join(server.folder, 'var')), files)).problems).deep.equal([])
      appendFileSync(path, 'no key\n')
      const { problems } = await examineText(text(join(server.folder, 'var')), files)
      expect(problems.join()).match(/f:2:\d+: authenticators\[0\].*store\.key must have one key a line/)
    })
  })
})
