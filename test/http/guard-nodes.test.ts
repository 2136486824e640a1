// The guard of two nodes that share a Redis, and what becomes of it while that is away.
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { COUNTING } from '../support/plugins/index.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const RIGHT = 'canary of the nodes'
const HOME = '192.0.2.1'
const WARNING = 'warn'

describe('the guard of two nodes on one Redis', function () {
  this.timeout(60_000)
  needs('redis-server')
  let redis: RedisServer
  let one: TestInstance
  let two: TestInstance

  beforeEach(async () => {
    redis = await startRedis()
    one = await start()
    two = await start()
  })
  afterEach(async () => {
    redis.resume()
    await Promise.all([one.stop(), two.stop()])
    await redis.stop()
  })

  const start = () =>
    startTestServer({
      config: {
        server: {
          client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] },
          store: { redis: { addresses: [`127.0.0.1:${redis.port}`] } },
        },
        authenticators: [{ plugin: COUNTING, options: { password: RIGHT } }],
        authorizers: [],
      },
    })
  const login = async (node: TestInstance, account: string, password: string, ip = HOME) =>
    (await node.token({ user: [account, password], headers: { 'x-forwarded-for': ip } })).status
  const counted = (node: TestInstance) => node.lines().filter(({ msg }) => msg === 'counted').length
  const warned = (node: TestInstance) =>
    node.lines().filter(({ level, msg }) => level === WARNING && /guard can not count/.test(msg)).length
  /** Waits as long as a network that has to. */
  const patiently = async (node: TestInstance, account: string, password: string) => {
    let status = await login(node, account, password)
    while (status === 429) status = await login(node, account, password)
    return status
  }

  it('counts on both together, and the same password once', async () => {
    for (let nth = 0; nth < 20; nth++) {
      expect(await login(nth % 2 ? one : two, 'ann', 'old password of ann')).to.equal(401)
    }
    for (let nth = 0; nth < 10; nth++) await login(nth % 2 ? one : two, 'ann', `wrong guess ${nth}`)
    // Of thirty: five different ones, the old one again on each node, and whatever a slow machine has waited for.
    expect(counted(one) + counted(two)).to.be.within(5, 20)
    expect(await patiently(two, 'ann', RIGHT)).to.equal(200)
    // A success on one clears it for both.
    for (let nth = 0; nth < 4; nth++) expect(await login(one, 'ann', `other guess ${nth}`)).to.equal(401)
    expect(await login(one, 'ann', RIGHT)).to.equal(200)
  })

  it('knows on both from where an account has logged in', async () => {
    expect(await login(one, 'ann', RIGHT)).to.equal(200)
    await Promise.all(
      Array.from({ length: 120 }, (_, nth) => login(nth % 2 ? one : two, `nobody-${nth}`, 'wrong guess')),
    )
    expect(await login(two, 'ben', RIGHT)).to.equal(429)
    expect(await login(two, 'ann', RIGHT)).to.equal(200)
  })

  it('keeps no password where others could read it', async () => {
    for (let nth = 0; nth < 5; nth++) await login(one, 'ann', `wrong guess ${nth}`)
    const names = (await redis.command('keys', '*')).split('\n')
    const passwords = names.filter((name) => name.includes('passwords-member'))
    // Two of them may look alike.
    expect(passwords.length).to.be.within(3, 5)
    // 12 bits of each.
    for (const name of passwords)
      expect(name).to.match(/^dockwarden:guard:passwords-member:ann:192\.0\.2\.1:\d{1,4}$/)
    expect(Number(await redis.command('ttl', passwords[0]!))).to.be.within(1, 3_600)
  })

  it('counts by itself while Redis is away, says so once, and counts with the others again', async () => {
    await redis.halt()
    await eventually(async () => (await one.send({ path: '/readyz' })).status === 503)
    for (let nth = 0; nth < 5; nth++) expect(await login(one, 'ann', `wrong guess ${nth}`)).to.equal(401)
    expect(counted(one)).to.equal(5)
    await Promise.all(Array.from({ length: 20 }, (_, nth) => login(one, 'ann', `more guess ${nth}`)))
    expect(counted(one)).to.be.below(15)
    expect(await login(two, 'ben', RIGHT)).to.equal(200)
    expect([warned(one), warned(two)]).to.deep.equal([1, 1])
    await redis.start()
    await eventually(async () => {
      await login(one, 'eve', RIGHT)
      return one.lines().some(({ msg }) => /counts in Redis again/.test(msg))
    })
    expect(await login(one, 'ann', RIGHT)).to.equal(200)
  })

  it('lets nobody wait for a Redis that hangs', async () => {
    // Fifty that wait for its connection to be given up would take longer than this test may.
    expect(await login(one, 'ann', RIGHT)).to.equal(200)
    redis.pause()
    for (let nth = 0; nth < 50; nth++) expect(await login(one, 'ann', RIGHT)).to.equal(200)
    expect(warned(one)).to.equal(1)
  })
})
