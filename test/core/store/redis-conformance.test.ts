// The store's suite on Redis: on a single one, and on a cluster. Entries end by the clock of Redis itself.
import { setTimeout as delay } from 'node:timers/promises'
import { needs } from '../../support/debian.ts'
import { type RedisServer, startCluster, startRedis } from '../../support/redis.ts'
import { describeStore, type StoreBackend } from './conformance.ts'
import { openSubject, settingsFor } from './redis-subject.ts'

const MODES = {
  single: async () => [await startRedis()],
  cluster: startCluster,
}

describe('with real Redis servers', () => {
  needs('redis-server')

  for (const [kind, startServers] of Object.entries(MODES) as [
    keyof typeof MODES,
    () => Promise<RedisServer[]>,
  ][]) {
    describe(kind, () => {
      let servers: RedisServer[] = []
      before(async function () {
        this.timeout(60_000)
        servers = await startServers()
      })
      after(() => Promise.all(servers.map((server) => server.stop())))

      describeStore(`the Redis store (${kind})`, async (): Promise<StoreBackend> => {
        const settings = settingsFor(servers, { mode: { kind } })
        await Promise.all(servers.map((server) => server.command('flushall')))
        return {
          open: () => openSubject(settings).store,
          letTimePass: () => delay(5),
          async [Symbol.asyncDispose]() {},
        }
      })
    })
  }
})
