// The counters of the guard, in a real Redis and a real cluster, as a user that may do no more than is documented.
import { expect } from 'chai'
import { Secret } from '../../../core/plugin.ts'
import { openRedisCounters, type RedisCounters } from '../../../core/store/redis-counters.ts'
import type { RedisSettings } from '../../../core/store/redis-settings.ts'
import { countersInMemory } from '../../../core/work/guard/counters.ts'
import { needs } from '../../support/debian.ts'
import { type RedisServer, startCluster, startRedis } from '../../support/redis.ts'

const PASSWORD = 'canary-of-the-counters'
const RIGHTS =
  '~dockwarden:* +@read +@write +@scripting +@connection -@dangerous +info +multi +exec +cluster|slots +cluster|info'

for (const kind of ['single', 'cluster'] as const) {
  describe(`counters in Redis (${kind})`, function () {
    this.timeout(60_000)
    needs('redis-server')
    let nodes: RedisServer[] = []
    let logged: string[]
    let open: RedisCounters[]
    before(async () => {
      nodes = kind === 'cluster' ? await startCluster() : [await startRedis()]
      for (const node of nodes)
        await node.command('acl', 'setuser', 'dock', 'on', `>${PASSWORD}`, ...RIGHTS.split(' '))
    })
    after(() => Promise.all(nodes.map((node) => node.stop())))
    beforeEach(() => {
      logged = []
      open = []
    })
    afterEach(() => {
      for (const counters of open) counters.close()
    })

    const start = async () => {
      const note = (_facts: object, message: string) => void logged.push(message)
      const settings: RedisSettings = {
        mode: { kind },
        addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
        username: 'dock',
        password: new Secret(PASSWORD),
        database: 0,
        keyPrefix: 'dockwarden:',
      }
      const counters = openRedisCounters(settings, { debug: note, info: note, warn: note, error: note })
      open.push(counters)
      await counters.ready()
      const memory = countersInMemory(undefined, () => counters.standIn())
      return { counters, open: (name: string) => counters.open(name, 60, memory.open(name, 60)) }
    }

    it('are one for all nodes', async () => {
      const [one, two] = [await start(), await start()]
      const [here, there] = [one.open('test'), two.open('test')]
      const keys = Array.from({ length: 20 }, (_, nth) => `a${nth}:b%20c`)
      for (const key of keys) {
        expect((await here.penalty(key)).consumedPoints).to.equal(1)
        expect((await there.penalty(key)).consumedPoints).to.equal(2)
        expect((await here.get(key))!.consumedPoints).to.equal(2)
        expect((await here.get(key))!.msBeforeNext).to.be.within(1, 60_000)
        expect((await here.reward(key)).consumedPoints).to.equal(1)
      }
      expect((await two.counters.keys('test'))!.sort()).to.deep.equal([...keys].sort())
      expect(await one.counters.keys('tes')).to.deep.equal([])
      for (const key of keys) expect(await there.delete(key)).to.equal(true)
      expect(await here.delete(keys[0]!)).to.equal(false)
      expect(await here.get(keys[0]!)).to.equal(null)
      await here.block('wait', 30)
      expect((await there.get('wait'))!.msBeforeNext).to.be.within(1, 30_000)
      expect(logged).to.deep.equal([])
    })

    it('have one key', async () => {
      const [one, two] = [await start(), await start()]
      while (!one.counters.key() || !two.counters.key()) await new Promise(setImmediate)
      expect(one.counters.key()).to.have.length(32)
      expect(two.counters.key()).to.deep.equal(one.counters.key())
    })
  })
}
